"""Tries (faults 26 and 27): what is asked again, when, under which fence, and what is left."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, World
from tests.faults import fault
from tests.unit.scenes import STOP, job, outcomes, scene
from wireside.adapters.memory.wire import ManualClock, ScriptedProvider
from wireside.domain.conversation import Patience
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import Event, Kind, RunId
from wireside.domain.runs import LEASE_SECONDS, Run, RunState, backoff_seconds
from wireside.ports import Finished, Piece, Question, TextPiece
from wireside.services.runs import TURN_SECONDS, Settled

BUSY = ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, "Not reached.", detail="HTTP 503")
STALLED = ModelFailed(RunErrorCode.MODEL_TIMEOUT, "Too slow.")
FILTERED = ModelFailed(RunErrorCode.CONTENT_FILTERED, "Filtered.")

type Script = Sequence[Piece | Exception]


def tells(text: str) -> TextPiece:
    return TextPiece(text)


def plays(*scripts: Script) -> ScriptedProvider:
    """Return a provider that plays one script after the other."""
    first, *later = scripts
    return ScriptedProvider(first, later=later)


def settled(provider: Any, **patience: Any) -> World:
    """Settle the one message of a room in which Ben listens."""
    assistant = replace(DEMO, patience=Patience(**patience))
    world = World(provider=provider, assistants=[assistant]).room()
    world.log.extend(scene(0).log)

    async def story() -> Settled:
        await world.enter("ben")
        return await world.runs.settle(job(1), "receipt")

    assert asyncio.run(story()) is Settled.DELETE
    return world


def runs_and_deltas(world: World) -> list[tuple[Any, ...]]:
    """Return what Ben heard of the run: states and texts, each with its fence."""
    return [
        (each["fence"], each.get("state") or each["text"])
        for each in world.heard("ben")
        if each["type"] in {"run", "delta"}
    ]


def last(world: World) -> Event:
    return world.log[-1]


@fault(26)
def test_a_failure_that_may_pass_is_tried_again_under_a_higher_fence() -> None:
    world = settled(plays([BUSY], [tells("answer"), STOP]))

    assert outcomes(world) == [("message", 1)]
    assert runs_and_deltas(world) == [
        (1, "started"),
        (2, "retrying"),
        (2, "answer"),
        (2, "ended"),
    ]
    retrying = world.heard("ben")[1]
    assert retrying["error"] == {"code": "model_unavailable", "message": "Not reached."}
    assert world.store.runs[ROOM, DEMO.id, 1].state is RunState.ENDED


@fault(27)
def test_a_stall_after_text_starts_the_text_again_visibly() -> None:
    world = settled(plays([tells("half an "), STALLED], [tells("whole answer"), STOP]))

    assert runs_and_deltas(world) == [
        (1, "started"),
        (1, "half an "),
        (2, "retrying"),
        (2, "whole answer"),
        (2, "ended"),
    ]
    assert (last(world).text, last(world).body["finish_reason"]) == ("whole answer", "stop")


@fault(27)
def test_after_the_last_try_the_text_is_kept_with_an_error() -> None:
    provider = plays([tells("half "), STALLED])

    world = settled(provider)

    assert len(provider.asked) == 3
    assert outcomes(world) == [("message", 1)]
    assert (last(world).text, last(world).body["finish_reason"]) == ("half ", "error")


@fault(27)
def test_text_that_was_visible_once_makes_no_run_failed() -> None:
    world = settled(plays([tells("seen "), STALLED], [BUSY], [BUSY]))

    assert [each.kind for each in world.log[1:]] == [Kind.MESSAGE]
    assert (last(world).text, last(world).body["finish_reason"]) == ("seen ", "error")


@fault(26)
def test_without_any_text_the_last_failure_is_the_outcome() -> None:
    world = settled(plays([BUSY], [BUSY], [STALLED]))

    assert outcomes(world) == [("run_failed", 1)]
    assert last(world).body["code"] == "model_timeout"


@pytest.mark.parametrize("script", [[FILTERED], [tells("a"), FILTERED]])
def test_a_failure_that_stays_is_not_tried_again(script: Script) -> None:
    provider = plays(script)

    settled(provider)

    assert len(provider.asked) == 1


@pytest.mark.parametrize("tries", [1, 2, 5])
def test_as_many_tries_as_configured(tries: int) -> None:
    provider = plays([BUSY])

    settled(provider, tries=tries)

    assert len(provider.asked) == tries


@fault(26)
def test_waits_double_from_a_second_to_thirty() -> None:
    assert [backoff_seconds(tried) for tried in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


def test_a_wait_is_a_backoff_of_which_chance_takes_its_part() -> None:
    world = scene(0, provider=plays([BUSY]))
    began_ms = world.clock.time_ms

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert world.clock.time_ms - began_ms == 1_000 + 2_000


@fault(26)
def test_a_provider_is_left_alone_as_long_as_it_asks_for() -> None:
    busy = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Busy.", retry_after_seconds=70)
    world = scene(0, provider=plays([busy], [tells("answer"), STOP]))
    began_ms = world.clock.time_ms

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert outcomes(world) == [("message", 1)]
    assert world.clock.time_ms - began_ms == 70_000


@dataclass(slots=True)
class Watched(ManualClock):
    """A clock that looks after the lease whenever somebody has waited."""

    world: World | None = None
    leases_ms: list[int] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        """Move on, and look."""
        await ManualClock.sleep(self, seconds)
        if self.world and (run := self.world.store.runs.get((ROOM, DEMO.id, 1))):
            self.leases_ms.append(run.lease_until_ms - self.time_ms)


def test_a_wait_keeps_lease_and_job() -> None:
    busy = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Busy.", retry_after_seconds=70)
    clock = Watched()
    world = World(provider=plays([busy], [tells("answer"), STOP]), clock=clock).room()
    world.log.extend(scene(0).log)
    clock.world = world

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert outcomes(world) == [("message", 1)]
    assert len(clock.leases_ms) >= 70
    assert min(clock.leases_ms) > (LEASE_SECONDS - 3) * 1_000
    assert len(world.jobs.extended) >= 70


@fault(26)
@pytest.mark.parametrize("seconds", [TURN_SECONDS, 10_000, 1e300])
def test_who_asks_to_be_left_alone_beyond_the_deadline_is_given_up_at_once(seconds: float) -> None:
    busy = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Busy.", retry_after_seconds=seconds)
    provider = plays([busy])

    world = settled(provider)

    assert len(provider.asked) == 1
    assert last(world).body["code"] == "model_rate_limited"


def test_an_answer_has_a_time_of_its_own() -> None:
    busy = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Busy.", retry_after_seconds=6)
    provider = plays([busy])

    settled(provider, answer_seconds=10)

    assert len(provider.asked) == 2


class Silent:
    """A provider that never says anything."""

    async def answer(self, _question: Question) -> AsyncIterator[Piece]:
        """Wait for ever."""
        await asyncio.Event().wait()
        yield STOP


@fault(27)
def test_the_whole_answer_has_a_time_out() -> None:
    world = settled(Silent(), answer_seconds=0.05)

    assert outcomes(world) == [("run_failed", 1)]
    assert last(world).body["code"] == "model_timeout"


@fault(29)
def test_who_loses_the_run_while_waiting_stops_in_silence() -> None:
    taken = Run(RunId("run-x"), DEMO.id, 1, RunState.STREAMING, 9, 2**50, through_seq=1)

    class Thief(ScriptedProvider):
        async def answer(self, question: Question) -> AsyncIterator[Piece]:
            self.asked.append(question)
            world.store.runs[ROOM, DEMO.id, 1] = taken
            raise BUSY
            yield STOP

    provider = Thief([])
    world = scene(0, provider=provider)

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert outcomes(world) == []
    assert len(provider.asked) == 1
    assert world.store.runs[ROOM, DEMO.id, 1] == taken


@pytest.mark.parametrize("text", ["", "seen "])
def test_an_error_that_nobody_expected_is_an_outcome(text: str) -> None:
    error = KeyError("planted words")
    script = [tells(text), error] if text else [error]

    world = settled(plays(script))

    kind = "message" if text else "run_failed"
    assert outcomes(world) == [(kind, 1)]
    assert last(world).body.get("code", "internal") == "internal"
    assert "planted" not in str(last(world).body)


@fault(50)
def test_every_failed_try_is_noted_by_its_class_and_never_by_its_words() -> None:
    failure = ModelFailed(RunErrorCode.MODEL_REJECTED, "No.", detail="HTTP 404 model_not_found")

    world = settled(plays([KeyError("planted words")], [failure]))

    assert [(each["code"], each["tried"]) for each in world.journal.notes] == [
        ("internal", 1),
        ("model_rejected", 2),
    ]
    second = world.journal.notes[1]
    assert (second["detail"], second["assistant"]) == ("HTTP 404 model_not_found", "demo")
    assert "planted" not in str(world.journal.notes)


@fault(28)
@pytest.mark.parametrize(
    ("script", "asked", "kind", "reason"),
    [
        ([tells("cut")], 1, "message", "error"),
        ([], 3, "run_failed", None),
        ([STOP], 3, "run_failed", None),
        ([Finished("length", None)], 1, "run_failed", None),
        ([Finished("filtered", None)], 1, "run_failed", None),
        ([tells("a"), Finished("filtered", None)], 1, "message", "filtered"),
        ([tells("a"), Finished("length", None)], 1, "message", "length"),
    ],
)
def test_what_a_provider_may_leave_out(
    script: Script, asked: int, kind: str, reason: str | None
) -> None:
    provider = plays(script)

    world = settled(provider)

    assert len(provider.asked) == asked
    assert outcomes(world) == [(kind, 1)]
    assert last(world).body.get("finish_reason") == reason


@fault(29)
def test_what_a_dead_worker_showed_is_kept_when_its_heir_fails() -> None:
    world = scene(0, provider=plays([FILTERED]))
    dead = Run(RunId("run-x"), DEMO.id, 1, RunState.STREAMING, 1, 0, through_seq=1)
    world.store.runs[ROOM, DEMO.id, 1] = dead
    world.store.chunks[RunId("run-x"), 1] = {0: "shown ", 6: "before"}

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert (last(world).kind, last(world).text) == (Kind.MESSAGE, "shown before")
    assert last(world).body["finish_reason"] == "error"


def test_a_deadline_that_ends_in_mid_answer_keeps_the_text() -> None:
    class Stuck:
        async def answer(self, _question: Question) -> AsyncIterator[Piece]:
            yield tells("so far")
            await asyncio.Event().wait()

    world = settled(Stuck(), answer_seconds=0.2)

    assert (last(world).text, last(world).body["finish_reason"]) == ("so far", "error")


def test_the_provider_is_asked_before_anybody_is_told() -> None:
    told: list[int] = []

    class First(ScriptedProvider):
        async def answer(self, question: Question) -> AsyncIterator[Piece]:
            told.append(len(world.heard("ben")))
            async for each in ScriptedProvider.answer(self, question):
                yield each

    world = scene(0, provider=First([tells("a"), STOP]))

    async def story() -> None:
        await world.enter("ben")
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())

    assert outcomes(world) == [("message", 1)]
    assert told == [0]
