"""Functions with faults of the usual kind, to show that the harness finds them.

Each of these makes the process that calls it a broken one.
"""

import contextlib
import secrets
from typing import Any

from wireside import wire
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId, Draft, place
from wireside.services.access import admit
from wireside.services.changing import Changing
from wireside.services.deeds import Request
from wireside.services.log import PersonAppend
from wireside.services.messages import Messages
from wireside.services.runs import RunService, Settled
from wireside.services.writes import Write


def acknowledges_before_it_stores() -> None:
    """The sender hears that it is stored, and then it is stored."""
    stores = Messages.write

    async def write(
        self: Messages, connection_id: ConnectionId, write: Write, *, ref: str | None
    ) -> None:
        connection, after = await self.connections.frame_context(
            connection_id, write.conversation_id, write.after_seq
        )
        assert connection is not None
        access = await admit(self.conversations, connection.user, write.conversation_id)
        said = {**write.said, "addressed": []}
        draft = Draft(write.kind, connection.user.participant, said, write.client_id)
        event = place(draft, after, now_ms=self.clock.now_ms())
        epoch = wire.epoch_of(access.conversation, self.generation)
        frame = wire.event_frame(wire.Place(write.conversation_id, epoch), event, ref=ref)
        await self.delivery.answer(connection_id, frame)
        await stores(self, connection_id, write, ref=None)

    Messages.write = write  # type: ignore[method-assign]


def appends_without_looking_for_itself() -> None:
    """A retry does not know its own event."""
    PersonAppend._is_this = lambda *_: False  # type: ignore[method-assign]


def tells_only_what_it_stored_now() -> None:
    """A retry is acknowledged, but not told to the others again."""
    publishes = Messages._publish

    async def publish(self: Messages, access: Any, event: Any, *to: Any) -> None:
        if event.at_ms > self.clock.now_ms() - 1_000:
            await publishes(self, access, event, *to)
            return
        epoch = wire.epoch_of(access.conversation, self.generation)
        connection_id, ref = to
        frame = wire.event_frame(wire.Place(access.conversation.id, epoch), event, ref=ref)
        await self.delivery.answer(connection_id, frame)

    Messages._publish = publish  # type: ignore[method-assign]


def deletes_jobs_that_it_could_not_settle() -> None:
    """A job is taken from the queue whatever became of it."""
    settles = RunService.settle

    async def settle(self: RunService, job: Any, receipt: str) -> Settled:
        with contextlib.suppress(Unavailable):
            await settles(self, job, receipt)
        return Settled.DELETE

    RunService.settle = settle  # type: ignore[method-assign]


def forgets_what_it_was_asked() -> None:
    """A request under a key that was used already is carried out again."""
    carries_out = Changing.carry_out

    async def carry_out(self: Changing, request: Request, *deed: Any, **how: Any) -> bytes | None:
        another = Request(request.user, secrets.token_hex())
        return await carries_out(self, another, *deed, **how)

    Changing.carry_out = carry_out  # type: ignore[method-assign]
