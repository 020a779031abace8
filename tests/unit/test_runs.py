"""Runs: every addressed event gets one outcome, whatever becomes of jobs and workers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, addressed_message, message, send
from wireside.adapters.memory.wire import START_MS, ScriptedProvider
from wireside.domain.errors import ModelFailed, RunErrorCode, Unavailable
from wireside.domain.events import Event, Kind, RunId
from wireside.domain.runs import (
    LEASE_SECONDS,
    Job,
    Run,
    RunState,
    is_settled,
    last_of_turn,
    outcome_of,
)
from wireside.ports import Finished, Piece, Question, TextPiece
from wireside.services.answers import VISIBILITY_SECONDS
from wireside.services.runs import TURN_SECONDS, Settled

STOP = Finished("stop", None)


def job(seq: int, attempt: int = 0, assistant_id: str = DEMO.id) -> Job:
    """Return a job of the demo assistant."""
    return Job(ROOM, type(DEMO.id)(assistant_id), seq, attempt)


def says(*texts: str) -> ScriptedProvider:
    """Return a provider that says this."""
    return ScriptedProvider([*(TextPiece(each) for each in texts), STOP])


@dataclass(slots=True)
class Interrupted:
    """A provider in the middle of whose every answer something else happens."""

    deed: Callable[[], None]
    asked: list[Question] = field(default_factory=list)

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Say half, let it happen, say the rest."""
        self.asked.append(question)
        yield TextPiece("half ")
        self.deed()
        yield TextPiece("whole")
        yield STOP


def scene(*at_ms: int, members: Sequence[str] = ("ana", "ben"), provider: Any = None) -> World:
    """Return a room whose addressed messages came this long after its start; it is over by now."""
    world = World(provider=provider or says("answer")).room(*members)
    for each in at_ms:
        previous = world.log[-1] if world.log else None
        world.log.append(addressed_message(previous, now_ms=START_MS + each))
    world.clock.time_ms += (max(at_ms) if at_ms else 0) + 10_000
    return world


def settle(world: World, *jobs: Job) -> list[Settled]:
    """Settle jobs, one after the other."""

    async def story() -> list[Settled]:
        return [await world.app.runs.settle(each, "receipt") for each in jobs]

    return asyncio.run(story())


def outcomes(world: World) -> list[tuple[str, object]]:
    """Return kind and ``trigger_seq`` of what the assistants wrote."""
    return [
        (each.kind.value, each.body["trigger_seq"])
        for each in world.log
        if "trigger_seq" in each.body
    ]


def test_a_job_is_answered_once_and_told_to_everybody() -> None:
    world = scene(0)

    async def story() -> Settled:
        await world.enter("ben")
        return await world.app.runs.settle(job(1), "receipt")

    settled = asyncio.run(story())

    heard = world.heard("ben")
    assert settled is Settled.DELETE
    assert [(each["type"], each.get("state")) for each in heard] == [
        ("run", "started"),
        ("delta", None),
        ("event", None),
        ("run", "ended"),
    ]
    event = heard[2]["event"]
    assert event["sender"] == {"id": DEMO.id, "name": "Demo", "type": "assistant"}
    assert (event["seq"], event["n"], event["body"]["text"]) == (2, 2, "answer")
    assert "addressed" not in event["body"]
    assert len({heard[0]["run_id"], heard[3]["run_id"], event["body"]["run_id"]}) == 1
    assert world.store.conversations[ROOM].answered_through == {DEMO.id: 1}
    assert world.store.runs[ROOM, DEMO.id, 1].state is RunState.ENDED


def test_messages_within_the_window_are_one_turn() -> None:
    world = scene(0, 700, 2_000)

    settle(world, job(1), job(2), job(3))

    assert outcomes(world) == [("message", 3)]


def test_the_window_is_never_extended() -> None:
    world = scene(0, 1_500, 2_001, 3_500)

    settle(world, job(1), job(2), job(3), job(4))

    assert outcomes(world) == [("message", 2), ("message", 4)]


def test_somebody_alone_waits_a_tenth_of_a_second() -> None:
    world = scene(0, 100, 201, members=["ana"])

    settle(world, job(1), job(2), job(3))

    assert outcomes(world) == [("message", 2), ("message", 3)]


@pytest.mark.parametrize(("members", "wait_ms"), [(["ana"], 100), (["ana", "ben"], 2_000)])
def test_an_answer_waits_for_the_end_of_the_window_from_the_first_message_on(
    members: Sequence[str], wait_ms: int
) -> None:
    world = scene(0, members=members)
    world.clock.time_ms = START_MS + 60

    settle(world, job(1))

    assert world.log[-1].at_ms == START_MS + wait_ms


def test_an_answer_knows_nothing_of_what_came_after_its_turn() -> None:
    provider = says("answer")
    world = scene(0, 5_000, provider=provider)

    settle(world, job(1))

    (question,) = provider.asked
    assert [each.text for each in question.messages] == ["hello"]
    assert (question.conversation_id, question.system_prompt) == (ROOM, "Be brief.")
    assert question.model == "demo-1"


def test_messages_that_address_nobody_are_context_and_not_answered() -> None:
    provider = says("answer")
    world = scene(provider=provider)
    world.log.append(message(text="aside"))
    world.log.append(addressed_message(world.log[-1], text="question"))

    settle(world, job(2))

    assert [each.text for each in provider.asked[0].messages] == ["aside", "question"]
    assert outcomes(world) == [("message", 2)]


def test_duplicate_jobs_are_one_answer() -> None:
    world = scene(0)

    settled = settle(world, job(1), job(1), job(1, attempt=1))

    assert settled == [Settled.DELETE] * 3
    assert outcomes(world) == [("message", 1)]


def test_jobs_at_the_same_time_are_one_answer() -> None:
    world = scene(0, 700)

    async def story() -> list[Settled]:
        return await asyncio.gather(
            *(world.app.runs.settle(job(seq), f"r{seq}") for seq in (1, 2, 1))
        )

    settled = asyncio.run(story())

    assert Settled.DELETE in settled
    assert outcomes(world) == [("message", 2)]


def test_jobs_in_reverse_order_are_each_answered_once() -> None:
    world = scene(0, 5_000, 10_000)

    settled = settle(world, job(3), job(2), job(1))

    assert settled == [Settled.DELETE] * 3
    assert outcomes(world) == [("message", 1), ("message", 2), ("message", 3)]


def test_a_lost_first_job_is_made_good_by_the_second() -> None:
    world = scene(0, 5_000)

    settle(world, job(2))

    assert outcomes(world) == [("message", 1), ("message", 2)]


def test_a_job_that_comes_before_its_event_is_kept() -> None:
    world = scene()

    with pytest.raises(Unavailable):
        settle(world, job(1))

    assert outcomes(world) == []


@pytest.mark.parametrize(
    "world", [World(), World().room(deleted=True)], ids=["absent", "deleted"]
)
def test_a_job_of_a_conversation_that_is_gone_is_deleted(world: World) -> None:
    assert settle(world, job(1)) == [Settled.DELETE]


def test_a_job_of_an_assistant_that_is_not_configured_is_deleted() -> None:
    assert settle(scene(0), job(1, assistant_id="assistant:old")) == [Settled.DELETE]


def taken_run(fence: int = 1, **fields: Any) -> Run:
    """Return the run of another worker."""
    run = Run(RunId("run-x"), DEMO.id, 1, RunState.STREAMING, fence, 0, through_seq=1)
    return replace(run, **fields)


def test_a_live_lease_sends_the_job_back_until_it_ends() -> None:
    world = scene(0)
    lease_until_ms = world.clock.time_ms + 7_300
    world.store.runs[ROOM, DEMO.id, 1] = taken_run(lease_until_ms=lease_until_ms)

    settled = settle(world, job(1))

    assert settled == [Settled.KEEP]
    assert world.jobs.extended == [("receipt", VISIBILITY_SECONDS), ("receipt", 8)]
    assert outcomes(world) == []


@pytest.mark.parametrize("state", [RunState.PENDING, RunState.STREAMING])
def test_an_expired_lease_is_succeeded_under_a_higher_fence(state: RunState) -> None:
    world = scene(0)
    through_seq = 1 if state is RunState.STREAMING else None
    world.store.runs[ROOM, DEMO.id, 1] = taken_run(
        fence=3, state=state, through_seq=through_seq, lease_until_ms=world.clock.time_ms
    )

    async def story() -> None:
        await world.enter("ben")
        await world.app.runs.settle(job(1), "receipt")

    asyncio.run(story())

    started, delta, event, ended = world.heard("ben")
    assert (started["state"], started["fence"], delta["fence"]) == ("retrying", 4, 4)
    assert delta["offset"] == 0
    assert event["event"]["body"]["run_id"] == started["run_id"] == "run-x"
    assert ended["state"] == "ended"


def test_a_later_attempt_answers_what_the_first_one_froze() -> None:
    world = scene(0, 500, 900)
    world.store.runs[ROOM, DEMO.id, 1] = taken_run(through_seq=2)

    settle(world, job(1), job(2), job(3))

    assert outcomes(world) == [("message", 2), ("message", 3)]


def test_a_worker_that_lost_its_fence_writes_nothing() -> None:
    world = scene(0)

    def succeed() -> None:
        run = world.store.runs[ROOM, DEMO.id, 1]
        until_ms = world.clock.time_ms + LEASE_SECONDS * 1_000
        world.store.runs[ROOM, DEMO.id, 1] = replace(run, fence=9, lease_until_ms=until_ms)

    world = scene(0, provider=Interrupted(succeed))

    async def story() -> Settled:
        await world.enter("ben")
        return await world.app.runs.settle(job(1), "receipt")

    settled = asyncio.run(story())

    assert settled is Settled.KEEP
    assert outcomes(world) == []
    assert "event" not in world.kinds("ben")
    assert "ended" not in {each.get("state") for each in world.heard("ben")}


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


def test_messages_sent_in_mid_answer_are_walked_past_and_answered_next() -> None:
    def interrupt() -> None:
        if len(provider.asked) == 1:
            now_ms = world.clock.time_ms
            world.log.append(addressed_message(world.log[-1], by="ben", now_ms=now_ms))

    provider = Interrupted(interrupt)
    world = scene(0, provider=provider)

    settle(world, job(1), job(2))

    assert [(each.seq, each.body.get("trigger_seq")) for each in world.log] == [
        (1, None),
        (2, None),
        (3, 1),
        (4, 2),
    ]


FAILED = ModelFailed(RunErrorCode.MODEL_REJECTED, "Not today.")


def test_a_failure_before_any_text_is_run_failed() -> None:
    world = scene(0, provider=ScriptedProvider([FAILED]))

    settled = settle(world, job(1))

    assert settled == [Settled.DELETE]
    assert world.log[-1].kind is Kind.RUN_FAILED
    assert world.log[-1].n == 1
    assert dict(world.log[-1].body) == {
        "run_id": "id-0001",
        "trigger_seq": 1,
        "participant": DEMO.id,
        "code": "model_rejected",
        "message": "Not today.",
    }


def test_a_failure_after_text_is_a_message_with_error() -> None:
    world = scene(0, provider=ScriptedProvider([TextPiece("so far"), FAILED]))

    settle(world, job(1))

    last = world.log[-1]
    assert (last.kind, last.text, last.body["finish_reason"]) == (
        Kind.MESSAGE,
        "so far",
        "error",
    )
    assert outcomes(world) == [("message", 1)]


@pytest.mark.parametrize(
    ("script", "kind"),
    [([STOP], "run_failed"), ([], "run_failed"), ([TextPiece("cut")], "message")],
)
def test_an_answer_that_is_none_is_an_outcome_all_the_same(
    script: list[Piece | Exception], kind: str
) -> None:
    world = scene(0, provider=ScriptedProvider(script))

    settled = settle(world, job(1))

    assert settled == [Settled.DELETE]
    assert outcomes(world) == [(kind, 1)]


def test_each_addressed_assistant_answers_for_itself() -> None:
    world = scene(provider=says("answer"))
    world.log.append(message(addressed=[DEMO.id, SECOND.id]))

    settle(world, job(1), job(1, assistant_id=SECOND.id), job(1))

    assert [each.sender.id for each in world.log[1:]] == [DEMO.id, SECOND.id]
    assert world.store.conversations[ROOM].answered_through == {DEMO.id: 1, SECOND.id: 1}


def test_a_worker_near_its_deadline_hands_the_job_on() -> None:
    def take_long() -> None:
        world.clock.time_ms += (TURN_SECONDS - 30) * 1_000

    world = scene(0, 5_000, provider=Interrupted(take_long))

    settled = settle(world, job(2))

    assert settled == [Settled.DELETE]
    assert outcomes(world) == [("message", 1)]
    assert world.jobs.jobs == [job(2, attempt=1)]


def test_a_message_is_answered_from_the_send_to_the_outcome() -> None:
    world = scene()

    async def story() -> None:
        await world.enter("ana")
        await world.say("ana", send("question"))
        for each in world.jobs.jobs:
            await world.app.runs.settle(each, "receipt")

    asyncio.run(story())

    assert world.kinds("ana") == ["event", "run", "delta", "event", "run"]
    outcome = outcome_of(1, DEMO.id, world.log)
    assert outcome is world.log[1]


def test_the_outcome_of_an_event_is_the_first_that_covers_it() -> None:
    world = scene(0, 500, 9_000)
    settle(world, job(3))

    found = [outcome_of(seq, DEMO.id, world.log) for seq in (1, 2, 3, 4)]

    assert [each.seq if each else None for each in found] == [4, 4, 5, None]
    assert outcome_of(1, SECOND.id, world.log) is None


def test_a_job_is_settled_when_its_seq_is_answered_through() -> None:
    conversation = World().room(answered_through={DEMO.id: 4}).store.conversations[ROOM]

    assert [is_settled(conversation, job(seq)) for seq in (3, 4, 5)] == [True, True, False]


def test_a_turn_stops_before_the_first_addressed_event_past_its_window() -> None:
    events: list[Event] = []
    for at_ms, addressed in [(0, True), (10, False), (20, True), (31, True), (25, True)]:
        build = addressed_message if addressed else message
        events.append(build(events[-1] if events else None, now_ms=at_ms))

    assert last_of_turn(events, DEMO.id, ends_at_ms=30) == 3
