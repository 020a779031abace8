"""The Anthropic provider against a real server: what is sent, and what is understood."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.asking import QUESTION, streams
from tests.contract.dialects.anthropic import ANTHROPIC, START, STOP, block, ends
from tests.faults import fault
from tests.openai_server import HANG, RESET, Reply
from wireside.adapters.llm.keys import Keys
from wireside.domain.dialogue import SEVERAL_NOTE, ChatMessage
from wireside.ports import Finished, InputTokens, Usage

ask, says = ANTHROPIC.ask, ANTHROPIC.says
RECORDINGS = Path(__file__).parent / "recordings" / "anthropic"
REPORTED = Usage(3, 5, estimated=False)
END = ends(output_tokens=5)
JSON = {"Content-Type": "application/json"}


def recorded(name: str) -> bytes:
    return (RECORDINGS / name).read_bytes()


def test_the_request_is_what_the_api_wants() -> None:
    (asked,) = ask(says("x")).server.asked

    assert asked.target == "/v1/messages"
    assert asked.body == {
        "model": "m",
        "max_tokens": 4096,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
    }
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["content-type"] == "application/json"
    assert "x-api-key" not in asked.headers


def test_roles_alternate_and_a_person_begins() -> None:
    said = (
        ChatMessage("assistant", "Welcome."),
        ChatMessage("user", "a", "Ana"),
        ChatMessage("user", "b", "Ben"),
        ChatMessage("assistant", "c"),
        ChatMessage("user", "d", "Ana"),
    )

    (asked,) = ask(says("x"), question=replace(QUESTION, messages=said)).server.asked

    assert asked.body["system"] == f"Be brief.\n\n{SEVERAL_NOTE}"
    assert asked.body["messages"] == [
        {"role": "user", "content": "Ana: a\nBen: b"},
        {"role": "assistant", "content": "c"},
        {"role": "user", "content": "Ana: d"},
    ]


def test_limits_are_those_that_are_set() -> None:
    (asked,) = ask(says("x"), max_output_tokens=50, temperature=0.0).server.asked

    assert (asked.body["max_tokens"], asked.body["temperature"]) == (50, 0.0)


def test_the_key_is_read_by_the_name_of_its_parameter_and_only_sent() -> None:
    keys = Keys(lambda name: f"sk-of-{name}\n", print)

    (asked,) = ask(says("x"), keys=keys, api_key_parameter="/keys/a").server.asked

    assert asked.headers["x-api-key"] == "sk-of-/keys/a"
    assert "authorization" not in asked.headers
    assert "sk-of" not in json.dumps(asked.body)


@fault(28)
def test_a_recorded_stream_that_broke_off_is_a_failure() -> None:
    heard = ask(streams(recorded("broken.sse")))

    assert heard.code == "model_unavailable"
    assert heard.failure is not None
    assert heard.failure.detail == "error in stream api_error"


def test_a_recorded_refusal_is_final_and_says_only_its_code() -> None:
    heard = ask(Reply([recorded("refused.json")], 400, JSON))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 400 invalid_request_error"
    assert not heard.failure.may_be_tried_again


@fault(28)
def test_an_error_under_status_200_is_an_error() -> None:
    heard = ask(Reply([recorded("refused.json")], headers=JSON))

    assert heard.code == "model_rejected"


def test_an_answer_of_a_server_that_cannot_stream_is_taken_whole() -> None:
    body = recorded("whole.json")

    heard = ask(Reply([body[:9], body[9:]], headers=JSON))

    assert heard.text == "Hello café from a mocked model, in a few words."
    assert heard.end == Finished("stop", Usage(10, 20, estimated=False))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "filtered"),
    ],
)
@pytest.mark.parametrize("text", ["", "x"])
def test_the_reason_to_end_is_passed_on(said: str, reason: str, text: str) -> None:
    steps = [block(text)] if text else []

    heard = ask(streams(START, *steps, ends(said, output_tokens=5), STOP))

    assert heard.text == text
    assert heard.end is not None
    assert (heard.end.reason, heard.end.usage) == (reason, REPORTED)


@pytest.mark.parametrize(
    ("steps", "usage"),
    [
        ([START, ends()], None),
        ([ends(output_tokens=5)], None),
        ([START, ends(output_tokens=-1)], None),
        ([START, ends(input_tokens=7, output_tokens=5)], (7, 5)),
        ([START, ends("", output_tokens=2), ends(output_tokens=5)], (3, 5)),
        ([START, ends(output_tokens=5, cache_read_input_tokens=4)], (7, 5)),
    ],
    ids=["none", "no input", "nonsense", "the later one", "cumulative", "from a cache"],
)
def test_usage_is_what_was_said_last_and_is_not_invented(
    steps: list[bytes], usage: tuple[int, int] | None
) -> None:
    heard = ask(streams(block("x"), *steps, STOP))

    assert heard.end == Finished("stop", Usage(*usage, estimated=False) if usage else None)


@pytest.mark.parametrize(
    "steps",
    [
        [END],
        [END, HANG],
        [END, RESET],
        [END, b"data: {garbage\n\n"],
        [END, STOP, HANG],
        [ends("", output_tokens=5), STOP, HANG],
    ],
    ids=["no stop", "hangs after", "resets after", "rubbish after", "stays open", "no reason"],
)
def test_an_answer_that_said_its_end_is_whole_whatever_comes_after(steps: list[Any]) -> None:
    heard = ask(streams(START, block("x"), *steps))

    assert (heard.text, heard.end) == ("x", Finished("stop", REPORTED))


def test_what_was_read_is_told_before_anything_is_said() -> None:
    heard = ask(says("Hello"))

    assert heard.pieces[0] == InputTokens(REPORTED.input_tokens)
