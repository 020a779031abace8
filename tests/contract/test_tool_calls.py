"""Tools on the wire: how each provider is told of them, and what it calls."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.asking import QUESTION, Heard, Maker, ask
from tests.contract.dialects.anthropic import STOP, ends, named
from tests.event_stream import CONTENT_TYPE, happens, stops
from tests.openai_server import DONE, USAGE, Reply, Step, chunk, event
from wireside.adapters.llm.anthropic import AnthropicProvider
from wireside.adapters.llm.bedrock import BedrockProvider
from wireside.adapters.llm.openai import OpenAiProvider
from wireside.domain.dialogue import ChatMessage
from wireside.domain.tools import Round, ToolSpec, ToolUse
from wireside.ports import ToolCall

RECORDINGS = Path(__file__).parent / "recordings"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = ToolSpec("weather", "Tell the weather.", SCHEMA)
USED = ToolUse("000000007", "weather", {"city": "Ulm"}, "rain")
ALSO = ToolUse("000000009", "weather", {"city": "Bonn"}, "sun")
FIRST = replace(QUESTION, tools=(WEATHER,))
LATER = replace(FIRST, rounds=(Round("Let me see.", (USED, ALSO)),))


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what signs."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")


def converses(*steps: Step) -> Reply:
    return Reply(steps, headers={"Content-Type": CONTENT_TYPE})


def openai_piece(index: int | None, call_id: str, name: str | None, arguments: str) -> bytes:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    call: dict[str, Any] = {"type": "function", "function": function}
    call |= {"index": index} if index is not None else {}
    call |= {"id": call_id} if call_id else {}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}
    return event({"choices": [choice]})


@dataclass(frozen=True, slots=True)
class Wire:
    """How one server calls: a beginning and pieces by index, and an end for a reason."""

    name: str
    make: Maker
    begins: Callable[[int, str], Sequence[Step]]
    piece: Callable[[int, str], Step]
    ends: Callable[[str], Reply]
    reasons: tuple[str, str]
    """How it names the end at calls, and the one at the limit of tokens."""

    def ask(self, *steps: Step, reason: str = "", question: Any = FIRST) -> Heard:
        last = self.ends(reason or self.reasons[0])
        reply = replace(last, steps=(*steps, *last.steps))
        more = {"region": "eu-west-1"} if self.name == "bedrock" else {}
        return ask(reply, make=self.make, question=question, **more)


OPENAI = Wire(
    "openai",
    OpenAiProvider,
    lambda index, name: [openai_piece(index, f"call_{index}", name, "")],
    lambda index, text: openai_piece(index, "", None, text),
    lambda reason: Reply([chunk(finish=reason), USAGE, DONE]),
    ("tool_calls", "length"),
)
ANTHROPIC = Wire(
    "anthropic",
    AnthropicProvider,
    lambda index, name: [
        named(
            "content_block_start",
            index=index,
            content_block={"type": "tool_use", "id": f"t{index}", "name": name, "input": {}},
        )
    ],
    lambda index, text: named(
        "content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": text}
    ),
    lambda reason: Reply([ends(reason, output_tokens=5), STOP]),
    ("tool_use", "max_tokens"),
)
BEDROCK = Wire(
    "bedrock",
    lambda who, _http, keys: BedrockProvider(who, keys),
    lambda index, name: [
        happens(
            "contentBlockStart",
            contentBlockIndex=index,
            start={"toolUse": {"toolUseId": f"t{index}", "name": name}},
        )
    ],
    lambda index, text: happens(
        "contentBlockDelta", contentBlockIndex=index, delta={"toolUse": {"input": text}}
    ),
    lambda reason: converses(stops(reason)),
    ("tool_use", "max_tokens"),
)
each_wire = pytest.mark.parametrize("wire", [OPENAI, ANTHROPIC, BEDROCK], ids=lambda it: it.name)


def called(heard: Heard) -> list[ToolCall]:
    return [each for each in heard.pieces if isinstance(each, ToolCall)]


@each_wire
def test_a_call_comes_in_pieces_and_is_whole_at_the_end(wire: Wire) -> None:
    heard = wire.ask(
        *wire.begins(0, "weather"), wire.piece(0, '{"city": '), wire.piece(0, '"Ulm"}')
    )

    assert called(heard) == [ToolCall("weather", '{"city": "Ulm"}')]
    assert heard.end is not None
    assert heard.end.reason == "stop"


@each_wire
def test_calls_that_come_at_once_are_told_apart_by_their_indices(wire: Wire) -> None:
    heard = wire.ask(
        *wire.begins(0, "weather"),
        *wire.begins(1, "time"),
        wire.piece(1, "{}"),
        wire.piece(0, '{"city": "Ulm"}'),
    )

    assert called(heard) == [ToolCall("weather", '{"city": "Ulm"}'), ToolCall("time", "{}")]


@each_wire
def test_a_call_that_the_limit_has_cut_is_none(wire: Wire) -> None:
    heard = wire.ask(*wire.begins(0, "weather"), wire.piece(0, '{"city": '), reason=wire.reasons[1])

    assert called(heard) == []
    assert heard.end is not None
    assert heard.end.reason == "length"


@each_wire
def test_a_call_without_an_end_of_the_answer_is_none(wire: Wire) -> None:
    more = {"region": "eu-west-1"} if wire.name == "bedrock" else {}
    whole = wire.ends("x")
    cut = replace(whole, steps=(*wire.begins(0, "weather"), wire.piece(0, "{}")))

    heard = ask(cut, make=wire.make, question=FIRST, **more)

    assert called(heard) == []
    assert heard.end is None


@each_wire
def test_a_call_of_endless_arguments_is_a_failure(wire: Wire) -> None:
    heard = wire.ask(*wire.begins(0, "weather"), *[wire.piece(0, "x" * 200_000)] * 6)

    assert heard.code == "model_unavailable"


@each_wire
def test_pieces_that_make_no_sense_call_nothing(wire: Wire) -> None:
    heard = wire.ask(wire.piece(3, "{}"))

    assert called(heard) == []
    assert heard.end is not None


@pytest.mark.parametrize("index", [0, None])
def test_openai_servers_that_do_not_count_send_calls_whole(index: int | None) -> None:
    heard = OPENAI.ask(
        openai_piece(index, "a", "weather", '{"city": "Ulm"}'),
        openai_piece(index, "b", "weather", '{"city": "Bonn"}'),
    )

    assert [each.arguments for each in called(heard)] == ['{"city": "Ulm"}', '{"city": "Bonn"}']


def test_a_call_of_a_server_that_cannot_stream_is_taken_whole() -> None:
    function = {"name": "weather", "arguments": {"city": "Ulm"}}
    message = {"role": "assistant", "content": None, "tool_calls": [{"function": function}]}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    whole = Reply([body.encode()], headers={"Content-Type": "application/json"})
    block = {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": "Ulm"}}
    told = {"type": "message", "content": [block], "stop_reason": "tool_use"}
    other = Reply([json.dumps(told).encode()], headers={"Content-Type": "application/json"})

    expected = [ToolCall("weather", '{"city": "Ulm"}')]
    assert called(ask(whole, question=FIRST)) == expected
    assert called(ask(other, make=AnthropicProvider, question=FIRST)) == expected


def test_what_real_servers_call_is_understood() -> None:
    message = Reply([(RECORDINGS / "anthropic" / "tool.sse").read_bytes()])
    converse = converses((RECORDINGS / "bedrock" / "tool.bin").read_bytes())

    expected = [ToolCall("get_weather", '{"city": "Oslo"}')]
    assert called(ask(message, make=AnthropicProvider, question=FIRST)) == expected
    heard = ask(converse, make=BEDROCK.make, question=FIRST, region="eu-west-1")
    assert called(heard) == expected


def body(wire: Wire, question: Any) -> Any:
    heard = wire.ask(question=question)
    return heard.server.asked[0].body


def test_openai_is_told_of_tools_calls_and_results() -> None:
    told = body(OPENAI, LATER)

    assert told["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "weather",
                "description": "Tell the weather.",
                "parameters": SCHEMA,
            },
        }
    ]
    assert "tool_choice" not in told
    assert [each["role"] for each in told["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
    ]
    said = told["messages"][2]
    assert said["content"] == "Let me see."
    assert said["tool_calls"][0] == {
        "id": "000000007",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Ulm"}'},
    }
    assert told["messages"][3] == {
        "role": "tool",
        "tool_call_id": "000000007",
        "content": "rain",
    }


def test_anthropic_is_told_of_tools_calls_and_results() -> None:
    told = body(ANTHROPIC, LATER)

    assert told["tools"] == [
        {"name": "weather", "description": "Tell the weather.", "input_schema": SCHEMA}
    ]
    _, said, read = told["messages"]
    assert said["role"] == "assistant"
    assert said["content"][:2] == [
        {"type": "text", "text": "Let me see."},
        {"type": "tool_use", "id": "000000007", "name": "weather", "input": {"city": "Ulm"}},
    ]
    assert read["role"] == "user"
    assert read["content"][0] == {
        "type": "tool_result",
        "tool_use_id": "000000007",
        "content": "rain",
    }


def test_bedrock_is_told_of_tools_calls_and_results() -> None:
    told = body(BEDROCK, LATER)

    (tool,) = told["toolConfig"]["tools"]
    assert tool["toolSpec"] == {
        "name": "weather",
        "description": "Tell the weather.",
        "inputSchema": {"json": SCHEMA},
    }
    _, said, read = told["messages"]
    assert said["content"][0] == {"text": "Let me see."}
    use = {"toolUseId": "000000007", "name": "weather", "input": {"city": "Ulm"}}
    assert said["content"][1] == {"toolUse": use}
    result = {"toolUseId": "000000007", "content": [{"text": "rain"}]}
    assert read["content"][0] == {"toolResult": result}


def test_when_enough_was_called_it_is_said_where_it_can_be() -> None:
    enough = replace(LATER, may_call=False)

    assert body(OPENAI, enough)["tool_choice"] == "none"
    assert body(ANTHROPIC, enough)["tool_choice"] == {"type": "none"}
    assert "toolConfig" in body(BEDROCK, enough)


@each_wire
def test_roles_alternate_also_where_the_assistant_spoke_last(wire: Wire) -> None:
    asked = (*QUESTION.messages, ChatMessage("assistant", "May I?"))
    told = body(wire, replace(LATER, messages=asked))["messages"]

    roles = [each["role"] for each in told if each["role"] not in {"system", "tool"}]
    assert roles in (["user", "assistant"], ["user", "assistant", "user"])
    assert "May I?\\nLet me see." in json.dumps(told)


@each_wire
def test_without_tools_nothing_is_said_of_them(wire: Wire) -> None:
    assert not {"tools", "tool_choice", "toolConfig"} & set(body(wire, QUESTION))
