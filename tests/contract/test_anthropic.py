"""The Anthropic provider against a real server: what is sent, and what is understood."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.asking import QUESTION, streams
from tests.contract.dialects import ANTHROPIC, START, STOP, block, ends, named
from tests.faults import fault
from tests.openai_server import HANG, RESET, Reply, refuses
from wireside.adapters.llm.keys import Keys
from wireside.domain.dialogue import SEVERAL_NOTE, ChatMessage
from wireside.ports import Finished, Usage

ask, says = ANTHROPIC.ask, ANTHROPIC.says
RECORDINGS = Path(__file__).parent / "recordings" / "anthropic"
REPORTED = Usage(3, 5, estimated=False)
END = ends(output_tokens=5)
JSON = {"Content-Type": "application/json"}


def recorded(name: str) -> bytes:
    return (RECORDINGS / name).read_bytes()


def test_a_whole_answer_has_its_text_its_end_and_its_usage() -> None:
    heard = ask(says("Hello", " café", " 👩\u200d👩"))

    assert heard.text == "Hello café 👩\u200d👩"
    assert heard.end == Finished("stop", REPORTED)


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
@pytest.mark.parametrize(
    ("name", "text", "usage"),
    [
        ("whole.sse", "Hello café from a mocked model, in a few words.", (8, 12)),
        ("tool.sse", "", (11, 7)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_what_real_servers_send_is_understood(
    name: str, text: str, usage: tuple[int, int], size: int, line_end: bytes
) -> None:
    sent = recorded(name).replace(b"\n", line_end)
    steps = [sent[start : start + size] for start in range(0, len(sent), size)]

    heard = ask(streams(*steps))

    assert heard.text == text
    assert heard.end == Finished("stop", Usage(*usage, estimated=False))


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


def test_comments_thinking_tools_and_unknown_events_say_nothing() -> None:
    steps = [
        b": hello\n\nid: 7\nretry: 1000\n",
        START,
        named("content_block_start", content_block={"type": "thinking", "thinking": "no"}),
        named("content_block_delta", delta={"type": "thinking_delta", "thinking": "no"}),
        named("content_block_delta", delta={"type": "signature_delta", "signature": "no"}),
        named("content_block_start", content_block={"type": "text", "text": "a"}),
        named("ping"),
        named("content_block_delta", delta={"type": "text_delta", "text": None}),
        named("content_block_delta", delta=["no"]),
        named("content_block_delta", delta={"type": "input_json_delta", "partial_json": "no"}),
        named("message_delta", delta=None, usage="many"),
        named("of_tomorrow", text="no"),
        b'data: {"type": ["text"]}\n\n',
        block("b"),
        END,
        STOP,
    ]

    heard = ask(streams(*steps))

    assert (heard.text, heard.end) == ("ab", Finished("stop", REPORTED))


@fault(28)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_code_points_and_lines_may_be_cut_anywhere(line_end: bytes) -> None:
    data = '{"type":"content_block_delta","delta":{"type":"text_delta","text":"é😀"}}'
    sent = f"data: {data}\n\n".encode().replace(b"\n", line_end)
    halves = [
        b'data: {"type":"content_block_delta","delta":{"type":"text_delta","text":"%s"}}\n\n' % half
        for half in (b"\\ud83d", b"\\ude00")
    ]

    heard = ask(streams(*(sent[at : at + 1] for at in range(len(sent))), *halves, END, STOP))

    assert heard.text == "é😀😀"


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


@fault(28)
@pytest.mark.parametrize("steps", [[], [START], [START, block("x")], [block("x"), b'data: {"ty']])
def test_a_stream_that_ends_without_saying_so_has_no_end(steps: list[Any]) -> None:
    heard = ask(streams(*steps))

    assert (heard.end, heard.failure) == (None, None)


@fault(26)
@pytest.mark.parametrize("status", [429, 529])
def test_retry_after_comes_with_the_refusal(status: int) -> None:
    seconds = ask(refuses(status, Retry_After="17"))
    date = ask(refuses(status, Retry_After="Sat, 21 Nov 2015 05:00:42 GMT"))

    assert seconds.failure is not None
    assert date.failure is not None
    assert (seconds.failure.retry_after_seconds, date.failure.retry_after_seconds) == (17, 0)
