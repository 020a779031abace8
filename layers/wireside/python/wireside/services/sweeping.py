"""The sweep: what nobody asked for and somebody has to do.

Every step can be done again at any time, also twice at once, and does only so much in one go: what
is left over is the next minute's. A step that the store refuses costs the others nothing.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from wireside.domain.conversation import Conversation, System
from wireside.domain.errors import Unavailable
from wireside.domain.events import AssistantId, ConversationId, Event
from wireside.domain.runs import Job, RunState
from wireside.ports import (
    Clock,
    Conversations,
    Housekeeping,
    JobQueue,
    Journal,
    Log,
    Place,
    Runs,
)
from wireside.services.access import find
from wireside.services.attendance import Attendance
from wireside.services.deletion import Deletion
from wireside.services.forgetting import Forgetting

SWEEP_SECONDS = 45
"""After that no new thing is begun; the function may run for 60 s."""
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
PURGE_AFTER_MS = MINUTE_MS
"""Longer than any function runs that writes what people say; the mark itself silences `reply`."""
ORPHANED_AFTER_MS = 5 * MINUTE_MS
ACTIVE_WITHIN_MS = 15 * MINUTE_MS
LOOK_BACK_EVENTS = 100
LOOK_BACK_BYTES = 500_000
MAX_EXPIRED = 100
MAX_PURGED = 25
MAX_ITEMS_OF_ONE = 2_500
MAX_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Swept:
    """How much was done."""

    sent_again: int
    hung_up: int
    purged: int
    expired: int
    forgotten: int


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What is done every minute. ``retention_days`` 0: conversations are kept for ever."""

    conversations: Conversations
    housekeeping: Housekeeping
    log: Log
    runs: Runs
    jobs: JobQueue
    deletion: Deletion
    attendance: Attendance
    forgetting: Forgetting
    clock: Clock
    journal: Journal
    retention_days: int

    async def sweep(self) -> Swept:
        """Do it once."""
        until_ms = self.clock.now_ms() + SWEEP_SECONDS * 1_000
        return Swept(
            sent_again=await self._each("lost runs", self._active, self._send_again, until_ms),
            hung_up=await self._each(
                "connections", self.attendance.overdue, self._hang_up, until_ms
            ),
            purged=await self._each("deletion", self._marked, self._purge, until_ms),
            expired=await self._each("retention", self._idle, self._expire, until_ms),
            forgotten=await self._each(
                "forgetting", self.forgetting.waiting, self.forgetting.carry_on, until_ms
            ),
        )

    async def _each[T](
        self,
        step: str,
        find: Callable[[], Awaitable[Iterable[T]]],
        do: Callable[[T], Awaitable[int]],
        until_ms: int,
    ) -> int:
        done = 0
        try:
            found = await find()
        except Unavailable as failure:
            self.journal.failed("not swept", failure, step=step)
            return 0
        for each in found:
            if self.clock.now_ms() >= until_ms:
                break
            try:
                done += await do(each)
            except Unavailable as failure:
                self.journal.failed("not swept", failure, step=step)
        return done

    async def _active(self) -> Iterable[ConversationId]:
        now_ms = self.clock.now_ms()
        return await self.housekeeping.active(
            from_ms=now_ms - ACTIVE_WITHIN_MS, to_ms=now_ms + MINUTE_MS, limit=MAX_LOOKED_AT
        )

    async def _send_again(self, conversation_id: ConversationId) -> int:
        """Send a job for each assistant that owes something for long, and has nobody at it.

        The log is read first: what is answered in between is known to be, then.
        """
        newest = await self.log.before(
            conversation_id, None, limit=LOOK_BACK_EVENTS, enough_bytes=LOOK_BACK_BYTES
        )
        before_ms = self.clock.now_ms() - ORPHANED_AFTER_MS
        asked = {each for event in newest if event.at_ms <= before_ms for each in event.addressed}
        if not asked:
            return 0
        conversation = await find(self.conversations, System("sweep"), conversation_id)
        if conversation is None:
            return 0
        jobs = [await self._lost(conversation, each, newest) for each in sorted(asked)]
        lost = [each for each in jobs if each is not None]
        for job in lost:
            await self.jobs.send(job)
        return len(lost)

    async def _lost(
        self, conversation: Conversation, assistant_id: AssistantId, newest: tuple[Event, ...]
    ) -> Job | None:
        now_ms = self.clock.now_ms()
        answered = conversation.answered(assistant_id)
        waiting = [
            each for each in newest if each.seq > answered and assistant_id in each.addressed
        ]
        if not waiting or waiting[0].at_ms > now_ms - ORPHANED_AFTER_MS:
            return None
        run = await self.runs.read(conversation.id, assistant_id, waiting[0].seq)
        if run is not None and run.state is not RunState.ENDED and run.lease_until_ms > now_ms:
            return None
        # Another attempt than any before: the queue drops what it has seen within five minutes.
        return Job(conversation.id, assistant_id, waiting[-1].seq, attempt=now_ms // MINUTE_MS)

    async def _hang_up(self, place: Place) -> int:
        await self.attendance.end(place)
        return 1

    async def _idle(self) -> Iterable[ConversationId]:
        if not self.retention_days:
            return ()
        before_ms = self._kept_since_ms()
        return await self.housekeeping.active(from_ms=0, to_ms=before_ms, limit=MAX_EXPIRED)

    def _kept_since_ms(self) -> int:
        return max(0, self.clock.now_ms() - self.retention_days * DAY_MS)

    async def _expire(self, conversation_id: ConversationId) -> int:
        """Delete a conversation whose time is over; the log has the last word on that."""
        newest = await self.log.before(conversation_id, None, limit=1)
        if newest and newest[-1].at_ms >= self._kept_since_ms():
            await self.conversations.claim_activity(
                conversation_id, now_ms=newest[-1].at_ms, every_ms=0
            )
            return 0
        if await self.deletion.by_itself(conversation_id):
            return 1
        # A trace of what was deleted before, written by somebody who came late.
        await self._purge(conversation_id)
        return 0

    async def _marked(self) -> Iterable[ConversationId]:
        before_ms = self.clock.now_ms() - PURGE_AFTER_MS
        return await self.housekeeping.marked(before_ms=before_ms, limit=MAX_PURGED)

    async def _purge(self, conversation_id: ConversationId) -> int:
        before_ms = self.clock.now_ms() - PURGE_AFTER_MS
        return int(
            await self.housekeeping.purge(
                conversation_id, before_ms=before_ms, at_most=MAX_ITEMS_OF_ONE
            )
        )
