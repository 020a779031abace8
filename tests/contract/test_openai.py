"""The OpenAI provider against a real server: what is sent, and what is understood."""

from dataclasses import replace
from typing import Any

import pytest

from tests.contract.asking import QUESTION, ask, streams
from tests.openai_server import (
    DONE,
    HANG,
    RESET,
    USAGE,
    chunk,
    event,
    says,
)
from wireside.adapters.llm.keys import Keys
from wireside.domain.dialogue import ChatMessage
from wireside.ports import Finished, Usage

REPORTED = Usage(3, 5, estimated=False)


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


def test_the_key_goes_along_as_a_bearer_s() -> None:
    keys = Keys(lambda name: f"sk-of-{name}\n", print)

    (asked,) = ask(says("x"), keys=keys, api_key_parameter="/keys/a").server.asked

    assert asked.headers["authorization"] == "Bearer sk-of-/keys/a"


def test_text_may_come_in_parts_or_be_a_refusal() -> None:
    parts = [{"type": "text", "text": "b"}, {"x": 1}]
    deltas = [{"content": "a"}, {"content": parts}, {"content": None, "refusal": "c"}]
    steps = [event({"choices": [{"delta": each}]}) for each in deltas]

    heard = ask(streams(*steps, chunk(finish="stop"), DONE))

    assert (heard.text, heard.end) == ("abc", Finished("stop", None))


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
