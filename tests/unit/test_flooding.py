"""Connections that flood: closed by whoever sees it, without a call for any other frame."""

import asyncio

from tests.builders import ROOM, World
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.events import ConnectionId
from wireside.services.flooding import MAX_COUNTED, WINDOW_MS, FloodGate, Verdict

PING = {"action": "ping"}
ANA = ConnectionId("ana")


@fault(49)
def test_a_connection_that_floods_is_told_goodbye_and_closed() -> None:
    async def story() -> None:
        world = World(frames_per_ten_seconds=5).room()
        await world.enter("ben")
        await world.enter("ana")  # two frames
        for _ in range(3):
            await world.say("ana", PING)

        (goodbye,) = await world.say("ana", PING)
        behind = await world.say("ana", PING)

        assert goodbye == {"type": "goodbye", "reason": "flooding", "reconnect": True}
        assert world.lines.gone == {"ana"}
        assert behind == []
        assert set(world.store.connections) == {"ben"}
        assert world.heard("ben") == [
            {"type": "presence", "conversation_id": ROOM, "user_id": "ana", "on": False}
        ]

    asyncio.run(story())


def test_what_cannot_be_read_counts_as_well() -> None:
    async def story() -> None:
        world = World(frames_per_ten_seconds=2)
        await world.connect("ana")

        answers = [await world.say("ana", "nonsense") for _ in range(2)]

        assert [each[0]["type"] for each in answers] == ["error", "goodbye"]

    asyncio.run(story())


def test_whoever_takes_their_time_is_answered() -> None:
    gate = FloodGate(2)
    times = (0, 1, WINDOW_MS, WINDOW_MS + 1, 2 * WINDOW_MS)

    verdicts = {gate.judge(ANA, START_MS + each) for each in times}

    assert verdicts == {Verdict.ANSWER}


def test_each_connection_is_counted_by_itself() -> None:
    gate = FloodGate(1)

    first = [gate.judge(ANA, START_MS) for _ in range(3)]
    other = gate.judge(ConnectionId("ben"), START_MS)

    assert first == [Verdict.ANSWER, Verdict.HANG_UP, Verdict.IGNORE]
    assert other is Verdict.ANSWER


def test_0_lets_everything_through() -> None:
    gate = FloodGate(0)

    assert {gate.judge(ANA, START_MS) for _ in range(1_000)} == {Verdict.ANSWER}


def test_connections_that_are_over_are_forgotten() -> None:
    gate = FloodGate(200)
    for index in range(MAX_COUNTED):
        gate.judge(ConnectionId(str(index)), START_MS)

    gate.judge(ANA, START_MS + WINDOW_MS)

    assert len(gate._windows) == 1
