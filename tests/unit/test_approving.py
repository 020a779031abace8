"""Calls that wait for people: decided once, carried out once, and never without them."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, World, error_of, message
from tests.faults import fault
from tests.unit.scenes import job, scene
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.domain.conversation import Role
from wireside.domain.events import Event, Kind, Participant, SenderType
from wireside.domain.runs import RunState
from wireside.ports import Finished, Piece, TextPiece, ToolCall
from wireside.services.calling import DECLINED, DELETED
from wireside.tools import tool
from wireside.tools.functions import FunctionTool

ASKS = replace(DEMO, tools=("pay", "look"))
PAYS = ToolCall("pay", '{"cents": 5}')
LOOKS = ToolCall("look", "{}")
STOP = Finished("stop", None)
PAID: list[int] = []


@tool(approval="required")
async def pay(cents: int) -> str:
    """Pay."""
    PAID.append(cents)
    return f"paid {cents}"


@tool()
async def look() -> str:
    """Look."""
    return "seen"


TOOLS: dict[str, FunctionTool] = {"pay": pay, "look": look}


@pytest.fixture(autouse=True)
def nothing_is_paid() -> None:
    """Forget what other tests have paid."""
    PAID.clear()


async def waiting(*called: ToolCall, **more: Any) -> World:
    """Return a room in which a call waits: event 2, and the question is the last one."""
    first: list[Piece | Exception] = [*(called or (PAYS,)), STOP]
    then: list[Piece | Exception] = [TextPiece("Done."), STOP]
    provider = ScriptedProvider(first, later=[then])
    world = scene(0, provider=provider, assistants=(ASKS,), tools=TOOLS, **more)
    await world.enter("ana")
    await world.enter("ben")
    await world.runs.settle(job(1), "receipt")
    return world


def decision(world: World, *, approved: bool = True, **fields: Any) -> dict[str, Any]:
    """Return an ``approve`` frame for event 2."""
    frame = {
        "action": "approve",
        "conversation_id": ROOM,
        "client_id": "decides",
        "after_seq": len(world.log),
        "target_seq": 2,
        "approved": approved,
    }
    return frame | fields


async def decides(world: World, by: str = "ben", **fields: Any) -> Event:
    """Decide, let the assistant go on, and return what was written."""
    (own,) = await world.say(by, decision(world, **fields))
    assert own["type"] == "event", own
    seq = own["event"]["seq"]
    await world.runs.settle(job(seq), "receipt")
    return world.log[seq - 1]


def results(world: World) -> list[tuple[str, str]]:
    """Return what the model read in the end, call by call."""
    provider: Any = world.provider
    return [(use.name, use.result) for each in provider.asked[-1].rounds for use in each.uses]


def test_an_approved_call_is_carried_out_and_the_assistant_goes_on() -> None:
    async def story() -> None:
        world = await waiting()
        assert PAID == []

        approved = await decides(world)

        assert PAID == [5]
        assert approved.body == {
            "target_seq": 2,
            "approved": True,
            "run_id": world.log[1].body["run_id"],
            "tool": "pay",
            "addressed": [DEMO.id],
        }
        _, called, question, _, result, answer = world.log
        assert [each.kind for each in (called, question, result, answer)] == [
            Kind.TOOL_CALLED,
            Kind.MESSAGE,
            Kind.TOOL_RESULT,
            Kind.MESSAGE,
        ]
        assert result.body["target_seq"] == 2
        assert result.body["run_id"] == answer.body["run_id"] != called.body["run_id"]
        assert (answer.text, answer.body["trigger_seq"]) == ("Done.", 4)
        assert results(world) == [("pay", "paid 5")]

    asyncio.run(story())


def test_a_declined_call_is_not_carried_out_and_the_model_knows() -> None:
    async def story() -> None:
        world = await waiting()

        await decides(world, approved=False)

        assert PAID == []
        assert results(world) == [("pay", DECLINED)]
        assert world.log[-1].text == "Done."

    asyncio.run(story())


def test_what_was_found_before_the_question_is_known_after_it() -> None:
    async def story() -> None:
        world = await waiting(LOOKS, PAYS)
        # 2 called, 3 called, 4 result of the first, 5 question
        await decides(world, target_seq=3)

        assert sorted(results(world)) == [("look", "seen"), ("pay", "paid 5")]

    asyncio.run(story())


@fault(6)
def test_a_decision_sent_again_is_acknowledged_and_another_one_is_refused() -> None:
    async def story() -> None:
        world = await waiting()
        frame = decision(world)

        (first,) = await world.say("ben", frame)
        (again,) = await world.say("ben", frame)
        other = await world.say("ana", decision(world, approved=False, client_id="late"))
        changed = await world.say("ben", {**frame, "approved": False})

        assert first == again
        assert error_of(other) == "not_allowed"
        assert error_of(changed) == "client_id_reused"
        assert len(world.log) == 4

    asyncio.run(story())


def test_of_two_who_decide_at_once_one_does() -> None:
    async def story() -> None:
        world = await waiting()
        frames = {
            "ana": decision(world, client_id="a"),
            "ben": decision(world, client_id="b", approved=False),
        }

        told = await asyncio.gather(*(world.say(who, frame) for who, frame in frames.items()))

        decisions = [each for each in world.log if each.kind is Kind.APPROVED]
        assert len(decisions) == 1
        assert sum(frame["type"] == "error" for frames in told for frame in frames) == 1

    asyncio.run(story())


@pytest.mark.parametrize("target_seq", [1, 3, 99])
def test_what_is_no_call_cannot_be_approved(target_seq: int) -> None:
    async def story() -> None:
        world = await waiting()

        told = await world.say("ana", decision(world, target_seq=target_seq))

        assert error_of(told) == "invalid_field"

    asyncio.run(story())


def test_a_call_that_waited_for_nobody_cannot_be_approved() -> None:
    async def story() -> None:
        world = await waiting(LOOKS)

        assert error_of(await world.say("ana", decision(world))) == "not_allowed"

    asyncio.run(story())


def test_nobody_from_elsewhere_decides() -> None:
    async def story() -> None:
        world = await waiting()
        await world.connect("eve")

        assert error_of(await world.say("eve", decision(world))) == "not_found"
        assert error_of(await world.say("eve", decision(world, after_seq=0))) == "not_found"

    asyncio.run(story())


def test_nothing_is_approved_while_an_operator_holds_the_conversation() -> None:
    async def story() -> None:
        world = await waiting()
        olga = Participant("olga", "Olga", SenderType.OPERATOR)
        state = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(state, operator=olga)

        assert error_of(await world.say("ana", decision(world))) == "not_allowed"

        ended = replace(state, ended_at_ms=1)
        world.store.conversations[ROOM] = ended
        assert error_of(await world.say("ana", decision(world))) == "conversation_ended"
        assert PAID == []

    asyncio.run(story())


def test_an_approval_is_a_turn_of_its_own() -> None:
    async def story() -> None:
        world = await waiting()
        await world.say("ben", decision(world))
        world.log.append(message(world.log[-1], text="And?", addressed=[DEMO.id]))
        world.clock.time_ms += 10_000

        await world.runs.settle(job(5), "receipt")

        triggers = [each.body["trigger_seq"] for each in world.log if "trigger_seq" in each.body]
        assert triggers == [1, 4, 5]

    asyncio.run(story())


def test_a_successor_carries_out_no_approved_call_that_has_its_result() -> None:
    async def story() -> None:
        world = await waiting()
        await decides(world)
        # The worker died after the result: its message is not there, and its lease is over.
        world.log.pop()
        key = (ROOM, DEMO.id, 4)
        run = replace(world.store.runs[key], state=RunState.STREAMING, lease_until_ms=0)
        world.store.runs[key] = run
        state = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(state, answered_through={DEMO.id: 1})

        await world.runs.settle(job(4), "receipt")

        assert PAID == [5]
        assert results(world) == [("pay", "paid 5")]
        assert world.log[-1].text == "Done."

    asyncio.run(story())


def test_with_its_answer_a_call_and_its_result_are_deleted() -> None:
    async def story() -> None:
        world = await waiting(LOOKS)
        deletion = {"action": "delete", "conversation_id": ROOM, "client_id": "d"}

        await world.say("ana", deletion | {"after_seq": len(world.log), "target_seq": 4})

        run_id = world.log[3].body["run_id"]
        assert [each.body for each in world.log[1:3]] == [
            {"text": "", "deleted": True, "run_id": run_id, "tool": "look"},
            {"text": "", "deleted": True, "run_id": run_id, "tool": "look", "target_seq": 2},
        ]

    asyncio.run(story())


def test_a_deleted_call_waits_for_nobody() -> None:
    async def story() -> None:
        world = await waiting()
        deletion = {"action": "delete", "conversation_id": ROOM, "client_id": "d"}
        await world.say("ana", deletion | {"after_seq": 3, "target_seq": 3})

        assert error_of(await world.say("ben", decision(world))) == "invalid_field"

    asyncio.run(story())


def test_a_call_that_is_deleted_after_its_approval_is_not_carried_out() -> None:
    async def story() -> None:
        world = await waiting()
        await world.say("ben", decision(world))
        deletion = {"action": "delete", "conversation_id": ROOM, "client_id": "d"}
        await world.say("ana", deletion | {"after_seq": 4, "target_seq": 3})

        await world.runs.settle(job(4), "receipt")

        assert PAID == []
        assert results(world) == [("pay", DELETED)]

    asyncio.run(story())


def test_an_answer_after_an_approval_can_be_written_anew() -> None:
    async def story() -> None:
        world = await waiting()
        await decides(world)
        again = {"action": "regenerate", "conversation_id": ROOM, "client_id": "r"}

        (own,) = await world.say("ana", again | {"after_seq": 6, "target_seq": 6})
        await world.runs.settle(job(own["event"]["seq"]), "receipt")

        assert world.log[-1].body["regenerates"] == 6
        assert PAID == [5]

    asyncio.run(story())


def test_an_operator_role_alone_decides_nothing() -> None:
    async def story() -> None:
        world = await waiting()
        await world.connect("olga", roles=frozenset({Role.USER, Role.OPERATOR}))

        assert error_of(await world.say("olga", decision(world))) == "not_found"

    asyncio.run(story())
