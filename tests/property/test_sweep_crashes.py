"""Deletion and sweep die at every call of the store, and the next try makes it good."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, World, addressed_message, conversation, member
from tests.faults import fault
from tests.unit.test_conversations import by, new
from wireside.domain.conversation import MemberRole
from wireside.domain.events import ConversationId
from wireside.services.sweeping import DAY_MS, MINUTE_MS

MOST_CALLS = 200


class Died(Exception):
    """The function is dead."""


@dataclass(slots=True)
class Death:
    """Comes at one call of the store, before or after it is carried out."""

    at_call: int = 0
    after: bool = False
    calls: int = 0

    def around(self, port: Any) -> Any:
        """Return the port, whose calls are counted."""
        return Mortal(port, self)

    async def during(self, call: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """Carry out a call, or die of it."""
        self.calls += 1
        is_now = self.calls == self.at_call
        if is_now and not self.after:
            raise Died
        answer = await call()
        if is_now:
            raise Died
        return answer


@dataclass(slots=True)
class Mortal:
    """A port that may be the last thing that is called."""

    port: Any
    death: Death

    def __getattr__(self, name: str) -> Any:
        """Return a method that may be the last one."""

        async def method(*args: Any, **more: Any) -> Any:
            return await self.death.during(lambda: getattr(self.port, name)(*args, **more))

        return method


async def neglected(death: Death) -> tuple[World, ConversationId]:
    """Return a world with an idle conversation, a deleted one, and one that waits for an answer."""
    world = World(around=death.around)
    idle = ConversationId(str((await world.app.conversations.create(by(), new("ben")))["id"]))
    world.clock.time_ms += 91 * DAY_MS
    world.room().wrote(5)
    await world.app.deletion.by_owner(by(), ROOM)
    waiting = ConversationId("waiting")
    made = conversation(id=waiting, created_at_ms=world.clock.time_ms)
    await world.app.conversations.conversations.create(made, [member("ana")], None)
    world.store.log(waiting).append(addressed_message(now_ms=world.clock.time_ms))
    world.clock.time_ms += 6 * MINUTE_MS
    return world, idle


@fault(24)
@pytest.mark.parametrize("after", [False, True])
def test_a_sweep_that_dies_anywhere_is_made_good_by_those_after_it(*, after: bool) -> None:
    async def story(at_call: int) -> bool:
        death = Death()
        world, idle = await neglected(death)
        death.calls, death.at_call, death.after = 0, at_call, after
        try:
            await world.sweeping.sweep()
        except Died:
            has_died = True
        else:
            has_died = False
        death.at_call = 0
        for _ in range(3):
            await world.sweeping.sweep()
            world.clock.time_ms += MINUTE_MS + 1

        assert {each.conversation_id for each in world.jobs.jobs} == {"waiting"}
        assert {each.assistant_id for each in world.jobs.jobs} == {DEMO.id}
        assert {room for room, _ in world.store.members} == {"waiting"}
        assert (world.log, world.store.deleted_at) == ([], {})
        assert world.store.conversations[idle].deleted
        assert len(world.store.log(ConversationId("waiting"))) == 1
        return has_died

    died = until_nobody_dies(story)

    assert died > 10


@fault(6)
@pytest.mark.parametrize("after", [False, True])
def test_a_deletion_that_dies_anywhere_is_made_good_by_its_retry(*, after: bool) -> None:
    async def story(at_call: int) -> bool:
        death = Death()
        world = World(around=death.around).room().wrote(2)
        assert world.store.members[ROOM, by().user.id].role is MemberRole.OWNER
        for name in ("ana", "ben"):
            await world.enter(name)
        death.calls, death.at_call, death.after = 0, at_call, after
        try:
            await world.app.deletion.by_owner(by(key="k"), ROOM)
        except Died:
            await world.app.deletion.by_owner(by(key="k"), ROOM)
            has_died = True
        else:
            has_died = False

        assert world.store.conversations[ROOM].deleted
        assert world.store.conversations[ROOM].operator_epoch == 1
        assert world.store.subscriptions == {}
        assert {each.open for each in world.store.connections.values()} == {frozenset()}
        return has_died

    died = until_nobody_dies(story)

    assert died > 4


def until_nobody_dies(story: Callable[[int], Coroutine[Any, Any, bool]]) -> int:
    """Tell the story with a death at the first call, the second, … until it outlives them."""
    for at_call in range(1, MOST_CALLS):
        if not asyncio.run(story(at_call)):
            return at_call - 1
    message = "it never ends"
    raise AssertionError(message)
