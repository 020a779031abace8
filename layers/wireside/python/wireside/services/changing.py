"""Carrying out deeds: one event with its state change, once for its key, told to everybody."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from wireside import wire
from wireside.domain.changes import RememberRequest, Stale
from wireside.domain.conversation import Access, System
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId, Event
from wireside.ports import Clock, Conversations, Log, RequestRecord
from wireside.services.access import admit
from wireside.services.deeds import Deed, Request, key_reused, keyed, remembered_as
from wireside.services.delivery import Delivery
from wireside.services.log import STALE_TRIES, Plan, nothing_to_meet, walk

type Admission = Callable[[], Awaitable[Access]]
"""Reads the conversation for whoever acts; asked anew for every place that is tried."""


class _SoAlready(Exception):
    """There is nothing to do."""


@dataclass(frozen=True, slots=True)
class Changing:
    """What every deed goes through."""

    conversations: Conversations
    log: Log
    delivery: Delivery
    clock: Clock
    generation: str

    async def carry_out(
        self,
        request: Request,
        conversation_id: ConversationId,
        deed: Deed,
        *,
        admission: Admission | None = None,
    ) -> bytes | None:
        """Carry out one deed and tell everybody; return the frame, ``None``: it was so before.

        Whoever asks is let in as a member, unless ``admission`` knows another way. A repeat tells
        everybody again: whoever carried it out may have died before that.
        Raises: Refused; Unavailable.
        """
        let_in = admission or (lambda: admit(self.conversations, request.user, conversation_id))
        remember = remembered_as(request, deed.key_suffix, deed.fingerprint, {})
        for _ in range(STALE_TRIES):
            if remember and (done := await self._done_before(remember, conversation_id)):
                return await self._tell_again(conversation_id, done)
            trial = _Trial(request, deed, let_in, remember)
            try:
                event = await self._append(conversation_id, trial)
            except _SoAlready:
                return None
            if event is not None:
                return await self._tell(conversation_id, trial.access, event)
        message = "The conversation changes too fast."
        raise Unavailable(message)

    def place(self, access: Access) -> wire.Place:
        """Return where clients are that see this conversation."""
        epoch = wire.epoch_of(access.conversation, self.generation)
        return wire.Place(access.conversation.id, epoch)

    async def _tell(
        self, conversation_id: ConversationId, access: Access | None, event: Event
    ) -> bytes:
        assert access is not None  # noqa: S101 - a place was planned before an event was stored
        told = wire.event_frame(self.place(access), event)
        await self.delivery.tell_all(conversation_id, told)
        return told

    async def _tell_again(
        self, conversation_id: ConversationId, done: RequestRecord
    ) -> bytes | None:
        """Tell the event of a deed that was carried out before."""
        event = await self.log.read(conversation_id, int(done.result["seq"]))
        access = await admit(self.conversations, System("repeat"), conversation_id)
        return await self._tell(conversation_id, access, event) if event else None

    async def _append(self, conversation_id: ConversationId, trial: "_Trial") -> Event | None:
        newest = await self.log.before(conversation_id, None, limit=1)
        outcome = await walk(
            self.log,
            self.clock,
            conversation_id,
            start=newest[-1] if newest else None,
            prepare=trial.prepare,
            meet=nothing_to_meet,
        )
        return None if isinstance(outcome, Stale) else outcome

    async def _done_before(
        self, remember: RememberRequest, conversation_id: ConversationId
    ) -> RequestRecord | None:
        known = await self.conversations.remembered(remember.user_id, remember.key, conversation_id)
        if known is not None and known.fingerprint != remember.fingerprint:
            raise key_reused()
        return known


@dataclass(slots=True)
class _Trial:
    """One try of a deed. ``access`` is the conversation as the last plan saw it."""

    request: Request
    deed: Deed
    let_in: Admission
    remember: RememberRequest | None
    access: Access | None = None

    async def prepare(self, previous: Event | None) -> Plan:
        """Plan the deed for the place after ``previous``, from what is so by now."""
        self.access = await self.let_in()
        seq = previous.seq + 1 if previous else 1
        planned = await self.deed.plan(self.access, seq)
        if planned is None:
            raise _SoAlready
        remember = self.remember and replace(self.remember, result={"seq": str(seq)})
        return keyed(planned, self.deed, self.request, remember)
