"""stop: from any device, what was visible is kept, and nothing newer is stopped."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, addressed_message, error_of, message, send
from tests.faults import fault
from tests.unit.scenes import STOP, job, outcomes, says
from wireside import wire
from wireside.adapters.memory.wire import START_MS, ManualClock
from wireside.domain.events import RunId
from wireside.domain.runs import LEASE_SECONDS, Run, RunState, last_addressed
from wireside.ports import Piece, Question, TextPiece

WHOLE = tuple(f"{number} " for number in range(20))


@dataclass(slots=True)
class Ticking:
    """A provider that takes 100 ms for each word, and lets something happen after the third."""

    clock: ManualClock
    deed: Callable[[], Awaitable[object]]
    asked: list[Question] = field(default_factory=list)
    said: int = 0

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Say numbers until somebody does not want to hear more."""
        self.asked.append(question)
        for number, word in enumerate(WHOLE):
            yield TextPiece(word)
            self.said += 1
            # The reader runs ahead of the stream: give it its turn, as a network would.
            for _ in range(20):
                await asyncio.sleep(0)
            self.clock.time_ms += 100
            if number == 2:
                await self.deed()
        yield STOP


def stop(**what: Any) -> wire.Json:
    """Return a ``stop`` frame."""
    return {"action": "stop", "conversation_id": ROOM, "ref": "s", **what}


async def asked(world: World, *, count: int = 1) -> World:
    """Let Ana and Ben listen, and Ana ask; an hour passes."""
    world.room("ana", "ben")
    for name in ("ana", "ben"):
        await world.enter(name)
    for number in range(count):
        await world.say("ana", send(f"q{number}", client_id=f"c{number}", after_seq=number))
    world.clock.time_ms += 10_000
    return world


def in_mid_answer(deed: Callable[[World], Awaitable[object]]) -> World:
    """Return a world in which something happens in the middle of the answer to Ana's question."""
    clock = ManualClock()
    world = World(clock=clock)

    async def act() -> None:
        await deed(world)

    provider = Ticking(clock, act)
    world = replace(world, provider=provider)

    async def story() -> None:
        await asked(world)
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())
    return world


@fault(31)
@pytest.mark.parametrize("by", ["ana", "ben"])
@pytest.mark.parametrize("what", [{"after_seq": 1}, {"run_id": "id-0001"}])
def test_an_answer_stops_within_a_second_and_keeps_what_was_said(
    by: str, what: dict[str, Any]
) -> None:
    heard: list[Any] = []

    async def deed(world: World) -> None:
        heard.extend(await world.say(by, stop(**what)))

    world = in_mid_answer(deed)

    (told,) = [each for each in heard if each.get("ref") == "s"]
    assert told == {
        "type": "stopped",
        "conversation_id": ROOM,
        "runs": ["id-0001"],
        "ref": "s",
    }
    assert outcomes(world) == [("message", 1)]
    body = world.log[1].body
    assert body["finish_reason"] == "stopped"
    said = str(body["text"])
    assert "".join(WHOLE).startswith(said)
    # 400 ms until the worker looks, at one word in 100 ms, after the third.
    assert 2 <= len(said.split()) <= 3 + 5
    assert world.kinds("ben")[-1] == "run"


@fault(31)
def test_a_stop_before_the_answer_has_begun_asks_no_model() -> None:
    async def story() -> None:
        world = await asked(World(provider=says("answer")))
        (told,) = await world.say("ben", stop(after_seq=1))

        await world.runs.settle(job(1), "receipt")

        assert told["runs"] == []
        assert outcomes(world) == [("message", 1)]
        assert (world.log[1].text, world.log[1].body["finish_reason"]) == ("", "stopped")
        assert world.provider.asked == []  # type: ignore[attr-defined]

    asyncio.run(story())


@fault(31)
def test_of_an_answer_that_was_stopped_while_it_began_nothing_is_shown() -> None:
    world = World()

    async def deed() -> None:
        (told,) = await world.say("ben", stop(after_seq=1))
        assert told["type"] == "stopped"

    @dataclass(frozen=True, slots=True)
    class Quick:
        """A provider that has said all before a worker would look for the second time."""

        async def answer(self, question: Question) -> AsyncIterator[Piece]:
            assert question.messages
            await deed()
            yield TextPiece("too late")
            yield STOP

    world = replace(world, provider=Quick())

    async def story() -> None:
        await asked(world)
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())
    assert (world.log[1].text, world.log[1].body["finish_reason"]) == ("", "stopped")
    assert "delta" not in world.kinds("ben")


@fault(31)
def test_what_is_asked_after_the_stop_is_answered() -> None:
    async def story() -> None:
        world = await asked(World(provider=says("answer")))
        await world.say("ben", stop(after_seq=1))
        await world.say("ana", send("next", client_id="next", after_seq=1))
        world.clock.time_ms += 10_000

        await world.runs.settle(job(2), "receipt")

        told = [(e.body["trigger_seq"], e.body["finish_reason"]) for e in world.log[2:]]
        assert told == [(1, "stopped"), (2, "stop")]

    asyncio.run(story())


@fault(31)
def test_a_turn_is_stopped_as_far_as_was_said_and_the_rest_is_answered() -> None:
    async def story() -> None:
        world = await asked(World(provider=says("answer")), count=3)
        await world.say("ben", stop(after_seq=2))

        await world.runs.settle(job(3), "receipt")

        told = [(e.body["trigger_seq"], e.body["finish_reason"]) for e in world.log[3:]]
        assert told == [(2, "stopped"), (3, "stop")]

    asyncio.run(story())


@fault(31)
def test_a_stop_beyond_the_head_stops_nothing_that_comes_later() -> None:
    async def story() -> None:
        world = await asked(World(provider=says("answer")))
        await world.say("ben", stop(after_seq=999_999_999_999))
        await world.say("ana", send("next", client_id="next", after_seq=1))

        assert world.store.conversations[ROOM].stopped_through == 1

    asyncio.run(story())


@fault(31)
def test_a_stop_sent_again_stops_nothing_newer() -> None:
    async def story() -> None:
        world = await asked(World(provider=says("answer")))
        await world.say("ben", stop(after_seq=1))
        await world.runs.settle(job(1), "receipt")
        await world.say("ana", send("next", client_id="next", after_seq=2))
        world.clock.time_ms += 10_000

        (again,) = await world.say("ben", stop(after_seq=1))
        await world.runs.settle(job(3), "receipt")

        assert again["runs"] == []
        assert world.log[3].body["finish_reason"] == "stop"

    asyncio.run(story())


@fault(31)
def test_a_run_whose_worker_is_dead_is_settled_by_the_stop_itself() -> None:
    async def story() -> None:
        world = await asked(World())
        dead = Run(RunId("r1"), DEMO.id, 1, RunState.STREAMING, 1, world.clock.time_ms, 1)
        world.store.runs[ROOM, DEMO.id, 1] = dead
        world.store.chunks[RunId("r1"), 1] = {0: "so far"}

        heard = await world.say("ben", stop(run_id="r1"))

        kinds = [each["type"] for each in heard]
        assert kinds == ["event", "run", "stopped"]
        assert heard[-1]["runs"] == ["r1"]
        assert (world.log[1].text, world.log[1].body["finish_reason"]) == ("so far", "stopped")
        assert world.store.conversations[ROOM].answered(DEMO.id) == 1

    asyncio.run(story())


def test_a_run_that_a_living_worker_holds_is_left_to_it() -> None:
    async def story() -> None:
        world = await asked(World())
        until_ms = world.clock.time_ms + LEASE_SECONDS * 1_000
        live = Run(RunId("r1"), DEMO.id, 1, RunState.STREAMING, 1, until_ms, 1)
        world.store.runs[ROOM, DEMO.id, 1] = live

        (told,) = await world.say("ben", stop(run_id="r1"))

        assert told["runs"] == ["r1"]
        assert len(world.log) == 1
        assert world.store.runs[ROOM, DEMO.id, 1].stop_requested

    asyncio.run(story())


def test_only_the_run_that_is_named_is_stopped() -> None:
    async def story() -> None:
        world = World().room("ana")
        await world.enter("ana")
        world.log.append(message(addressed=[DEMO.id, SECOND.id]))
        for name, each in (("r1", DEMO.id), ("r2", SECOND.id)):
            run = Run(RunId(name), each, 1, RunState.STREAMING, 1, 2 * START_MS, 1)
            world.store.runs[ROOM, each, 1] = run

        (told,) = await world.say("ana", stop(run_id="r2"))

        assert told["runs"] == ["r2"]
        assert not world.store.runs[ROOM, DEMO.id, 1].stop_requested

    asyncio.run(story())


@pytest.mark.parametrize("what", [{}, {"run_id": "r", "after_seq": 1}, {"after_seq": -1}])
def test_a_stop_says_what_in_one_way(what: dict[str, Any]) -> None:
    async def story() -> None:
        world = await asked(World())

        assert error_of(await world.say("ana", stop(**what))) == "invalid_field"

    asyncio.run(story())


@fault(31)
def test_a_stop_while_a_provider_is_left_alone_ends_the_wait() -> None:
    from wireside.adapters.memory.wire import ScriptedProvider
    from wireside.domain.errors import ModelFailed, RunErrorCode

    busy = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Busy.", retry_after_seconds=60)

    class StoppingClock(ManualClock):
        """Somebody stops everything 5 s into the wait."""

        world: World

        async def sleep(self, seconds: float) -> None:
            await ManualClock.sleep(self, seconds)
            if self.time_ms > START_MS + 15_000:
                await self.world.app.conversations.conversations.stop_through(ROOM, 1)

    clock = StoppingClock()
    world = World(provider=ScriptedProvider([busy]), clock=clock)
    clock.world = world

    async def story() -> None:
        await asked(world)
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())

    assert world.log[1].body["finish_reason"] == "stopped"
    assert clock.time_ms < START_MS + 17_000


def test_the_last_addressed_event_is_found_up_to_a_seq() -> None:
    log = [addressed_message()]
    for addressed in ([], [DEMO.id], [SECOND.id]):
        log.append(message(log[-1], addressed=addressed))

    found = [last_addressed(log, DEMO.id, through_seq=seq) for seq in range(5)]

    assert found == [None, 1, 1, 3, 3]
