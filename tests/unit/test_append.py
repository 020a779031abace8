"""Walking along the log: past others, past contention, and not for ever."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.builders import ROOM, World, error_of, message, send, user
from tests.faults import fault
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.wire import ManualClock
from wireside.domain.changes import Change, Contended, Outcome, Stored
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId, Draft, Event, Kind
from wireside.protocol import storable
from wireside.services.log import APPEND_SECONDS, Plan, nothing_to_meet, walk

DRAFT = Draft(Kind.MESSAGE, user().participant, {"text": "mine"})


@dataclass(slots=True)
class BusyLog:
    """A log on whose items other transactions are under way for the first so many writes."""

    world: World
    contended: int
    stores_in_secret: bool = False
    tries: list[int] = field(default_factory=list)

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        """Be contended, or store."""
        self.tries.append(event.seq)
        self.world.clock.time_ms += 10
        if len(self.tries) <= self.contended:
            if self.stores_in_secret:
                self.world.wrote(1, text="another's", by="ben")
            return Contended()
        return await MemoryLog(self.world.store).commit(conversation_id, event, changes)

    async def after(
        self, conversation_id: ConversationId, seq: int, *, limit: int
    ) -> tuple[Event, ...]:
        """Read."""
        return await MemoryLog(self.world.store).after(conversation_id, seq, limit=limit)


def walked(log: BusyLog) -> Event:
    """Return the event that was put at the end of the room's log."""

    async def prepare(_previous: Event | None) -> Plan:
        return Plan(DRAFT)

    async def story() -> Event:
        stored = await walk(
            log,  # type: ignore[arg-type]
            log.world.clock,
            ROOM,
            start=None,
            prepare=prepare,
            meet=nothing_to_meet,
        )
        assert isinstance(stored, Event)
        return stored

    return asyncio.run(story())


@fault(6)
def test_a_contended_write_is_tried_again_at_the_same_place() -> None:
    log = BusyLog(World().room(), contended=3)

    stored = walked(log)

    assert log.tries == [1, 1, 1, 1]
    assert log.world.log == [stored]


@fault(6)
def test_a_contended_write_looks_where_the_log_has_got_to() -> None:
    log = BusyLog(World().room(), contended=2, stores_in_secret=True)

    stored = walked(log)

    assert log.tries == [1, 2, 3]
    assert (stored.seq, stored.n) == (3, 3)


def test_8_failures_are_followed_by_a_look_at_the_whole_log() -> None:
    log = BusyLog(World().room().wrote(100), contended=0)

    stored = walked(log)

    assert stored.seq == 101
    assert log.tries == [*range(1, 9), 101]


@fault(22)
def test_a_log_that_stays_busy_is_unavailable_after_4_s() -> None:
    log = BusyLog(World().room(), contended=10_000)

    with pytest.raises(Unavailable):
        walked(log)

    assert len(log.tries) == APPEND_SECONDS * 100
    assert log.world.log == []


@dataclass(slots=True)
class SlowClock(ManualClock):
    """A clock of a machine so slow that no time is left for a single try."""

    def now_ms(self) -> int:
        """Return the time, a minute later each time."""
        self.time_ms += 60_000
        return self.time_ms


def test_a_send_without_time_is_unavailable_and_may_be_retried() -> None:
    async def story() -> None:
        world = World(clock=SlowClock()).room()
        await world.connect("ana")

        (refused,) = await world.say("ana", send())

        assert error_of([refused]) == "unavailable"
        assert (refused["retryable"], refused["fatal"]) == (True, False)
        assert refused["retry_after_ms"] > 0
        assert world.log == []

    asyncio.run(story())


def test_the_memory_log_refuses_to_leave_a_gap() -> None:
    world = World().room()
    second = message(message())

    with pytest.raises(AssertionError, match="gap"):
        asyncio.run(MemoryLog(world.store).commit(ROOM, second, []))

    assert asyncio.run(MemoryLog(world.store).commit(ROOM, message(), [])) == Stored()


@fault(44)
@pytest.mark.parametrize("text", ["\x00", "a\x00", "\ud800", "\udfff"])
def test_what_cannot_be_stored_is_no_text(text: str) -> None:
    with pytest.raises(ValueError, match="not text"):
        storable(text)
