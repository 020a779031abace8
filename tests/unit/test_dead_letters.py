"""A job that no worker could settle ends with one visible failure, and the conversation goes on."""

import asyncio

from tests.builders import DEMO, ROOM, World, send
from tests.faults import fault
from tests.unit.scenes import job, outcomes, says, scene
from wireside.adapters.memory.wire import START_MS
from wireside.domain.events import RunId
from wireside.domain.runs import LEASE_SECONDS, Run, RunState
from wireside.services.runs import Settled


def bury(world: World, seq: int) -> Settled:
    return asyncio.run(world.dead_letters.settle(job(seq), "receipt"))


@fault(25)
def test_a_poison_job_becomes_one_visible_failure() -> None:
    world = scene(0)

    settled = bury(world, 1), bury(world, 1)

    assert settled == (Settled.DELETE, Settled.DELETE)
    assert outcomes(world) == [("run_failed", 1)]
    assert world.log[1].body["code"] == "internal"
    assert world.provider.asked == []  # type: ignore[attr-defined]


@fault(25)
def test_what_was_visible_before_is_kept() -> None:
    world = scene(0)
    dead = Run(RunId("r1"), DEMO.id, 1, RunState.STREAMING, 3, world.clock.time_ms, 1)
    world.store.runs[ROOM, DEMO.id, 1] = dead
    world.store.chunks[RunId("r1"), 3] = {0: "half "}

    bury(world, 1)

    assert outcomes(world) == [("message", 1)]
    assert (world.log[1].text, world.log[1].body["finish_reason"]) == ("half ", "error")
    assert world.store.runs[ROOM, DEMO.id, 1].fence == 4


@fault(25)
def test_a_dead_letter_that_meets_a_living_worker_waits_until_its_lease_ends() -> None:
    world = scene(0)
    until_ms = world.clock.time_ms + LEASE_SECONDS * 1_000
    live = Run(RunId("r1"), DEMO.id, 1, RunState.STREAMING, 1, until_ms, 1)
    world.store.runs[ROOM, DEMO.id, 1] = live

    settled = bury(world, 1)

    assert settled is Settled.KEEP
    assert outcomes(world) == []
    assert world.jobs.extended[-1] == ("receipt", LEASE_SECONDS + 1)


@fault(25)
def test_every_turn_up_to_the_dead_job_gets_its_failure() -> None:
    world = scene(0, 60_000)

    bury(world, 2)

    assert outcomes(world) == [("run_failed", 1), ("run_failed", 2)]


@fault(25)
def test_the_conversation_goes_on_after_a_poison_job() -> None:
    async def story() -> None:
        world = World(provider=says("answer")).room("ana")
        await world.enter("ana")
        await world.say("ana", send("poison"))
        world.clock.time_ms += 10_000
        await world.dead_letters.settle(job(1), "receipt")
        await world.say("ana", send("again", client_id="c2", after_seq=2))
        world.clock.time_ms = START_MS + 60_000

        await world.runs.settle(job(3), "receipt")

        assert outcomes(world) == [("run_failed", 1), ("message", 3)]

    asyncio.run(story())


@fault(25, 31)
def test_a_dead_job_whose_turn_was_stopped_is_stopped_and_not_failed() -> None:
    world = scene(0)
    asyncio.run(world.app.conversations.conversations.stop_through(ROOM, 1))

    bury(world, 1)

    assert world.log[1].body["finish_reason"] == "stopped"
