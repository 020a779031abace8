"""The sweep: what is over goes, what was lost is sent again."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, addressed_message, member, message, user
from tests.faults import fault
from tests.unit.scenes import outcomes
from tests.unit.test_conversations import by, new
from wireside.adapters.memory.housekeeping import MemoryHousekeeping
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Conversation
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId, ConversationId, RunId
from wireside.domain.runs import Job, Run, RunState
from wireside.services.sweeping import DAY_MS, MINUTE_MS, SWEEP_SECONDS, Swept

NOTHING = Swept(sent_again=0, hung_up=0, purged=0, expired=0, forgotten=0)


def swept(**counts: int) -> Swept:
    """Return what a sweep says that did only this."""
    return replace(NOTHING, **counts)


def run[T](story: Coroutine[Any, Any, T]) -> T:
    """Carry out a story."""
    return asyncio.run(story)


async def made(world: World, *members: str) -> ConversationId:
    """Create a conversation of Ana's."""
    view = await world.app.conversations.create(by(), new(*members))
    return ConversationId(str(view["id"]))


async def active(world: World) -> None:
    """Let there have been activity in the room just now."""
    await world.app.conversations.conversations.claim_activity(
        ROOM, now_ms=world.clock.time_ms, every_ms=0
    )


def known(world: World, room: ConversationId = ROOM) -> Conversation:
    """Return the conversation as the store has it."""
    return world.store.conversations[room]


def test_a_sweep_of_nothing_does_nothing() -> None:
    world = World().room().wrote(1)

    assert run(world.sweeping.sweep()) == NOTHING
    assert not known(world).deleted


def test_what_was_idle_too_long_is_deleted_and_a_minute_later_gone() -> None:
    async def story() -> None:
        world = World()
        old = await made(world, "ben")
        world.clock.time_ms += DAY_MS
        young = await made(world, "ben")
        world.clock.time_ms += 89 * DAY_MS + 1

        first = await world.sweeping.sweep()
        items, _ = await world.app.conversations.mine(user("ben"), limit=9, cursor=None)
        world.clock.time_ms += MINUTE_MS
        early = await world.sweeping.sweep()
        world.clock.time_ms += 1
        second = await world.sweeping.sweep()

        assert first == swept(expired=1)
        assert [each["id"] for each in items] == [young]
        assert (early, second) == (NOTHING, swept(purged=1))
        assert (known(world, old).deleted, known(world, young).deleted) == (True, False)
        assert {room for room, _ in world.store.members} == {young}

    run(story())


def test_a_conversation_is_not_idle_whose_log_goes_on() -> None:
    async def story() -> None:
        world = World()
        room = await made(world)
        world.clock.time_ms += 80 * DAY_MS
        world.store.log(room).append(message(now_ms=world.clock.time_ms))
        world.clock.time_ms += 80 * DAY_MS

        first = await world.sweeping.sweep()
        world.clock.time_ms += 11 * DAY_MS
        second = await world.sweeping.sweep()

        assert (first, second) == (NOTHING, swept(expired=1))

    run(story())


@pytest.mark.parametrize("days", [0, 1_000_000])
def test_without_retention_everything_is_kept(days: int) -> None:
    async def story() -> None:
        world = World(retention_days=days)
        room = await made(world)
        world.clock.time_ms += 40_000 * DAY_MS

        assert await world.sweeping.sweep() == NOTHING
        assert not known(world, room).deleted

    run(story())


def test_what_came_after_all_was_gone_goes_too() -> None:
    async def story() -> None:
        world = World().room()
        await world.app.deletion.by_owner(by(), ROOM)
        world.clock.time_ms += 2 * MINUTE_MS
        await world.sweeping.sweep()
        await active(world)
        world.clock.time_ms += 91 * DAY_MS

        assert await world.sweeping.sweep() == NOTHING
        assert world.store.last_active == {}

    run(story())


async def lost(world: World, *, at_ms: int = START_MS) -> None:
    """Let the demo assistant owe an answer that nobody works on, in an active conversation."""
    world.room()
    world.log.append(addressed_message(now_ms=at_ms))
    await active(world)


@fault(24)
def test_a_lost_job_is_sent_again_after_five_minutes_until_there_is_an_outcome() -> None:
    async def story() -> None:
        world = World()
        await lost(world)
        counts = []
        for _ in range(8):
            counts.append((await world.sweeping.sweep()).sent_again)
            world.clock.time_ms += MINUTE_MS

        (first, *others) = world.jobs.jobs
        await world.runs.settle(first, "receipt")
        await active(world)
        after = await world.sweeping.sweep()

        assert counts == [0, 0, 0, 0, 0, 1, 1, 1]
        assert (first.assistant_id, first.seq) == (DEMO.id, 1)
        assert len({each.attempt for each in (first, *others)}) == 3
        assert outcomes(world) == [("message", 1)]
        assert after == NOTHING

    run(story())


@fault(24)
def test_two_sweeps_of_one_minute_send_a_job_once() -> None:
    async def story() -> None:
        world = World()
        await lost(world)
        world.clock.time_ms += 5 * MINUTE_MS

        await asyncio.gather(world.sweeping.sweep(), world.sweeping.sweep())

        assert world.jobs.jobs == [Job(ROOM, DEMO.id, 1, attempt=world.clock.time_ms // MINUTE_MS)]

    run(story())


@fault(24)
def test_one_job_is_sent_for_each_assistant_and_for_all_that_it_owes() -> None:
    async def story() -> None:
        world = World().room()
        first = addressed_message()
        second = message(first, addressed=[DEMO.id, SECOND.id], now_ms=START_MS + 60_000)
        late = message(second, addressed=[SECOND.id], now_ms=START_MS + 320_000)
        world.log.extend([first, second, late])
        world.store.conversations[ROOM] = replace(known(world), answered_through={SECOND.id: 2})
        world.clock.time_ms += 330_000
        await active(world)

        await world.sweeping.sweep()

        assert [(each.assistant_id, each.seq) for each in world.jobs.jobs] == [(DEMO.id, 2)]

    run(story())


@fault(29)
@pytest.mark.parametrize(
    ("lease_left_ms", "state", "sent"),
    [(1, RunState.STREAMING, 0), (0, RunState.STREAMING, 1), (0, RunState.PENDING, 1)],
)
def test_a_run_with_a_live_lease_is_left_alone(
    lease_left_ms: int, state: RunState, sent: int
) -> None:
    async def story() -> None:
        world = World()
        await lost(world)
        world.clock.time_ms += 6 * MINUTE_MS
        lease_until_ms = world.clock.time_ms + lease_left_ms
        world.store.runs[ROOM, DEMO.id, 1] = Run(
            RunId("run"), DEMO.id, 1, state, 1, lease_until_ms, through_seq=1
        )

        assert await world.sweeping.sweep() == swept(sent_again=sent)

    run(story())


def test_nothing_is_sent_for_what_is_deleted_or_long_idle() -> None:
    async def story() -> None:
        deleted = World()
        await lost(deleted)
        deleted.clock.time_ms += 6 * MINUTE_MS
        await deleted.app.deletion.by_owner(by(), ROOM)
        idle = World()
        await lost(idle)
        idle.clock.time_ms += 16 * MINUTE_MS

        assert (await deleted.sweeping.sweep(), await idle.sweeping.sweep()) == (
            swept(purged=0),
        ) * 2

    run(story())


@fault(22)
def test_what_fails_costs_the_others_nothing_and_is_noted_without_a_name() -> None:
    async def story() -> None:
        world = World()
        rooms = [await made(world) for _ in range(3)]
        world.clock.time_ms += 91 * DAY_MS

        class Refusing(MemoryHousekeeping):
            async def mark_deleted(
                self, conversation_id: ConversationId, *args: Any, **more: Any
            ) -> bool:
                if conversation_id == rooms[0]:
                    message = "The store refused."
                    raise Unavailable(message)
                return await MemoryHousekeeping.mark_deleted(self, conversation_id, *args, **more)

            async def marked(self, **_: Any) -> tuple[ConversationId, ...]:
                message = "The store refused."
                raise Unavailable(message)

        housekeeping = Refusing(world.store)
        deletion = replace(world.app.deletion, housekeeping=housekeeping)
        sweeping = replace(world.sweeping, housekeeping=housekeeping, deletion=deletion)

        assert await sweeping.sweep() == swept(expired=2)
        assert world.journal.notes == [
            {"what": "not swept", "error": "Unavailable", "step": step}
            for step in ("deletion", "retention")
        ]

    run(story())


def test_a_sweep_ends_in_time_and_the_next_goes_on() -> None:
    async def story() -> None:
        world = World()
        for _ in range(3):
            await made(world)
        world.clock.time_ms += 91 * DAY_MS

        class Slow(MemoryHousekeeping):
            async def mark_deleted(self, *args: Any, **more: Any) -> bool:
                await world.clock.sleep(SWEEP_SECONDS / 2)
                return await MemoryHousekeeping.mark_deleted(self, *args, **more)

        deletion = replace(world.app.deletion, housekeeping=Slow(world.store))
        sweeping = replace(world.sweeping, deletion=deletion)

        assert [(await sweeping.sweep()).expired for _ in range(2)] == [2, 1]

    run(story())


def test_a_large_conversation_goes_over_several_minutes() -> None:
    async def story() -> None:
        world = World().room().wrote(2_600)
        await world.app.deletion.by_owner(by(), ROOM)
        world.store.members[ROOM, user("eve").id] = member("eve")
        world.clock.time_ms += 2 * MINUTE_MS

        counts = [(await world.sweeping.sweep()).purged for _ in range(3)]

        assert counts == [0, 1, 0]
        assert world.log == []

    run(story())


async def minutes(world: World, count: int, *lively: str) -> list[int]:
    """Let minutes pass, with a sweep after each, and a ping of these lines every half of one."""
    counts = []
    for _ in range(count):
        for _ in range(2):
            world.clock.time_ms += MINUTE_MS // 2
            for line in lively:
                await world.say(line, {"action": "ping"})
        counts.append((await world.sweeping.sweep()).hung_up)
    return counts


@fault(15)
def test_who_is_silent_for_90_seconds_is_gone_and_the_others_are_told_once() -> None:
    async def story() -> None:
        world = World().room("ana", "ben")
        await world.enter("ana")
        await world.enter("ben")

        counts = await minutes(world, 4, "ana")

        told = [each for each in world.heard("ana") if each["type"] == "presence"]
        assert counts == [0, 1, 0, 0]
        assert [(each["user_id"], each["on"]) for each in told] == [("ben", False)]
        assert set(world.store.connections) == {"ana"}
        assert {each.user_id for each in world.store.subscriptions.values()} == {"ana"}
        assert world.lines.gone == {"ben"}

    run(story())


@fault(49)
def test_who_never_says_hello_is_closed_and_forgotten_within_a_minute() -> None:
    async def story() -> None:
        world = World()
        await world.connect("ben")
        await world.app.sessions.connect(ConnectionId("dumb"), user())

        counts = await minutes(world, 2, "ben", "dumb")

        assert counts == [1, 0]
        assert world.lines.gone == {"dumb"}
        assert set(world.store.connections) == {"ben"}

    run(story())


@fault(15)
def test_no_connection_is_kept_for_more_than_two_hours_and_five_minutes() -> None:
    async def story() -> None:
        world = World()
        await world.connect("ana")

        counts = await minutes(world, 126, "ana")

        assert counts == [0] * 124 + [1, 0]
        assert world.store.connections == {}

    run(story())
