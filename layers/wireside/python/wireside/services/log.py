"""Appending to a conversation's log.

The log is its own counter and its own dedup index: a writer puts its event at the next seq on the
condition that nothing is there; a failure hands back the event that is there, and the writer
walks on from it. Why not a counter or one transaction: ``docs/architecture.md``.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from wireside.domain.changes import Change, Contended, Stale, Stored, Taken
from wireside.domain.conversation import Access, User
from wireside.domain.errors import ErrorCode, Refused, Unavailable
from wireside.domain.events import (
    CHANGES_STATE,
    ClientId,
    ConversationId,
    Draft,
    Event,
    is_own,
    is_same_write,
    place,
)
from wireside.ports import Clock, Conversations, Log
from wireside.services.access import admit

APPEND_SECONDS = 4
FAILURES_BEFORE_QUERY = 8
STALE_TRIES = 5
MAX_BEHIND = 300
"""Events above ``after_seq`` beyond which a client has to reload."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to put at the next place, and what has to change with it."""

    draft: Draft
    changes: Sequence[Change] = ()


type Prepare = Callable[[Event | None], Awaitable[Plan]]
"""Plans the write right after the given event; asked anew for every place that is tried."""

type Meet = Callable[[Sequence[Event]], Awaitable[Event | None]]
"""Looks at events that the writer walks past; returns the one that ends the walk, if any."""


async def walk(
    log: Log,
    clock: Clock,
    conversation_id: ConversationId,
    *,
    start: Event | None,
    prepare: Prepare,
    meet: Meet,
) -> Event | Stale:
    """Put an event at the first free seq above ``start``; return it, or what ``meet`` returned.

    Returns ``Stale`` when a change's own condition does not hold.
    Raises: Unavailable when no place was had in 4 s.
    """
    previous = start
    deadline_ms = clock.now_ms() + APPEND_SECONDS * 1_000
    failures = 0
    while clock.now_ms() < deadline_ms:
        plan = await prepare(previous)
        event = place(plan.draft, previous, now_ms=clock.now_ms())
        met: tuple[Event, ...] = ()
        match await log.commit(conversation_id, event, plan.changes):
            case Stored():
                return event
            case Stale():
                return Stale()
            case Taken(by=other):
                met = (other,)
            case Contended():
                pass
        failures += 1
        if not met or failures % FAILURES_BEFORE_QUERY == 0:
            seq = met[-1].seq if met else event.seq - 1
            met += await log.after(conversation_id, seq, limit=MAX_BEHIND + 1)
        if (found := await meet(met)) is not None:
            return found
        previous = met[-1] if met else previous
    message = "The conversation is too busy."
    raise Unavailable(message)


async def nothing_to_meet(_events: Sequence[Event]) -> Event | None:
    """Walk past everything: for writers whose changes hold all their conditions."""
    return None


@dataclass(frozen=True, slots=True)
class PersonWrite:
    """A write as a frame asks for it.

    ``asked`` is the draft as far as the person decides it. ``permit`` is asked once before the
    first put, ``decide`` for every place, by its seq; both may refuse.
    """

    conversation_id: ConversationId
    user: User
    client_id: ClientId
    after: Event | None
    asked: Draft
    permit: Callable[[Access], Awaitable[None]]
    decide: Callable[[Access, int], Awaitable[Plan]]

    @property
    def after_seq(self) -> int:
        """The last seq that the client holds without a gap."""
        return self.after.seq if self.after else 0


@dataclass(frozen=True, slots=True)
class Appended:
    """A stored event, now or by an earlier try, and the conversation it is in."""

    event: Event
    access: Access


NEVER_STORED = frozenset(
    {ErrorCode.NOT_FOUND, ErrorCode.CLIENT_ID_REUSED, ErrorCode.RESYNC_REQUIRED}
)
"""Refusals before which nobody has to look whether the write was stored earlier."""


class PersonAppend:
    """One person's write into one log."""

    def __init__(
        self, log: Log, conversations: Conversations, clock: Clock, write: PersonWrite
    ) -> None:
        """Args: write: its ``after`` was read strongly before anything else."""
        self._log = log
        self._conversations = conversations
        self._clock = clock
        self._write = write

    async def run(self) -> Appended:
        """Store the event unless it is stored already; either way return it.

        Raises: Refused; what is stored is never refused for a limit or a state.
        """
        self._access = await self._admitted()
        try:
            await self._write.permit(self._access)
            event = await self._put()
        except Refused as refused:
            if refused.code in NEVER_STORED:
                raise
            event = await self._stored_earlier() or _raise(refused)
        return Appended(event, self._access)

    async def _put(self) -> Event:
        """Walk, and once more from the start where what was to change has changed meanwhile."""
        for _ in range(STALE_TRIES):
            put = await walk(
                self._log,
                self._clock,
                self._write.conversation_id,
                start=self._write.after,
                prepare=self._prepare,
                meet=self._meet,
            )
            if not isinstance(put, Stale):
                return put
            self._access = await self._admitted()
        message = "The conversation changes too fast."
        raise Unavailable(message)

    async def _admitted(self) -> Access:
        return await admit(self._conversations, self._write.user, self._write.conversation_id)

    async def _prepare(self, previous: Event | None) -> Plan:
        seq = previous.seq + 1 if previous else 1
        return await self._write.decide(self._access, seq)

    async def _meet(self, events: Sequence[Event]) -> Event | None:
        for event in events:
            if self._is_this(event):
                return event
        if events and events[-1].seq > self._write.after_seq + MAX_BEHIND:
            raise resync_required()
        if any(event.kind in CHANGES_STATE for event in events):
            self._access = await self._admitted()
        return None

    def _is_this(self, event: Event) -> bool:
        write = self._write
        if not is_own(event, user_id=write.user.id, client_id=write.client_id):
            return False
        if not is_same_write(event, write.asked):
            message = "This client_id was used for something else."
            raise Refused(ErrorCode.CLIENT_ID_REUSED, message)
        return True

    async def _stored_earlier(self) -> Event | None:
        write = self._write
        above = await self._log.after(write.conversation_id, write.after_seq, limit=MAX_BEHIND + 1)
        return next((event for event in above if self._is_this(event)), None)


def _raise(refused: Refused) -> Event:
    raise refused


def resync_required() -> Refused:
    """Return the refusal that makes a client reload."""
    return Refused(ErrorCode.RESYNC_REQUIRED, "Too far behind; reload the conversation.")


def invalid_after_seq() -> Refused:
    """Return the refusal of a seq that this log does not have."""
    return Refused(ErrorCode.INVALID_AFTER_SEQ, "The log has no event with this after_seq.")
