"""Connections: how many there may be, and which of them only seem to be there."""

import asyncio

import pytest

from tests.builders import World, error_of, user
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConnectionId
from wireside.ports import Place
from wireside.services.attendance import HEARTBEAT_MS, HELLO_MS, STALE_MS

ADDRESS = "192.0.2.7"


def lines_of(world: World) -> set[str]:
    """Return the connections that are kept."""
    return set(world.store.connections)


async def refusal(world: World, line: str, who: str = "ana", address: str | None = None) -> Refused:
    """Connect and return why it is refused."""
    with pytest.raises(Refused) as caught:
        await world.app.sessions.connect(ConnectionId(line), user(who), address=address)
    return caught.value


@fault(49)
def test_one_connection_more_than_allowed_is_refused_and_leaves_nothing() -> None:
    async def story() -> None:
        world = World(connections_per_user=2)
        for line in ("one", "two"):
            await world.connect("ana", line)
        await world.connect("ben")

        refused = await refusal(world, "three")

        assert (refused.code, refused.retry_after_ms) == (ErrorCode.RATE_LIMITED, HEARTBEAT_MS)
        assert lines_of(world) == {"one", "two", "ben"}
        assert len(world.store.places) == 3

    asyncio.run(story())


def test_who_hangs_up_makes_room() -> None:
    async def story() -> None:
        world = World(connections_per_user=1)
        await world.connect("ana", "one")

        await world.app.sessions.disconnect(ConnectionId("one"))
        await world.connect("ana", "two")

        assert lines_of(world) == {"two"}

    asyncio.run(story())


@fault(15, 49)
def test_a_connection_that_was_silent_for_three_heartbeats_makes_room() -> None:
    async def story() -> None:
        world = World(connections_per_user=2)
        await world.connect("ana", "silent")
        await world.connect("ana", "lively")
        world.clock.time_ms += STALE_MS - 1
        await world.say("lively", {"action": "ping"})
        early = await refusal(world, "early")
        world.clock.time_ms += 1

        await world.connect("ana", "new")

        assert early.code is ErrorCode.RATE_LIMITED
        assert lines_of(world) == {"lively", "new"}
        assert world.lines.gone == {"silent"}
        assert (await refusal(world, "one-more")).code is ErrorCode.RATE_LIMITED

    asyncio.run(story())


def test_a_place_whose_connection_was_never_kept_is_free_after_a_while() -> None:
    async def story() -> None:
        world = World(connections_per_user=1)
        world.store.places.add(Place(user().id, ConnectionId("crashed"), START_MS))
        await refusal(world, "early")
        world.clock.time_ms += STALE_MS

        await world.connect("ana", "late")

        assert lines_of(world) == {"late"}
        assert {each.connection_id for each in world.store.places} == {"late"}

    asyncio.run(story())


@fault(49)
def test_who_never_says_hello_is_swept_however_lively() -> None:
    async def story() -> None:
        world = World()
        await world.app.sessions.connect(ConnectionId("dumb"), user())
        await world.connect("ben")
        world.clock.time_ms += HELLO_MS - 1
        attendance = world.app.sessions.attendance
        early = await attendance.overdue()
        world.clock.time_ms += 1
        refused = await world.say("dumb", {"action": "ping"})

        overdue = await attendance.overdue()
        for place in overdue:
            await attendance.end(place)

        assert (early, [each.connection_id for each in overdue]) == ((), ["dumb"])
        assert error_of(refused) == "hello_required"
        assert lines_of(world) == {"ben"}
        assert world.lines.gone == {"dumb"}

    asyncio.run(story())


def test_without_a_limit_there_are_as_many_as_come() -> None:
    async def story() -> None:
        world = World()
        for index in range(30):
            await world.connect("ana", f"line-{index}")
        sold, _ = await world.app.box_office.sell(user())

        assert len(lines_of(world)) == 30
        assert sold

    asyncio.run(story())


@fault(49)
def test_an_address_has_so_many_new_connections_a_minute() -> None:
    async def story() -> None:
        world = World(connects_per_minute=2)
        world.clock.time_ms = START_MS - START_MS % 60_000 + 20_000
        for line in ("one", "two"):
            await world.app.sessions.connect(ConnectionId(line), user(line), address=ADDRESS)

        refused = await refusal(world, "three", "cy", ADDRESS)
        await world.app.sessions.connect(ConnectionId("four"), user("dan"), address="192.0.2.8")
        world.clock.time_ms += refused.retry_after_ms or 0
        await world.app.sessions.connect(ConnectionId("five"), user("cy"), address=ADDRESS)

        assert (refused.code, refused.retry_after_ms) == (ErrorCode.RATE_LIMITED, 40_000)
        assert lines_of(world) == {"one", "two", "four", "five"}

    asyncio.run(story())


def test_the_box_office_says_why_nobody_more_is_let_in() -> None:
    async def story() -> None:
        world = World(connections_per_user=2)
        await world.connect("ana", "one")
        await world.app.box_office.sell(user())
        await world.connect("ana", "two")

        with pytest.raises(Refused) as caught:
            await world.app.box_office.sell(user())
        await world.app.box_office.sell(user("ben"))
        world.clock.time_ms += STALE_MS
        await world.app.box_office.sell(user())

        assert caught.value.code is ErrorCode.RATE_LIMITED
        assert caught.value.retry_after_ms == HEARTBEAT_MS
        assert lines_of(world) == {"one", "two"}

    asyncio.run(story())
