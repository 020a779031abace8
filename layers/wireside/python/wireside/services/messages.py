"""What people write: a message is appended, told to everybody, and handed to the assistants."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from wireside import wire
from wireside.domain.conversation import Access, Assistant, User
from wireside.domain.errors import ErrorCode, Refused, Unavailable
from wireside.domain.events import (
    ConnectionId,
    ConversationId,
    Draft,
    Event,
    Kind,
    RunId,
)
from wireside.domain.runs import Job
from wireside.frames import Typing
from wireside.ports import Clock, Connections, Conversations, JobQueue, Limits, Log, Runs
from wireside.services.access import admit
from wireside.services.delivery import Delivery
from wireside.services.log import PersonAppend, PersonWrite, Plan, invalid_after_seq
from wireside.services.presence import CROWD
from wireside.services.sessions import Sessions
from wireside.services.writes import Desk, Write

TYPING_EVERY_MS = 3_000
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Messages:
    """Everything that people write, and typing."""

    sessions: Sessions
    conversations: Conversations
    connections: Connections
    log: Log
    runs: Runs
    limits: Limits
    jobs: JobQueue
    delivery: Delivery
    clock: Clock
    assistants: Sequence[Assistant]
    generation: str
    messages_per_minute: int

    async def write(self, connection_id: ConnectionId, write: Write, *, ref: str | None) -> None:
        """Store, tell the others, hand out the jobs, then acknowledge with the event itself.

        If this dies anywhere, the sender sends again, and all of it happens again but the storing.
        Raises: Refused; Unavailable.
        """
        connection, after = await self.connections.frame_context(
            connection_id, write.conversation_id, write.after_seq
        )
        user = self.sessions.check(connection).user
        if write.after_seq and after is None:
            await admit(self.conversations, user, write.conversation_id)
            raise invalid_after_seq()
        asked = _Writing(self, user, write).asked(after)
        appended = await PersonAppend(self.log, self.conversations, self.clock, asked).run()
        await self._forget_what_is_deleted(write.conversation_id, appended.event)
        await self._publish(appended.access, appended.event, connection_id, ref)

    async def _forget_what_is_deleted(self, conversation_id: ConversationId, event: Event) -> None:
        """Remove what was kept of an answer while it was streaming."""
        if event.kind is not Kind.DELETED:
            return
        target = await self.log.read(conversation_id, int(str(event.body["target_seq"])))
        if target is not None and "run_id" in target.body:
            await self.runs.forget_text(conversation_id, RunId(str(target.body["run_id"])))

    async def _publish(
        self, access: Access, event: Event, connection_id: ConnectionId, ref: str | None
    ) -> None:
        conversation = access.conversation
        place = wire.Place(conversation.id, wire.epoch_of(conversation, self.generation))
        await asyncio.gather(
            self._hand_out(conversation.id, event),
            self.delivery.tell_all(
                conversation.id, wire.event_frame(place, event), but=connection_id
            ),
        )
        await self.delivery.answer(connection_id, wire.event_frame(place, event, ref=ref))

    async def _hand_out(self, conversation_id: ConversationId, event: Event) -> None:
        for assistant_id in event.addressed:
            # The event is its own outbox record: the table's stream sends the job again.
            with contextlib.suppress(Unavailable):
                await self.jobs.send(Job(conversation_id, assistant_id, event.seq))

    async def typing(
        self, connection_id: ConnectionId, conversation_id: ConversationId, *, on: bool
    ) -> None:
        """Tell the others, unless it comes too often or there are too many of them.

        Raises: Refused ``not_allowed`` where this connection does not have the conversation open.
        """
        connection = await self.sessions.resume(connection_id)
        await admit(self.conversations, connection.user, conversation_id)
        roster = await self.conversations.roster(conversation_id)
        hearing = self.delivery.hearing(roster)
        if connection_id not in {each.connection_id for each in hearing}:
            raise Refused(ErrorCode.NOT_ALLOWED, "Open the conversation first.")
        others = [each for each in hearing if each.connection_id != connection_id]
        if len(hearing) > CROWD or not await self.connections.claim_typing(
            connection,
            conversation_id,
            on=on,
            now_ms=self.clock.now_ms(),
            every_ms=TYPING_EVERY_MS,
        ):
            return
        told: Typing = {
            "type": "typing",
            "conversation_id": conversation_id,
            "user_id": connection.user.id,
            "on": on,
        }
        await self.delivery.tell(conversation_id, others, wire.encoded(told))


@dataclass(frozen=True, slots=True)
class _Writing:
    """What is asked of the log for one write."""

    messages: Messages
    user: User
    write: Write

    def asked(self, after: Event | None) -> PersonWrite:
        write = self.write
        return PersonWrite(
            conversation_id=write.conversation_id,
            user=self.user,
            client_id=write.client_id,
            after=after,
            asked=Draft(write.kind, self.user.participant, write.said, write.client_id),
            permit=self.permit,
            decide=self.decide,
        )

    async def permit(self, _access: Access) -> None:
        now_ms = self.messages.clock.now_ms()
        allowed = await self.messages.limits.count_message(
            self.user.id, now_ms=now_ms, per_minute=self.messages.messages_per_minute
        )
        if not allowed:
            message = "Too many messages; wait a moment."
            left_ms = MINUTE_MS - now_ms % MINUTE_MS
            raise Refused(ErrorCode.RATE_LIMITED, message, retry_after_ms=left_ms)

    async def decide(self, access: Access, seq: int) -> Plan:
        write, messages = self.write, self.messages
        desk = Desk(messages.log, write.conversation_id, self.user, messages.assistants)
        decided = await write.decide(desk, access, seq)
        sender = access.sender(self.user)
        return Plan(Draft(write.kind, sender, decided.body, write.client_id), decided.changes)
