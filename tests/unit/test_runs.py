"""Runs: every addressed event gets one outcome, told to everybody."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.builders import DEMO, ROOM, SECOND, addressed_message, message, send
from tests.unit.scenes import STOP, Interrupted, job, outcomes, says, scene, settle
from wireside.adapters.memory.wire import START_MS, ScriptedProvider
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import Event, Kind
from wireside.domain.runs import (
    RunState,
    last_of_turn,
    outcome_of,
)
from wireside.ports import Piece, TextPiece
from wireside.services.runs import Settled


def test_a_job_is_answered_once_and_told_to_everybody() -> None:
    world = scene(0)

    async def story() -> Settled:
        await world.enter("ben")
        return await world.runs.settle(job(1), "receipt")

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


def test_a_message_is_answered_from_the_send_to_the_outcome() -> None:
    world = scene()

    async def story() -> None:
        await world.enter("ana")
        await world.say("ana", send("question"))
        for each in world.jobs.jobs:
            await world.runs.settle(each, "receipt")

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


def test_a_turn_stops_before_the_first_addressed_event_past_its_window() -> None:
    events: list[Event] = []
    for at_ms, addressed in [(0, True), (10, False), (20, True), (31, True), (25, True)]:
        build = addressed_message if addressed else message
        events.append(build(events[-1] if events else None, now_ms=at_ms))

    assert last_of_turn(events, DEMO.id, ends_at_ms=30) == 3
