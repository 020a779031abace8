"""Tools in the middle of an answer: called, noted, bounded, and never beyond the room."""

import asyncio
from dataclasses import replace
from typing import Annotated, Any

import pytest
from pydantic.functional_validators import AfterValidator

from tests.builders import DEMO, ROOM, World, message
from tests.faults import fault
from tests.unit.scenes import job, scene, settle
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.domain.conversation import Assistant
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import ConversationId, Kind
from wireside.domain.tools import MAX_CALLS, MAX_RESULT_BYTES, MAX_ROUNDS
from wireside.ports import Finished, Piece, Question, TextPiece, ToolCall, Usage
from wireside.services.calling import (
    EMPTY,
    FAILED,
    INEXACT,
    NO_JSON,
    TOO_LATE,
    TOO_LONG,
    UNKNOWN_TOOL,
)
from wireside.services.runs import Settled
from wireside.tools import tool
from wireside.tools.functions import FunctionTool

HELPER = replace(DEMO, tools=("add", "fail", "slow", "long", "price", "blank"))
ASKS = replace(DEMO, tools=("pay",))


@tool()
async def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@tool()
async def fail() -> str:
    """Fail."""
    message = "planted secret"
    raise RuntimeError(message)


@tool(seconds=0.01)
async def slow() -> str:
    """Take too long."""
    await asyncio.sleep(60)
    return "never"


@tool()
async def long() -> str:
    """Say far too much."""
    return "ü" * 20_000


@tool(approval="required")
async def pay(cents: int) -> str:
    """Pay."""
    return f"paid {cents}"


PRICES = {"tea": 3}


@tool()
async def price(of: Annotated[str, AfterValidator(PRICES.__getitem__)]) -> str:
    """Tell what something costs."""
    return of


@tool()
async def blank() -> str:
    """Say nothing."""
    return " \n"


TOOLS: dict[str, FunctionTool] = {
    each.name: each for each in (add, fail, slow, long, pay, price, blank)
}


def helped(*scripts: list[Piece | Exception], assistant: Assistant = HELPER, **more: Any) -> World:
    """Return a room with one unanswered message, and a model that says this, round after round."""
    first, *later = scripts
    provider = more.pop("provider", ScriptedProvider(first, later=later))
    return scene(0, provider=provider, assistants=(assistant,), tools=TOOLS, **more)


def calls(*called: ToolCall, text: str = "") -> list[Piece | Exception]:
    """Return a round in which a model calls."""
    said: list[Piece | Exception] = [TextPiece(text)] if text else []
    return [*said, *called, Finished("stop", Usage(3, 5, estimated=False))]


def says(text: str) -> list[Piece | Exception]:
    """Return a round in which it answers."""
    return [TextPiece(text), Finished("stop", Usage(10, 20, estimated=False))]


def asked(world: World) -> list[Question]:
    """Return what the model was asked."""
    provider: Any = world.provider
    return list(provider.asked)


def results(world: World) -> list[str]:
    """Return what the model read in the end, call by call."""
    return [use.result for each in asked(world)[-1].rounds for use in each.uses]


ADDS = ToolCall("add", '{"a": 2, "b": 3}')


def test_a_call_is_an_event_its_result_another_and_the_model_reads_it() -> None:
    world = helped(calls(ADDS, text="Let me see."), says("It is 5."))

    assert settle(world, job(1)) == [Settled.DELETE]

    _, called, result, answer = world.log
    run_id = answer.body["run_id"]
    assert [each.kind for each in world.log[1:]] == [
        Kind.TOOL_CALLED,
        Kind.TOOL_RESULT,
        Kind.MESSAGE,
    ]
    assert called.body == {
        "run_id": run_id,
        "tool": "add",
        "arguments": {"a": 2, "b": 3},
        "approved": True,
    }
    assert result.body == {"run_id": run_id, "tool": "add", "target_seq": 2, "result": "5"}
    assert answer.text == "Let me see.\n\nIt is 5."
    assert answer.body["usage"] == {"input_tokens": 13, "output_tokens": 25, "estimated": False}
    (round_,) = asked(world)[1].rounds
    assert round_.text == "Let me see."
    assert [(use.name, use.arguments, use.result) for use in round_.uses] == [
        ("add", {"a": 2, "b": 3}, "5")
    ]
    assert [each.n for each in world.log] == [1, 1, 1, 2]


def test_deltas_before_and_after_a_call_make_the_answer_and_events_come_between() -> None:
    async def story() -> None:
        world = helped(calls(ADDS, text="Let me see."), says("It is 5."))
        await world.enter("ana")
        await world.runs.settle(job(1), "receipt")

        frames = world.heard("ana")
        deltas = [each for each in frames if each["type"] == "delta"]
        assert "".join(each["text"] for each in deltas) == world.log[-1].text
        assert {each["fence"] for each in deltas} == {1}
        told = [each["event"]["kind"] for each in frames if each["type"] == "event"]
        assert told == ["tool_called", "tool_result", "message"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("call", "result"),
    [
        (ToolCall("rm", "{}"), UNKNOWN_TOOL),
        (ToolCall("add", '{"a": 2'), NO_JSON),
        (ToolCall("add", "[1]"), NO_JSON),
        (ToolCall("add", '{"a": 1e999, "b": 1}'), NO_JSON),
        (ToolCall("add", '{"a": "\\ud800", "b": 1}'), NO_JSON),
        (ToolCall("add", "[" * 4_000), NO_JSON),
        (ToolCall("add", f'{{"a": {2**53}, "b": 1}}'), INEXACT),
        (ToolCall("add", f'{{"a": [-1{"0" * 400}], "b": 1}}'), INEXACT),
        (ToolCall("add", '{"a": "' + "x" * 5_000 + '"}'), TOO_LONG),
    ],
)
def test_a_call_that_cannot_be_is_told_to_the_model_and_enters_no_log(
    call: ToolCall, result: str
) -> None:
    world = helped(calls(call), says("Sorry."))

    settle(world, job(1))

    assert [each.kind for each in world.log[1:]] == [Kind.MESSAGE]
    assert results(world) == [result]


def test_wrong_arguments_are_said_in_words_without_what_came() -> None:
    world = helped(calls(ToolCall("add", '{"a": "planted", "c": 1}')), says("Sorry."))

    settle(world, job(1))

    (said,) = results(world)
    assert "a: " in said
    assert "b: Field required" in said
    assert "c: Extra inputs are not permitted" in said
    assert "planted" not in said


@pytest.mark.parametrize(("name", "result"), [("fail", FAILED), ("slow", TOO_LATE)])
def test_what_goes_wrong_in_a_tool_is_a_result_and_nobody_reads_its_internals(
    name: str, result: str
) -> None:
    world = helped(calls(ToolCall(name, "{}")), says("Sorry."))

    settle(world, job(1))

    assert results(world) == [result]
    assert world.log[-1].text == "Sorry."
    (note,) = world.journal.notes
    assert note["tool"] == name
    assert "planted" not in str([each.body for each in world.log])


def test_a_tool_that_fails_to_look_at_arguments_fails_like_one_that_is_called() -> None:
    world = helped(calls(ToolCall("price", '{"of": "planted"}')), says("Sorry."))

    assert settle(world, job(1)) == [Settled.DELETE]

    assert results(world) == [FAILED]
    assert [each.kind for each in world.log[1:]] == [Kind.MESSAGE]
    (note,) = world.journal.notes
    assert note["tool"] == "price"


def test_a_result_of_blanks_is_told_as_nothing() -> None:
    world = helped(calls(ToolCall("blank", "{}")), says("Nothing."))

    settle(world, job(1))

    assert results(world) == [EMPTY]


def test_a_long_result_is_cut_with_a_mark() -> None:
    world = helped(calls(ToolCall("long", "{}")), says("Long."))

    settle(world, job(1))

    (said,) = results(world)
    assert said.endswith(" […]")
    assert len(said.encode()) <= MAX_RESULT_BYTES + 10


def test_results_take_at_most_a_quarter_of_the_budget() -> None:
    small = replace(HELPER, context_tokens=4_000)
    call = ToolCall("long", "{}")
    world = helped(calls(call, call, call, call), says("Long."), assistant=small)

    settle(world, job(1))

    assert sum(len(each.encode()) for each in results(world)) <= 4_000 * 3 // 4 + 200


def test_a_model_that_calls_for_ever_has_to_answer_in_the_end() -> None:
    world = helped(calls(ADDS, text="Again."))

    settle(world, job(1))

    questions = asked(world)
    assert [each.may_call for each in questions] == [True] * MAX_ROUNDS + [False]
    assert world.log[-1].body["finish_reason"] == "stop"
    assert len([each for each in world.log if each.kind is Kind.TOOL_CALLED]) == MAX_ROUNDS


def test_only_so_many_calls_of_one_round_are_carried_out() -> None:
    world = helped(calls(*[ADDS] * 20), says("Enough."))

    settle(world, job(1))

    assert results(world) == ["5"] * MAX_CALLS
    assert not asked(world)[-1].may_call


def test_an_assistant_without_tools_is_asked_as_ever_and_its_calls_are_none() -> None:
    world = helped(calls(ADDS, text="Hi."), assistant=DEMO)

    settle(world, job(1))

    assert [each.kind for each in world.log[1:]] == [Kind.MESSAGE]
    assert len(asked(world)) == 1
    assert asked(world)[0].tools == ()


def test_a_failure_after_a_call_is_tried_again_without_calling_again() -> None:
    busy = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Too busy.")
    world = helped(calls(ADDS, text="Let me see."), [busy], says("It is 5."))

    settle(world, job(1))

    assert [each.kind for each in world.log[1:]] == [
        Kind.TOOL_CALLED,
        Kind.TOOL_RESULT,
        Kind.MESSAGE,
    ]
    assert world.log[-1].text == "It is 5."
    assert [each.text for each in asked(world)[-1].rounds] == [""]
    assert results(world) == ["5"]


class Died(BaseException):
    """The worker dies."""


def died_at(world: World, count: int) -> None:
    """Let a worker die once the log has that many events."""

    class Mortal:
        def __init__(self, port: Any) -> None:
            self.port = port

        def __getattr__(self, name: str) -> Any:
            return getattr(self.port, name)

        async def commit(self, *args: Any) -> Any:
            done = await self.port.commit(*args)
            if len(world.log) == count:
                raise Died
            return done

    calling = world.runs.answering.calling  # type: ignore[attr-defined]
    mortal = replace(calling, log=Mortal(calling.log))
    answering = replace(world.runs.answering, calling=mortal)  # type: ignore[type-var]
    object.__setattr__(world, "runs", replace(world.runs, answering=answering))


@pytest.mark.parametrize(("at", "carried_out"), [(2, 1), (3, 0)])
def test_a_successor_finds_calls_and_results_in_the_log(at: int, carried_out: int) -> None:
    count = 0

    @tool()
    async def once() -> str:
        """Count."""
        nonlocal count
        count += 1
        return "done"

    helper = replace(DEMO, tools=("once",))
    world = helped(calls(ToolCall("once", "{}")), says("Done."), assistant=helper)
    world.tools["once"] = once
    healthy = world.runs
    died_at(world, at)
    with pytest.raises(Died):
        settle(world, job(1))
    count = 0
    object.__setattr__(world, "runs", healthy)
    world.clock.time_ms += 60_000

    assert settle(world, job(1)) == [Settled.DELETE]

    assert count == carried_out
    assert [each.kind for each in world.log[1:]] == [
        Kind.TOOL_CALLED,
        Kind.TOOL_RESULT,
        Kind.MESSAGE,
    ]
    assert results(world) == ["done"]


def taking_over(world: World) -> None:
    """Let an operator take the conversation over behind everybody's back."""
    state = world.store.conversations[ROOM]
    world.store.conversations[ROOM] = replace(state, operator_epoch=state.operator_epoch + 1)


@fault(34)
def test_no_tool_event_enters_after_a_takeover() -> None:
    world: World

    @tool()
    async def meanwhile() -> str:
        """Take over."""
        taking_over(world)
        return "done"

    helper = replace(DEMO, tools=("meanwhile",))
    world = helped(calls(ToolCall("meanwhile", "{}")), says("Done."), assistant=helper)
    world.tools["meanwhile"] = meanwhile

    assert settle(world, job(1)) == [Settled.KEEP]

    assert [each.kind for each in world.log[1:]] == [Kind.TOOL_CALLED]
    assert len(asked(world)) == 1


def test_a_stop_in_the_middle_of_a_call_ends_the_turn() -> None:
    world: World

    @tool()
    async def endless() -> str:
        """Be stopped."""
        key = (ROOM, DEMO.id, 1)
        world.store.runs[key] = replace(world.store.runs[key], stop_requested=True)
        world.clock.time_ms += 1_000
        await asyncio.sleep(60)
        return "never"

    helper = replace(DEMO, tools=("endless",))
    world = helped(calls(ToolCall("endless", "{}"), text="Wait."), assistant=helper)
    world.tools["endless"] = endless

    settle(world, job(1))

    assert [each.kind for each in world.log[1:]] == [Kind.TOOL_CALLED, Kind.MESSAGE]
    assert world.log[-1].body["finish_reason"] == "stopped"
    assert world.log[-1].text == "Wait."


def test_a_call_that_needs_approval_ends_the_turn_with_a_question() -> None:
    world = helped(calls(ToolCall("pay", '{"cents": 5}'), text="Sure."), assistant=ASKS)

    settle(world, job(1))

    _, called, answer = world.log
    assert called.body["approved"] is False
    assert answer.text == "Sure.\n\nI would like to use pay. Please approve or decline it."
    assert answer.body["finish_reason"] == "stop"
    assert len(asked(world)) == 1


def test_what_needs_approval_but_cannot_be_called_so_asks_nobody() -> None:
    world = helped(calls(ToolCall("pay", "{}")), says("Sorry."), assistant=ASKS)

    settle(world, job(1))

    assert [each.kind for each in world.log[1:]] == [Kind.MESSAGE]


SEARCHES = replace(DEMO, tools=("search_conversation", "current_time"))


def searched(query: str, world: World) -> str:
    """Let the assistant search and return what it read."""
    settle(world, job(len(world.log)))
    return results(world)[-1]


def remembering(*texts: str, query: str = "key", limit: int = 5) -> World:
    """Return a room in which this was said before somebody asks."""
    call = ToolCall("search_conversation", f'{{"query": "{query}", "limit": {limit}}}')
    provider = ScriptedProvider(calls(call), later=[says("Found.")])
    world = World(provider=provider, assistants=(SEARCHES,)).room()
    for each in texts:
        world.wrote(1, text=each)
    world.log.append(message(world.log[-1], text="Where is it?", addressed=[DEMO.id]))
    world.clock.time_ms += 10_000
    return world


def test_the_search_finds_earlier_messages_newest_first() -> None:
    world = remembering("The key is red", "no", "A KEY again", query="key")

    said = searched("key", world)

    assert said.index("A KEY again") < said.index("The key is red")
    assert '"from":"Ana"' in said


def test_the_search_respects_what_was_edited_and_deleted() -> None:
    world = remembering("key one", "key two", "key three", query="key")
    ana = ["c2", "c3"]

    async def story() -> str:
        await world.enter("ana")
        about = {"conversation_id": ROOM, "after_seq": len(world.log)}
        edit = {"action": "edit", "client_id": ana[0], "target_seq": 1, "text": "lock one"}
        delete = {"action": "delete", "client_id": ana[1], "target_seq": 2}
        await world.say("ana", about | edit)
        await world.say("ana", about | {"after_seq": len(world.log)} | delete)
        await world.runs.settle(job(4), "receipt")
        return results(world)[-1]

    # The edit came after the turn's last event, so the turn does not know of it; a deletion is
    # known wherever the message is read.
    said = asyncio.run(story())

    assert "key three" in said
    assert "key two" not in said


def test_the_search_knows_no_other_conversation() -> None:
    world = remembering("key one", query="key")
    other = ConversationId("other")
    world.store.logs[other] = [message(None, text="key of others")]

    said = searched("key", world)

    assert "others" not in said
    spec = next(each for each in asked(world)[0].tools if each.name == "search_conversation")
    assert set(spec.parameters["properties"]) == {"query", "limit"}  # type: ignore[call-overload]


def test_no_argument_names_another_conversation() -> None:
    call = ToolCall("search_conversation", '{"query": "key", "conversation_id": "other"}')
    world = helped(calls(call), says("Sorry."), assistant=SEARCHES)

    settle(world, job(1))

    assert "conversation_id: Extra inputs are not permitted" in results(world)[0]


def test_the_time_is_told_in_a_zone_and_an_unknown_one_is_refused() -> None:
    time, wrong = (
        ToolCall("current_time", '{"zone": "Asia/Tokyo"}'),
        ToolCall("current_time", '{"zone": "../../etc/passwd"}'),
    )
    world = helped(calls(time, wrong), says("Late."), assistant=SEARCHES)

    settle(world, job(1))

    told, refused = results(world)
    assert "+09:00 (Asia/Tokyo)" in told
    assert "no such time zone" in refused
