"""The OpenAI provider against a real server: what is sent, and what is understood."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.contract.asking import QUESTION, ask, streams
from tests.faults import fault
from tests.openai_server import (
    DONE,
    HANG,
    RESET,
    USAGE,
    Reply,
    chunk,
    event,
    says,
)
from wireside.adapters.llm.keys import Keys
from wireside.domain.dialogue import ChatMessage
from wireside.ports import Finished, Usage

RECORDINGS = Path(__file__).parent / "recordings"
REPORTED = Usage(3, 5, estimated=False)


def test_a_whole_answer_has_its_text_its_end_and_its_usage() -> None:
    heard = ask(says("Hello", " café", " 👩\u200d👩"))

    assert heard.text == "Hello café 👩\u200d👩"
    assert heard.end == Finished("stop", REPORTED)


def test_the_request_is_what_the_api_wants() -> None:
    question = replace(QUESTION, messages=(ChatMessage("user", "hi", "Ana"),))

    (asked,) = ask(says("x"), question=question).server.asked

    assert asked.target == "/v1/chat/completions"
    assert asked.body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["accept-encoding"] == "identity"
    assert "authorization" not in asked.headers


def test_limits_are_sent_only_where_they_are_set() -> None:
    (asked,) = ask(says("x"), max_output_tokens=50, temperature=0.0).server.asked

    assert (asked.body["max_tokens"], asked.body["temperature"]) == (50, 0.0)


def test_the_key_is_read_by_the_name_of_its_parameter_and_only_sent() -> None:
    keys = Keys(lambda name: f"sk-of-{name}\n", print)

    (asked,) = ask(says("x"), keys=keys, api_key_parameter="/keys/a").server.asked

    assert asked.headers["authorization"] == "Bearer sk-of-/keys/a"
    assert "sk-of" not in json.dumps(asked.body)


@fault(28)
@pytest.mark.parametrize(
    ("name", "text", "usage"),
    [
        ("openai", "Hello café, 👩\u200d👩 \n\n42.", (9, 7)),
        ("openai_proxy", "Hello café from a mocked model, in a few words.", (8, 12)),
        ("azure", "Paris.", (11, 2)),
        ("reasoning", "Four.", (5, 30)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_what_real_servers_send_is_understood(
    name: str, text: str, usage: tuple[int, int], size: int, line_end: bytes
) -> None:
    sent = (RECORDINGS / f"{name}.sse").read_bytes().replace(b"\n", line_end)
    steps = [sent[start : start + size] for start in range(0, len(sent), size)]

    heard = ask(streams(*steps))

    assert heard.text == text
    assert heard.end == Finished("stop", Usage(*usage, estimated=False))


def test_comments_other_fields_and_other_choices_say_nothing() -> None:
    steps = [
        b"\xef\xbb\xbf: hello\n",
        b"id: 7\nretry: 1000\nevent: message\n",
        chunk("a"),
        b": ping\n\n",
        b"data\n\n",
        event({"choices": [{"index": 0}]}),
        event({"choices": [{"delta": {"content": None, "role": "assistant"}}]}),
        event({"choices": [{"delta": {"content": [{"type": "text", "text": "b"}, {"x": 1}]}}]}),
        event({"choices": "none", "usage": {"prompt_tokens": "many", "completion_tokens": -1}}),
        chunk(finish="stop"),
        DONE,
    ]

    heard = ask(streams(*steps))

    assert (heard.text, heard.end) == ("ab", Finished("stop", None))


def test_data_over_several_lines_is_one_chunk() -> None:
    lines = json.dumps({"choices": [{"delta": {"content": "hi"}}]}, indent=1).splitlines()
    data = "".join(f"data: {line}\n" for line in lines).encode() + b"\n"

    heard = ask(streams(data, chunk(finish="stop"), DONE))

    assert heard.text == "hi"


@fault(28)
def test_a_code_point_whose_halves_come_in_two_chunks_is_put_together() -> None:
    halves = [
        b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % half
        for half in (b"a\\ud83d", b"\\ude00b")
    ]

    heard = ask(streams(*halves, chunk(finish="stop"), DONE))

    assert heard.text == "a😀b"


@fault(28)
def test_bytes_that_are_no_utf_8_are_marked_and_the_rest_is_read() -> None:
    heard = ask(streams(chunk("Q").replace(b"Q", b"\xff\xfe"), chunk("b", "stop"), DONE))

    assert heard.text == "\ufffd\ufffdb"


def test_an_answer_of_a_server_that_cannot_stream_is_taken_whole() -> None:
    whole = {
        "choices": [{"message": {"role": "assistant", "content": "all"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5},
    }
    body = json.dumps(whole).encode()

    heard = ask(Reply([body[:9], body[9:]], headers={"Content-Type": "application/json"}))

    assert (heard.text, heard.end) == ("all", Finished("stop", REPORTED))


@pytest.mark.parametrize(
    ("finish", "reason"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "filtered"),
        ("tool_calls", "stop"),
        ("end_turn", "stop"),
    ],
)
def test_the_reason_to_end_is_passed_on(finish: str, reason: str) -> None:
    heard = ask(says("x", finish=finish))

    assert heard.end is not None
    assert heard.end.reason == reason


def test_usage_that_is_missing_is_not_invented() -> None:
    heard = ask(streams(chunk("x"), chunk(finish="stop"), DONE))

    assert heard.end == Finished("stop", None)


@pytest.mark.parametrize(
    "steps",
    [
        [chunk("x"), chunk(finish="stop"), USAGE],
        [chunk("x"), chunk(finish="stop"), USAGE, HANG],
        [chunk("x"), chunk(finish="stop"), USAGE, RESET],
        [chunk("x"), chunk(finish="stop"), USAGE, b"data: {garbage\n\n"],
        [chunk("x"), USAGE, DONE],
        [chunk("x"), USAGE, DONE, HANG],
    ],
    ids=["no done", "hangs after", "resets after", "rubbish after", "no reason", "stays open"],
)
def test_an_answer_that_said_its_end_is_whole_whatever_comes_after(steps: list[Any]) -> None:
    heard = ask(streams(*steps))

    assert (heard.text, heard.end) == ("x", Finished("stop", REPORTED))


@fault(28)
@pytest.mark.parametrize("steps", [[], [chunk("x")], [chunk("x"), b'data: {"choi']])
def test_a_stream_that_ends_without_saying_so_has_no_end(steps: list[Any]) -> None:
    heard = ask(streams(*steps))

    assert (heard.end, heard.failure) == (None, None)
