"""What every run took is kept: as the provider says, else estimated, else said to be unknown."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World
from tests.faults import fault
from tests.unit.scenes import Interrupted, job, says, scene, settle
from wireside.adapters.memory.wire import START_MS, ScriptedProvider
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import RunId
from wireside.domain.runs import Run, RunState
from wireside.domain.usage import MILLION, NOTHING, Known, Prices, Spent, Used
from wireside.ports import Finished, InputTokens, Piece, Question, TextPiece, Usage

HALF = TextPiece("half ")
REPORTED = Finished("stop", Usage(1_000, 200, estimated=False))
CUT_OFF = ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "No.")
REFUSED = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "No.", is_refusal=True)
PRICED = replace(DEMO, prices=Prices(150_000_000, 600_000_000))
"""15 cents and 60 cents for a million tokens."""
ASKED = 3 + 2
"""The prompt "Be brief." and the message "hello", estimated."""


def spent(world: World, seq: int = 1) -> Spent:
    """Return what the run that begins there took."""
    found = world.store.runs[ROOM, DEMO.id, seq].spent
    assert found is not None
    return found


def after(*scripts: Sequence[Piece | Exception], **fields: Any) -> World:
    """Return a room whose one message was answered by a provider that plays these scripts."""
    world = scene(0, provider=ScriptedProvider(scripts[0], later=scripts[1:]), **fields)
    settle(world, job(1))
    return world


def test_a_run_keeps_who_answered_what_it_took_and_what_it_cost() -> None:
    world = after([TextPiece("yes"), REPORTED], assistants=(PRICED, SECOND))

    assert spent(world) == Spent(
        provider="demo",
        model="demo-1",
        outcome="stop",
        used=Used(1_000, 200, Known.REPORTED),
        tries=1,
        first_text_ms=0,
        total_ms=10_000,
        cost_nano_dollars=1_000 * 150 + 200 * 600,
    )
    assert world.store.runs[ROOM, DEMO.id, 1].state is RunState.ENDED
    assert world.meter.runs == [spent(world)]


def test_nobody_knows_a_cost_without_prices() -> None:
    assert spent(after([TextPiece("yes"), REPORTED])).cost_nano_dollars is None


@pytest.mark.parametrize("usage", [None, Usage(10**30, 1, estimated=False)])
def test_what_is_not_told_or_makes_no_sense_is_estimated(usage: Usage | None) -> None:
    world = after([TextPiece("yes"), Finished("stop", usage)])

    assert spent(world).used == Used(ASKED, 1, Known.ESTIMATED)
    body = world.log[1].body
    assert body["usage"] == {"input_tokens": ASKED, "output_tokens": 1, "estimated": True}


def test_tries_that_said_something_count_too() -> None:
    world = after([HALF, CUT_OFF], [TextPiece("whole"), REPORTED])

    assert spent(world).used == Used(ASKED + 1_000, 2 + 200, Known.ESTIMATED)
    assert spent(world).tries == 2
    assert world.log[1].body["usage"] == {
        "input_tokens": 1_000,
        "output_tokens": 200,
        "estimated": False,
    }


def test_a_try_that_was_refused_used_nothing() -> None:
    world = after([REFUSED], [TextPiece("whole"), REPORTED])

    assert spent(world).used == Used(1_000, 200, Known.REPORTED)
    assert spent(world).tries == 2


def test_of_a_try_that_broke_off_without_a_word_nothing_is_known() -> None:
    world = after([CUT_OFF], [TextPiece("whole"), REPORTED])

    assert spent(world).used == Used(1_000, 200, Known.UNKNOWN)


def test_tokens_that_went_into_no_text_are_counted() -> None:
    world = after([Finished("length", Usage(1_000, 4_096, estimated=False))])

    assert spent(world).used == Used(1_000, 4_096, Known.REPORTED)
    assert spent(world).outcome == "model_rejected"
    assert world.log[1].kind.value == "run_failed"


def test_a_failed_run_keeps_the_code_of_its_failure() -> None:
    world = after([REFUSED])

    assert (spent(world).outcome, spent(world).used) == ("model_rate_limited", NOTHING)
    assert spent(world).tries == DEMO.patience.tries
    assert spent(world).first_text_ms is None


@fault(31)
def test_what_was_read_until_a_stop_is_the_providers_word() -> None:
    world = scene(0)

    def stop() -> None:
        conversation = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(conversation, stopped_through=1)
        world.clock.time_ms += 500

    class Telling:
        async def answer(self, _question: Question) -> AsyncIterator[Piece]:
            yield InputTokens(77)
            yield HALF
            for _ in range(20):
                await asyncio.sleep(0)  # the worker takes what is there
            stop()
            yield TextPiece("whole")

    world.runs.answering.providers.provider = Telling()  # type: ignore[attr-defined]

    settle(world, job(1))

    assert world.log[1].body["finish_reason"] == "stopped"
    assert world.log[1].text == "half whole"
    assert spent(world).used == Used(77, 4, Known.ESTIMATED)
    assert world.log[1].body["usage"] == {
        "input_tokens": 77,
        "output_tokens": 4,
        "estimated": True,
    }


@fault(31)
def test_what_was_stopped_before_anybody_was_asked_used_nothing() -> None:
    world = scene(0)
    asyncio.run(world.app.conversations.conversations.stop_through(ROOM, 1))

    settle(world, job(1))

    assert (spent(world).outcome, spent(world).used) == ("stopped", NOTHING)


def dead(world: World, **fields: Any) -> World:
    """Let a worker have died at the run."""
    known: dict[str, Any] = {"through_seq": 1} | fields
    now_ms = world.clock.time_ms
    world.store.runs[ROOM, DEMO.id, 1] = Run(
        RunId("r1"), DEMO.id, 1, RunState.STREAMING, 1, now_ms, **known
    )
    return world


@fault(24)
def test_what_a_dead_worker_used_is_not_known() -> None:
    world = dead(scene(0, provider=ScriptedProvider([TextPiece("whole"), REPORTED])))

    settle(world, job(1))

    assert spent(world).used == Used(1_000, 200, Known.UNKNOWN)
    assert spent(world).tries == 2


@fault(24)
def test_a_worker_that_died_before_the_turn_was_frozen_had_asked_nobody() -> None:
    world = dead(scene(0, provider=ScriptedProvider([TextPiece("whole"), REPORTED])))
    pending = replace(world.store.runs[ROOM, DEMO.id, 1], state=RunState.PENDING, through_seq=None)
    world.store.runs[ROOM, DEMO.id, 1] = pending

    settle(world, job(1))

    assert spent(world).used == Used(1_000, 200, Known.REPORTED)


@fault(25)
def test_of_what_is_given_up_nothing_is_known() -> None:
    world = dead(scene(0))

    asyncio.run(world.dead_letters.settle(job(1), "receipt"))

    assert spent(world).used == Used(0, 0, Known.UNKNOWN)
    assert spent(world).outcome == "internal"
    assert world.meter.runs == [spent(world)]


@fault(31)
def test_who_stops_a_dead_workers_run_does_not_know_what_it_used() -> None:
    world = dead(scene(0))
    run = world.store.runs[ROOM, DEMO.id, 1]

    async def story() -> None:
        await world.enter("ana")
        await world.say("ana", {"action": "stop", "conversation_id": ROOM, "run_id": run.id})

    asyncio.run(story())

    assert (spent(world).outcome, spent(world).used.known) == ("stopped", Known.UNKNOWN)


@fault(42)
@pytest.mark.parametrize("how", ["taken over", "deleted"])
def test_a_run_that_may_not_speak_any_more_keeps_what_it_took(how: str) -> None:
    world = scene(0)

    def silence() -> None:
        conversation = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = (
            replace(conversation, operator_epoch=1)
            if how == "taken over"
            else replace(conversation, deleted=True)
        )
        world.clock.time_ms += 500

    world.runs.answering.providers.provider = Interrupted(silence)  # type: ignore[attr-defined]

    settle(world, job(1))

    assert len(world.log) == 1
    assert (spent(world).outcome, spent(world).used) == (
        "silenced",
        Used(ASKED, 2, Known.ESTIMATED),
    )
    assert world.meter.runs == [spent(world)]


def test_the_first_text_is_timed_from_when_the_provider_was_asked() -> None:
    world = scene(0, 50)

    class Thinking(ScriptedProvider):
        async def answer(self, question: Question) -> AsyncIterator[Piece]:
            world.clock.time_ms += 700
            async for piece in ScriptedProvider.answer(self, question):
                yield piece

    provider = Thinking([InputTokens(1), TextPiece("yes"), REPORTED])
    world.runs.answering.providers.provider = provider  # type: ignore[attr-defined]

    settle(world, job(2))

    assert spent(world).first_text_ms == 700
    assert spent(world).total_ms == world.clock.time_ms - START_MS


def test_costs_are_exact_and_rounded_up() -> None:
    prices = Prices(37_500_000, 0)

    assert prices.cost(1, 0) == 38
    assert prices.cost(2, 0) == 75
    assert prices.cost(MILLION, 5) == 37_500_000
    assert prices.cost(0, 0) == 0


def test_the_sum_is_known_as_well_as_its_least_known_part() -> None:
    told, guessed = Used(1, 2), Used(3, 4, Known.ESTIMATED)

    assert told + guessed == Used(4, 6, Known.ESTIMATED)
    assert (guessed + Used(known=Known.UNKNOWN)).known is Known.UNKNOWN
    assert told + told == Used(2, 4, Known.REPORTED)


def test_a_run_is_counted_once_however_often_its_job_comes() -> None:
    world = scene(0, provider=says("answer"))

    settle(world, job(1), job(1))

    assert len(world.meter.runs) == 1
