"""open, close, sync: contiguous, and never past a removal."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.builders import (
    DEMO,
    ROOM,
    World,
    addressed_message,
    conversation,
    error_of,
    message,
    send,
    user,
)
from tests.faults import fault
from wireside.adapters.memory.log import MemoryLog
from wireside.domain.events import ConversationId, Event, RunId
from wireside.domain.runs import Run, RunState
from wireside.services.reading import Position, Reading

OPEN: dict[str, object] = {"action": "open", "conversation_id": ROOM}


def sync(after_seq: int, epoch: str = "1.1") -> dict[str, object]:
    """Return a ``sync`` frame."""
    frame: dict[str, object] = {"action": "sync", "conversation_id": ROOM}
    return frame | {"epoch": epoch, "after_seq": after_seq}


def seqs(frames: list[dict[str, object]]) -> list[int]:
    """Return the seqs in ``events`` frames, in the order they came."""
    pages = [each for each in frames if each["type"] == "events"]
    return [event["seq"] for page in pages for event in page["events"]]  # type: ignore[attr-defined]


def test_open_is_answered_by_opened_and_the_newest_50() -> None:
    async def story() -> None:
        world = World().room().wrote(70)
        await world.connect("ana")

        opened, events = await world.say("ana", OPEN | {"ref": "o"})

        assert opened["type"] == "opened"
        assert (opened["ref"], opened["head"], opened["n"]) == ("o", 70, 70)
        assert (opened["epoch"], opened["read_seq"], opened["runs"]) == ("1.1", 0, [])
        assert opened["present"] == ["ana"]
        assert opened["conversation"]["id"] == ROOM
        assert seqs([events]) == [*range(21, 71)]
        assert (events["head"], events["more"], events["ref"]) == (70, False, "o")

    asyncio.run(story())


def test_an_empty_conversation_is_opened_with_an_empty_page() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        opened, events = await world.say("ana", OPEN)

        assert (opened["head"], opened["n"]) == (0, 0)
        assert (events["events"], events["more"]) == ([], False)

    asyncio.run(story())


@pytest.mark.parametrize(("after_seq", "first"), [(0, 1), (4, 5), (9, 10), (10, None)])
def test_open_from_a_place_brings_all_after_it(after_seq: int, first: int | None) -> None:
    async def story() -> None:
        world = World().room().wrote(10)
        await world.connect("ana")

        opened, *pages = await world.say("ana", OPEN | {"after_seq": after_seq, "epoch": "1.1"})

        assert seqs(pages) == ([*range(first, 11)] if first else [])
        assert opened["head"] == 10

    asyncio.run(story())


def test_a_long_catch_up_comes_in_pages_without_a_gap() -> None:
    async def story() -> None:
        world = World().room().wrote(300, text="é" * 1_000)
        await world.connect("ana")

        pages = await world.say("ana", sync(0))

        assert seqs(pages) == [*range(1, 301)]
        assert len(pages) > 4
        assert [each["more"] for each in pages] == [True] * (len(pages) - 1) + [False]

    asyncio.run(story())


@pytest.mark.parametrize("frame", [sync(0), OPEN | {"after_seq": 0}], ids=["sync", "open"])
def test_301_behind_is_told_to_reload(frame: dict[str, object]) -> None:
    async def story() -> None:
        world = World().room().wrote(301)
        await world.connect("ana")

        answer = await world.say("ana", frame)

        assert error_of(answer) == "resync_required"
        assert world.store.subscriptions == {}

    asyncio.run(story())


@fault(20)
@pytest.mark.parametrize(
    "frame", [sync(1, "2.1"), sync(1, "1.2"), OPEN | {"after_seq": 1, "epoch": "0.1"}]
)
def test_another_epoch_is_told_to_reload(frame: dict[str, object]) -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.connect("ana")

        answer = await world.say("ana", frame)

        assert error_of(answer) == "resync_required"

    asyncio.run(story())


@pytest.mark.parametrize("frame", [sync(4), OPEN | {"after_seq": 4}], ids=["sync", "open"])
def test_a_seq_that_the_log_does_not_have_is_refused(frame: dict[str, object]) -> None:
    async def story() -> None:
        world = World().room().wrote(3)
        await world.connect("ana")

        answer = await world.say("ana", frame)

        assert error_of(answer) == "invalid_after_seq"
        assert world.store.subscriptions == {}

    asyncio.run(story())


def test_a_refused_open_leaves_what_was_open_before() -> None:
    async def story() -> None:
        world = World().room().wrote(3)
        await world.enter("ana")

        await world.say("ana", OPEN | {"after_seq": 9})

        assert len(world.store.subscriptions) == 1

    asyncio.run(story())


FOREIGN: list[dict[str, object]] = [
    OPEN,
    OPEN | {"after_seq": 99},
    OPEN | {"epoch": "9.9"},
    sync(0),
    sync(99),
    sync(0, "9.9"),
    {"action": "typing", "conversation_id": ROOM, "on": True},
    dict(send()),
    dict(send(after_seq=99)),
    dict(send(client_id="m1")),
]


@fault(36)
@pytest.mark.parametrize("frame", FOREIGN)
def test_absent_deleted_and_forbidden_look_the_same(frame: dict[str, object]) -> None:
    async def story(prepare: Callable[[World], object]) -> list[dict[str, object]]:
        world = World()
        prepare(world)
        await world.connect("eve")
        return await world.say("eve", frame)

    def deleted(world: World) -> None:
        world.room("eve", deleted=True)

    absent = asyncio.run(story(lambda _: None))
    forbidden = asyncio.run(story(lambda world: world.room().wrote(2)))
    gone = asyncio.run(story(deleted))

    assert error_of(absent) == "not_found"
    assert absent == forbidden == gone


def test_close_ends_what_is_heard_and_repeating_it_is_harmless() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")

        answers = [
            await world.say("ben", {"action": "close", "conversation_id": ROOM, "ref": "x"})
            for _ in range(2)
        ]
        await world.say("ana", send())

        closed = {"type": "closed", "conversation_id": ROOM, "ref": "x"}
        assert answers == [[closed], [closed]]
        assert world.kinds("ben") == ["closed", "closed"]

    asyncio.run(story())


@dataclass(frozen=True, slots=True)
class LogWithVisitor:
    """A log that lets something happen before each read of its newest events."""

    log: MemoryLog
    visit: Callable[[], None]

    async def before(
        self, conversation_id: ConversationId, seq: int | None, *, limit: int
    ) -> tuple[Event, ...]:
        """Read."""
        self.visit()
        return await self.log.before(conversation_id, seq, limit=limit)


def reading_with(world: World, visit: Callable[[], None]) -> Reading:
    """Return the service on a log in which something happens during a read."""
    known = world.app.reading
    log = LogWithVisitor(MemoryLog(world.store), visit)
    return Reading(
        known.conversations,
        known.connections,
        log,  # type: ignore[arg-type]
        known.runs,
        known.delivery,
        known.assistants,
        known.generation,
    )


@fault(17)
def test_open_subscribes_before_it_reads() -> None:
    async def story() -> None:
        world = World().room()
        connection = await world.app.sessions.resume(await world.connect("ana"))
        seen: list[int] = []
        reading = reading_with(world, lambda: seen.append(len(world.store.subscriptions)))

        await reading.open(connection, ROOM, Position(None, None))

        assert seen == [1]

    asyncio.run(story())


@fault(10)
def test_who_is_removed_while_opening_gets_nothing() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        connection = await world.app.sessions.resume(await world.connect("ben"))

        def remove() -> None:
            world.store.members.pop((ROOM, user("ben").id), None)
            world.wrote(1, text="secret")

        with pytest.raises(Exception, match="no such conversation"):
            await reading_with(world, remove).open(connection, ROOM, Position(None, None))

        assert world.store.subscriptions == {}

    asyncio.run(story())


@fault(33)
def test_opened_shows_runs_in_flight_and_not_those_that_are_answered() -> None:
    async def story() -> None:
        world = World().room(answered_through={DEMO.id: 1})
        world.log.append(addressed_message())
        world.log.append(addressed_message(world.log[-1]))
        runs = world.app.reading.runs
        for seq in (1, 2):
            run = Run(RunId(f"r{seq}"), DEMO.id, seq, RunState.PENDING, 1, 0)
            await runs.claim(ROOM, run, now_ms=0, found=None)
            await runs.freeze(ROOM, run, seq)
            await runs.checkpoint(ROOM, run, offset=0, text="so ", lease_until_ms=9)
            await runs.checkpoint(ROOM, run, offset=3, text="far", lease_until_ms=9)
        await world.connect("ana")

        opened, _ = await world.say("ana", OPEN)

        assert opened["runs"] == [
            {
                "run_id": "r2",
                "participant": DEMO.id,
                "trigger_seq": 2,
                "fence": 1,
                "offset": 0,
                "text": "so far",
            }
        ]

    asyncio.run(story())


def test_present_are_those_who_can_hear() -> None:
    async def story() -> None:
        world = World().room("ana", "ben", "cy")
        for name in ("ana", "ben", "cy"):
            await world.enter(name, expires_at=world.clock.now_ms() // 1_000 + 60)
        del world.store.members[ROOM, user("cy").id]
        world.clock.time_ms += 61_000
        await world.connect("ana", "ana-2")

        opened, _ = await world.say("ana-2", OPEN)

        assert opened["present"] == ["ana"]

    asyncio.run(story())


@fault(20)
def test_the_generation_of_the_table_is_part_of_the_epoch() -> None:
    async def story() -> None:
        world = World(generation="7")
        world.store.conversations[ROOM] = conversation(epoch="3")
        world.room(epoch="3").log.append(message())
        await world.connect("ana")

        opened, events = await world.say("ana", OPEN)

        assert (opened["epoch"], events["epoch"]) == ("7.3", "7.3")

    asyncio.run(story())
