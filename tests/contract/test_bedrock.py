"""The Bedrock provider against a real server: what it asks, and what may go wrong on the wire."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.asking import QUESTION, Heard, ask, openai_at
from tests.event_stream import START, USAGE, breaks, converses, happens, refuses, stops, text
from tests.faults import fault
from tests.openai_server import CUT, HANG, RESET, Reply, Step, serving
from wireside.adapters.llm.bedrock import BedrockProvider
from wireside.domain.conversation import Patience
from wireside.ports import Finished, TextPiece, Usage

REGION = {"region": "eu-west-1"}


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what signs."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")


def asked(*replies: Reply, **of: Any) -> Heard:
    return ask(*replies, make=lambda who, _http, _keys: BedrockProvider(who), **REGION | of)


def streamed(*steps: Step) -> Heard:
    return asked(converses(*steps))


def test_an_answer_comes_with_its_end_and_its_usage() -> None:
    heard = streamed(START, text("one "), text("two"), stops(), USAGE)

    assert heard.pieces == [
        TextPiece("one "),
        TextPiece("two"),
        Finished("stop", Usage(3, 5, estimated=False)),
    ]


def test_the_question_is_signed_and_asked_as_bedrock_wants_it() -> None:
    heard = asked(converses(text("x"), stops()), max_output_tokens=9, temperature=0.5)

    (request,) = heard.server.asked
    assert request.target == "/v1/model/m/converse-stream"
    assert "/eu-west-1/bedrock/aws4_request" in request.headers["authorization"]
    assert request.body == {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5},
    }


def test_what_is_not_configured_is_not_sent() -> None:
    blank = replace(QUESTION, system_prompt=" ")

    heard = asked(converses(text("x"), stops()), question=blank)

    assert set(heard.server.asked[0].body) == {"messages"}


@pytest.mark.parametrize(
    ("reason", "known"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("guardrail_intervened", "filtered"),
        ("content_filtered", "filtered"),
        ("something_new", "stop"),
    ],
)
def test_why_it_ends_is_understood(reason: str, known: str) -> None:
    heard = streamed(text("x"), stops(reason), USAGE)

    assert heard.end is not None
    assert heard.end.reason == known


def test_an_empty_answer_is_an_end_alone() -> None:
    assert streamed(START, stops(), USAGE).pieces == [
        Finished("stop", Usage(3, 5, estimated=False))
    ]


def test_events_that_are_not_text_add_nothing() -> None:
    thinks = happens("contentBlockDelta", delta={"reasoningContent": {"text": "hm"}})

    heard = streamed(thinks, happens("brandNew", a=1), text("x"), stops())

    assert heard.text == "x"


@pytest.mark.parametrize("last", [(), (HANG,), (RESET,), (CUT,), (breaks("throttlingException"),)])
def test_what_goes_wrong_after_its_end_changes_nothing(last: tuple[Step, ...]) -> None:
    heard = streamed(text("x"), stops(), *last)

    assert heard.pieces == [TextPiece("x"), Finished("stop", None)]


@pytest.mark.parametrize("cut", [b"", text("lost")[:40]])
def test_a_stream_without_its_end_marker_has_no_end(cut: bytes) -> None:
    steps = [each for each in (text("x"), cut) if each]

    heard = streamed(*steps)

    assert (heard.pieces, heard.code) == ([TextPiece("x")], None)


def test_frames_may_come_byte_by_byte() -> None:
    whole = START + text("größer 🙂") + stops() + USAGE

    heard = streamed(*(whole[index : index + 1] for index in range(len(whole))))

    assert heard.text == "größer 🙂"
    assert heard.end is not None


@fault(27, 28)
@pytest.mark.parametrize("said", ["", "x"])
@pytest.mark.parametrize(
    ("mishap", "code"),
    [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")],
)
def test_a_stream_that_breaks_is_a_failure_and_what_came_is_kept(
    said: str, mishap: Step, code: str
) -> None:
    heard = streamed(*([text(said)] if said else []), mishap)

    assert (heard.text, heard.code) == (said, code)
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


@fault(27)
@pytest.mark.parametrize(
    ("mishap", "code"),
    [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")],
)
def test_a_server_that_never_begins_is_a_failure_and_is_asked_once(mishap: Step, code: str) -> None:
    heard = asked(Reply(before=[mishap]))

    assert heard.code == code
    assert len(heard.server.asked) == 1


@fault(28)
def test_a_frame_that_is_damaged_is_a_failure() -> None:
    damaged = bytearray(text("y"))
    damaged[-6] ^= 1

    heard = streamed(text("x"), bytes(damaged), stops())

    assert (heard.text, heard.code) == ("x", "model_unavailable")


LONG = "Input is too long for requested model."


@fault(26)
@pytest.mark.parametrize(
    ("status", "name", "message", "code", "again"),
    [
        (429, "ThrottlingException", "planted words", "model_rate_limited", True),
        (400, "ValidationException", "planted words", "model_rejected", False),
        (400, "ValidationException", LONG, "context_too_long", False),
        (403, "AccessDeniedException", "planted words", "model_rejected", False),
        (404, "ResourceNotFoundException", "planted words", "model_rejected", False),
        (408, "ModelTimeoutException", "planted words", "model_timeout", True),
        (500, "InternalServerException", "planted words", "model_unavailable", True),
        (503, "ServiceUnavailableException", "planted words", "model_unavailable", True),
        (502, "Unknown", "planted words", "model_unavailable", True),
        (418, "Unknown", "planted words", "model_rejected", False),
    ],
)
def test_a_refusal_is_understood_and_its_words_go_nowhere(
    status: int, name: str, message: str, code: str, *, again: bool
) -> None:
    heard = asked(refuses(status, name, message))

    assert heard.code == code
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again is again
    assert message not in heard.failure.detail + str(heard.failure)
    assert len(heard.server.asked) == 1


@fault(28)
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("throttlingException", "model_rate_limited"),
        ("validationException", "model_rejected"),
        ("modelStreamErrorException", "model_unavailable"),
        ("internalServerException", "model_unavailable"),
        ("serviceUnavailableException", "model_unavailable"),
    ],
)
def test_an_exception_inside_the_stream_is_understood(name: str, code: str) -> None:
    heard = streamed(text("x"), breaks(name))

    assert (heard.text, heard.code) == ("x", code)
    assert heard.failure is not None
    assert "planted" not in heard.failure.detail + str(heard.failure)


def test_who_leaves_in_the_middle_hangs_up_at_once() -> None:
    async def story() -> None:
        async with serving(converses(text("x"), HANG)) as server:
            who = openai_at(server.base_url, patience=Patience(60, 60), **REGION)
            async with aclosing(BedrockProvider(who).answer(QUESTION)) as pieces:
                assert await anext(pieces) == TextPiece("x")

            async with asyncio.timeout(10):
                await server.gone.wait()

    asyncio.run(story())
