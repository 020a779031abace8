"""How far people have read."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.builders import ROOM, World, error_of, message, send, user
from wireside.domain.events import Kind

READ = {"action": "read", "conversation_id": ROOM}
OPEN = {"action": "open", "conversation_id": ROOM}


def marker(world: World, name: str = "ana") -> tuple[int, int]:
    """Return how far somebody has read: seq and n."""
    member = world.store.members[ROOM, user(name).id]
    return member.read_seq, member.read_n


def with_events(world: World, *kinds: Kind) -> World:
    """Put events at the end of the room's log; only messages count for ``n``."""
    for kind in kinds:
        previous = world.log[-1] if world.log else None
        written = message(previous)
        n = (previous.n if previous else 0) + (kind is Kind.MESSAGE)
        world.log.append(replace(written, kind=kind, n=n))
    return world


async def unread(world: World, name: str = "ana") -> Sequence[int]:
    """Return what is unread over HTTP and in ``opened``, which agree on the place."""
    seen = await world.app.conversations.view(user(name), ROOM)
    opened = (await world.say(name, OPEN))[0]
    assert opened["read_seq"] == opened["conversation"]["read_seq"] == seen["read_seq"]
    return [seen["unread"], opened["conversation"]["unread"]]


def test_what_is_unread_counts_messages_and_nothing_else() -> None:
    async def story() -> None:
        world = with_events(World().room(), Kind.MESSAGE, Kind.TITLED, Kind.MESSAGE, Kind.TITLED)
        await world.enter("ana")
        before = await unread(world)

        answer = await world.say("ana", READ | {"seq": 2})

        assert before == [2, 2]
        assert answer == []
        assert marker(world) == (2, 1)
        assert await unread(world) == [1, 1]

    asyncio.run(story())


def test_a_marker_moves_only_forwards_and_never_beyond_the_head() -> None:
    async def story() -> None:
        world = World().room().wrote(3)
        await world.enter("ana")

        places = []
        for seq in (2, 1, 2, 99, 3):
            await world.say("ana", READ | {"seq": seq})
            places.append(marker(world))

        assert places == [(2, 2), (2, 2), (2, 2), (3, 3), (3, 3)]
        assert marker(world, "ben") == (0, 0)
        assert await unread(world) == [0, 0]

    asyncio.run(story())


def test_in_an_empty_log_there_is_nothing_to_read() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")

        assert await world.say("ana", READ | {"seq": 1}) == []
        assert marker(world) == (0, 0)

    asyncio.run(story())


def test_only_the_readers_other_connections_there_are_told_and_only_of_news() -> None:
    async def story() -> None:
        world = World().room().wrote(2)
        for line in ("ana-1", "ana-2"):
            await world.enter("ana", line)
        await world.connect("ana", "elsewhere")
        await world.enter("ben")

        for seq in (2, 2, 1):
            await world.say("ana-1", READ | {"seq": seq})

        assert world.heard("ana-2") == [{"type": "read", "conversation_id": ROOM, "seq": 2}]
        assert world.heard("ana-1") == world.heard("ben") == world.heard("elsewhere") == []

    asyncio.run(story())


def test_a_stranger_reads_nothing() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.connect("eve")

        known = await world.say("eve", READ | {"seq": 1})
        unknown = await world.say("eve", READ | {"seq": 1, "conversation_id": "nowhere"})

        assert error_of(known) == error_of(unknown) == "not_found"
        assert (ROOM, user("eve").id) not in world.store.members

    asyncio.run(story())


@pytest.mark.parametrize("seq", [0, -1, 1.5, "1", True])
def test_a_place_is_a_seq(seq: object) -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.enter("ana")

        (refused,) = await world.say("ana", READ | {"seq": seq})

        assert (refused["code"], refused["details"]) == ("invalid_field", {"field": "seq"})

    asyncio.run(story())


def test_who_sends_has_read() -> None:
    async def story() -> None:
        world = World().room().wrote(2, by="ben")
        await world.enter("ana")
        await world.say("ana", send(after_seq=2))

        for event in world.log:
            await world.app.activity.follow(ROOM, event)

        assert marker(world) == (3, 3)
        assert marker(world, "ben") == (2, 2)

    asyncio.run(story())
