"""Presence in every interleaving: what the others were told last is what is so."""

import asyncio
from collections.abc import Sequence
from copy import deepcopy

import pytest

from tests.builders import ROOM, World
from tests.faults import fault
from tests.property.explorer import Actor, Stepped, histories
from wireside.domain.events import ConnectionId, UserId
from wireside.services.presence import Presence

ANA = UserId("ana")


class OneByOne(Presence):
    """Presence whose posts are steps, too: the explorer has no event loop."""

    async def push(
        self, connection_ids: Sequence[ConnectionId], frame: bytes, *, until: float | None
    ) -> None:
        """Post to one after the other."""
        for each in connection_ids:
            await self.lines.post(each, frame)


async def set_up(world: World, opened: Sequence[str], waiting: Sequence[str]) -> None:
    """Let Ben listen, and Ana have some of her connections open the room."""
    await world.enter("ben")
    for line in opened:
        await world.enter("ana", line)
    for line in waiting:
        await world.connect("ana", line)


@pytest.mark.parametrize(
    ("opened", "opening", "leaving"),
    [
        ([], ["one", "two"], []),
        (["one"], ["two"], ["one"]),
        (["two"], ["one"], ["two"]),
        (["one", "two"], [], ["one", "two"]),
        (["two"], ["one", "three"], ["two"]),
    ],
)
@fault(16)
def test_what_was_told_last_is_so(
    opened: Sequence[str], opening: Sequence[str], leaving: Sequence[str]
) -> None:
    start = World().room()
    asyncio.run(set_up(start, opened, opening))

    def begin() -> tuple[World, Sequence[Actor]]:
        world = World(store=deepcopy(start.store))
        presence = OneByOne(
            Stepped(world.app.delivery.conversations),  # type: ignore[arg-type]
            Stepped(world.app.delivery.connections),  # type: ignore[arg-type]
            Stepped(world.lines),  # type: ignore[arg-type]
            world.clock,
        )

        async def come(line: str) -> None:
            known = world.store.connections[ConnectionId(line)]
            await presence.connections.subscribe(known, ROOM, at_most=20)
            await presence.arrived(
                known, ROOM, world.app.delivery.hearing(await presence.conversations.roster(ROOM))
            )

        async def go(line: str) -> None:
            known = world.store.connections[ConnectionId(line)]
            await presence.connections.silence(known, known.open)
            await presence.departed(ROOM, ANA)

        actors = [Actor(f"{each} comes", lambda each=each: come(each)) for each in opening]
        actors += [Actor(f"{each} goes", lambda each=each: go(each)) for each in leaving]
        return world, actors

    count = 0
    for world, _ in histories(begin, faults=0):
        told = [each["on"] for each in world.heard("ben") if each["type"] == "presence"]
        there = any(key[1] == ANA for key in world.store.subscriptions)
        assert (told[-1] if told else bool(opened)) is there, told
        count += 1
    assert count > 1
