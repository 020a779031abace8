"""Jobs and workers: in any order, any number, dead, succeeded or silenced."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, World, message
from tests.faults import fault
from tests.unit.scenes import Interrupted, job, outcomes, scene, settle
from wireside.domain.errors import Unavailable
from wireside.domain.events import RunId
from wireside.domain.runs import (
    LEASE_SECONDS,
    Run,
    RunState,
    is_settled,
)
from wireside.services.runs import TURN_SECONDS, Settled
from wireside.services.streams import VISIBILITY_SECONDS


@fault(24, 30)
def test_duplicate_jobs_are_one_answer() -> None:
    world = scene(0)

    settled = settle(world, job(1), job(1), job(1, attempt=1))

    assert settled == [Settled.DELETE] * 3
    assert outcomes(world) == [("message", 1)]


@fault(24)
def test_jobs_at_the_same_time_are_one_answer() -> None:
    world = scene(0, 700)

    async def story() -> list[Settled]:
        return await asyncio.gather(*(world.runs.settle(job(seq), f"r{seq}") for seq in (1, 2, 1)))

    settled = asyncio.run(story())

    assert Settled.DELETE in settled
    assert outcomes(world) == [("message", 2)]


@fault(24)
def test_jobs_in_reverse_order_are_each_answered_once() -> None:
    world = scene(0, 5_000, 10_000)

    settled = settle(world, job(3), job(2), job(1))

    assert settled == [Settled.DELETE] * 3
    assert outcomes(world) == [("message", 1), ("message", 2), ("message", 3)]


@fault(24)
def test_a_lost_first_job_is_made_good_by_the_second() -> None:
    world = scene(0, 5_000)

    settle(world, job(2))

    assert outcomes(world) == [("message", 1), ("message", 2)]


@fault(24)
def test_a_job_that_comes_before_its_event_is_kept() -> None:
    world = scene()

    with pytest.raises(Unavailable):
        settle(world, job(1))

    assert outcomes(world) == []


@pytest.mark.parametrize("world", [World(), World().room(deleted=True)], ids=["absent", "deleted"])
def test_a_job_of_a_conversation_that_is_gone_is_deleted(world: World) -> None:
    assert settle(world, job(1)) == [Settled.DELETE]


def test_an_assistant_that_is_not_configured_any_more_owes_its_outcomes_still() -> None:
    world = scene()
    world.log.append(message(addressed=["assistant:old"]))

    settled = settle(world, job(1, assistant_id="assistant:old"))

    assert settled == [Settled.DELETE]
    assert world.log[-1].sender.id == "assistant:old"
    assert world.log[-1].body["code"] == "model_unavailable"
    assert world.log[-1].body["participant"] == "assistant:old"


def taken_run(fence: int = 1, **fields: Any) -> Run:
    """Return the run of another worker."""
    run = Run(RunId("run-x"), DEMO.id, 1, RunState.STREAMING, fence, 0, through_seq=1)
    return replace(run, **fields)


@fault(29)
def test_a_live_lease_sends_the_job_back_until_it_ends() -> None:
    world = scene(0)
    lease_until_ms = world.clock.time_ms + 7_300
    world.store.runs[ROOM, DEMO.id, 1] = taken_run(lease_until_ms=lease_until_ms)

    settled = settle(world, job(1))

    assert settled == [Settled.KEEP]
    assert world.jobs.extended == [("receipt", VISIBILITY_SECONDS), ("receipt", 8)]
    assert outcomes(world) == []


@fault(29)
@pytest.mark.parametrize("state", [RunState.PENDING, RunState.STREAMING])
def test_an_expired_lease_is_succeeded_under_a_higher_fence(state: RunState) -> None:
    world = scene(0)
    through_seq = 1 if state is RunState.STREAMING else None
    world.store.runs[ROOM, DEMO.id, 1] = taken_run(
        fence=3, state=state, through_seq=through_seq, lease_until_ms=world.clock.time_ms
    )

    async def story() -> None:
        await world.enter("ben")
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())

    started, delta, event, ended = world.heard("ben")
    assert (started["state"], started["fence"], delta["fence"]) == ("retrying", 4, 4)
    assert delta["offset"] == 0
    assert event["event"]["body"]["run_id"] == started["run_id"] == "run-x"
    assert ended["state"] == "ended"


@fault(29)
def test_a_later_attempt_answers_what_the_first_one_froze() -> None:
    world = scene(0, 500, 900)
    world.store.runs[ROOM, DEMO.id, 1] = taken_run(through_seq=2)

    settle(world, job(1), job(2), job(3))

    assert outcomes(world) == [("message", 2), ("message", 3)]


@fault(29)
def test_a_worker_that_lost_its_fence_writes_nothing() -> None:
    world = scene(0)

    def succeed() -> None:
        run = world.store.runs[ROOM, DEMO.id, 1]
        until_ms = world.clock.time_ms + LEASE_SECONDS * 1_000
        world.store.runs[ROOM, DEMO.id, 1] = replace(run, fence=9, lease_until_ms=until_ms)

    world = scene(0, provider=Interrupted(succeed))

    async def story() -> Settled:
        await world.enter("ben")
        return await world.runs.settle(job(1), "receipt")

    settled = asyncio.run(story())

    assert settled is Settled.KEEP
    assert outcomes(world) == []
    assert "event" not in world.kinds("ben")
    assert "ended" not in {each.get("state") for each in world.heard("ben")}


@fault(34)
def test_a_takeover_in_mid_answer_silences_the_assistant() -> None:
    def take_over() -> None:
        known = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(
            known, operator_epoch=1, answered_through={DEMO.id: 2}
        )

    world = scene(0, provider=Interrupted(take_over))

    settled = settle(world, job(1))

    assert settled == [Settled.DELETE]
    assert outcomes(world) == []


def test_a_worker_near_its_deadline_hands_the_job_on() -> None:
    def take_long() -> None:
        world.clock.time_ms += (TURN_SECONDS - 30) * 1_000

    world = scene(0, 5_000, provider=Interrupted(take_long))

    settled = settle(world, job(2))

    assert settled == [Settled.DELETE]
    assert outcomes(world) == [("message", 1)]
    assert world.jobs.jobs == [job(2, attempt=1)]


@fault(30)
def test_a_job_is_settled_when_its_seq_is_answered_through() -> None:
    conversation = World().room(answered_through={DEMO.id: 4}).store.conversations[ROOM]

    assert [is_settled(conversation, job(seq)) for seq in (3, 4, 5)] == [True, True, False]
