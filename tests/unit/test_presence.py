"""Presence: who comes first and goes last is told, and who only seems to be there is not shown."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.builders import ROOM, World, error_of, send, user
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.events import ConnectionId, ConversationId
from wireside.services.presence import CROWD, STALE_MS

OPEN = {"action": "open", "conversation_id": ROOM}
CLOSE = {"action": "close", "conversation_id": ROOM}
START_SECONDS = START_MS // 1_000


def told(world: World, line: str) -> list[tuple[str, bool]]:
    """Return of whom a line was told that they came or went."""
    return [
        (each["user_id"], each["on"]) for each in world.heard(line) if each["type"] == "presence"
    ]


async def present(world: World, line: str) -> Sequence[str]:
    """Return who is there as ``opened`` says."""
    opened = (await world.say(line, OPEN))[0]
    shown: Sequence[str] = opened["present"]
    return shown


def test_the_first_connection_that_comes_and_the_last_one_that_goes_are_told() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")
        for line in ("ana-1", "ana-2"):
            await world.connect("ana", line)
            world.clock.time_ms += 1

        seen = []
        for line, frame in (("ana-1", OPEN), ("ana-2", OPEN), ("ana-1", CLOSE), ("ana-2", CLOSE)):
            await world.say(line, frame)
            seen.append(told(world, "ben"))

        on, off = ("ana", True), ("ana", False)
        assert seen == [[on], [on], [on], [on, off]]
        assert told(world, "ana-1") == told(world, "ana-2") == []

    asyncio.run(story())


def test_presence_is_what_the_protocol_says() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")

        await world.enter("ana")
        await world.say("ana", CLOSE)

        (frame,) = world.heard("ben")
        assert frame == {
            "type": "presence",
            "conversation_id": ROOM,
            "user_id": "ana",
            "on": False,
        }

    asyncio.run(story())


def test_closing_what_is_not_open_tells_nobody() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")
        await world.connect("ana")
        await world.connect("eve")

        for line in ("ana", "eve"):
            await world.say(line, CLOSE)

        assert world.heard("ben") == []

    asyncio.run(story())


def test_a_disconnect_is_told_in_all_that_was_open() -> None:
    async def story() -> None:
        world = World().room()
        other = ConversationId("other")
        world.store.conversations[other] = world.store.conversations[ROOM]
        for name in ("ana", "ben"):
            world.store.members[other, user(name).id] = world.store.members[ROOM, user(name).id]
        for name in ("ana", "ben"):
            await world.enter(name)
            await world.say(name, OPEN | {"conversation_id": other})
        world.lines.frames.clear()

        for _ in range(2):
            await world.app.sessions.disconnect(ConnectionId("ana"))

        assert [(each["conversation_id"], each["on"]) for each in world.heard("ben")] == [
            (other, False),
            (ROOM, False),
        ]

    asyncio.run(story())


@fault(16)
def test_a_late_disconnect_after_a_reconnect_tells_nothing_and_takes_nothing() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")
        await world.enter("ana", "before")
        world.clock.time_ms += 500
        await world.enter("ana", "after")

        await world.app.sessions.disconnect(ConnectionId("before"))
        await world.say("ben", send())

        assert told(world, "ben") == []
        assert set(world.store.connections) == {"ben", "after"}
        assert world.kinds("after") == ["event"]
        assert await present(world, "ben") == ["ana", "ben"]

    asyncio.run(story())


@fault(15)
def test_who_was_silent_for_three_heartbeats_is_not_shown_as_present() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        world.clock.time_ms += STALE_MS - 1
        early = await present(world, "ben")
        world.clock.time_ms += 1
        late = await present(world, "ben")

        await world.say("ana", {"action": "ping"})

        assert (early, late) == (["ana", "ben"], ["ben"])
        assert await present(world, "ben") == ["ana", "ben"]

    asyncio.run(story())


@fault(15)
def test_a_connection_that_only_seems_to_be_there_hides_neither_a_coming_nor_a_going() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", "lost")
        world.clock.time_ms += STALE_MS
        await world.enter("ben")
        await world.connect("ana", "new")

        await world.say("new", OPEN)
        await world.say("new", CLOSE)

        assert told(world, "ben") == [("ana", True), ("ana", False)]

    asyncio.run(story())


@fault(15)
def test_the_sweep_finds_who_was_silent_and_tells_that_they_are_gone() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        world.clock.time_ms += STALE_MS
        await world.enter("ben")
        attendance = world.app.sessions.attendance

        for place in await attendance.overdue():
            await attendance.end(place)

        assert told(world, "ben") == [("ana", False)]
        assert set(world.store.connections) == {"ben"}
        assert world.lines.gone == {"ana"}
        assert await attendance.overdue() == ()

    asyncio.run(story())


@fault(15)
def test_a_lost_connection_that_a_post_finds_is_told_to_be_gone() -> None:
    async def story() -> None:
        world = World().room("ana", "ben", "cy")
        for name in ("ana", "ben", "cy"):
            await world.enter(name)
        world.clock.time_ms += 10_000
        world.lines.gone.add(ConnectionId("ben"))

        await world.say("ana", send())

        assert told(world, "cy") == told(world, "ana") == [("ben", False)]
        assert set(world.store.connections) == {"ana", "cy"}

    asyncio.run(story())


@fault(39)
def test_an_expired_token_counts_as_gone() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", expires_at=START_SECONDS + 60)
        await world.enter("ben")
        world.clock.time_ms += 60_000

        shown = await present(world, "ben")
        answer = await world.say("ana", {"action": "ping"})

        assert shown == ["ben"]
        assert error_of(answer[:1]) == "token_expired"
        assert told(world, "ben") == [("ana", False)]
        assert set(world.store.connections) == {"ben"}

    asyncio.run(story())


def test_whose_token_expires_in_silence_is_swept() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", expires_at=START_SECONDS + 60)
        await world.enter("ben")
        world.clock.time_ms += 60_000

        overdue = await world.app.sessions.attendance.overdue()

        assert [each.connection_id for each in overdue] == ["ana"]

    asyncio.run(story())


@pytest.mark.parametrize(("lines", "hears"), [(CROWD, True), (CROWD + 1, False)])
def test_in_a_crowd_nobody_is_told_who_comes(lines: int, *, hears: bool) -> None:
    async def story() -> None:
        world = World().room()
        for index in range(lines - 1):
            await world.enter("ben", f"ben-{index}")
        await world.connect("ana")

        await world.say("ana", OPEN)

        assert told(world, "ben-0") == ([("ana", True)] if hears else [])

    asyncio.run(story())


def test_whoever_was_interrupted_while_leaving_tells_it_the_next_time() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        ana = world.store.connections[ConnectionId("ana")]
        await world.app.sessions.connections.silence(ana, ana.open)  # and there it ended

        await world.app.sessions.disconnect(ana.id)

        assert told(world, "ben") == [("ana", False)]

    asyncio.run(story())
