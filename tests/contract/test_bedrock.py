"""The Bedrock provider against a real server: what it asks, and what is its own wire's alone."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.asking import QUESTION, Heard
from tests.contract.dialects import BEDROCK
from tests.event_stream import USAGE, breaks, refuses, stops, text
from tests.faults import fault
from tests.openai_server import CUT, HANG, RESET, Reply, Step
from wireside.adapters.llm.bedrock import BedrockProvider
from wireside.adapters.llm.keys import Keys
from wireside.ports import Finished, Piece, TextPiece

LONG = "Input is too long for requested model."


def asked(**of: Any) -> Heard:
    return BEDROCK.ask(BEDROCK.streams(text("x"), stops()), **of)


def test_the_question_is_signed_and_asked_as_bedrock_wants_it() -> None:
    heard = asked(max_output_tokens=9, temperature=0.5)

    (request,) = heard.server.asked
    assert request.target == "/v1/model/m/converse-stream"
    assert "/eu-west-1/bedrock/aws4_request" in request.headers["authorization"]
    assert request.body == {
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "hi"}]}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5},
    }


def test_a_key_goes_along_in_place_of_a_signature() -> None:
    heard = asked(keys=Keys(lambda name: f"key-of-{name}\n", print), api_key_parameter="/keys/b")

    (request,) = heard.server.asked
    assert request.headers["authorization"] == "Bearer key-of-/keys/b"
    assert "x-amz-date" not in request.headers


def test_what_is_not_configured_is_not_sent() -> None:
    heard = asked(question=replace(QUESTION, system_prompt=" "))

    assert set(heard.server.asked[0].body) == {"messages"}


@pytest.mark.parametrize(
    ("reason", "known"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "filtered"),
        ("content_filtered", "filtered"),
        ("something_new", "stop"),
    ],
)
def test_why_it_ends_is_understood(reason: str, known: str) -> None:
    heard = BEDROCK.hears(text("x"), stops(reason), USAGE)

    assert heard.end is not None
    assert heard.end.reason == known


@pytest.mark.parametrize("last", [(), (HANG,), (RESET,), (CUT,), (breaks("throttlingException"),)])
def test_what_goes_wrong_before_its_usage_costs_only_that(last: tuple[Step, ...]) -> None:
    heard = BEDROCK.hears(text("x"), stops(), *last)

    assert heard.pieces == [TextPiece("x"), Finished("stop", None)]


@fault(28)
def test_a_frame_that_is_damaged_is_a_failure() -> None:
    damaged = bytearray(text("y"))
    damaged[-6] ^= 1

    heard = BEDROCK.hears(text("x"), bytes(damaged), stops())

    assert (heard.text, heard.code) == ("x", "model_unavailable")


@fault(28)
def test_a_frame_that_is_no_utf_8_is_a_failure() -> None:
    heard = BEDROCK.hears(text("x"), BEDROCK.raw(b"\xff\xfe"), stops())

    assert (heard.text, heard.code) == ("x", "model_unavailable")


@fault(26)
def test_what_is_too_long_is_known_by_its_words_which_go_nowhere() -> None:
    before = BEDROCK.ask(refuses(400, "ValidationException", LONG))
    inside = BEDROCK.hears(text("x"), breaks("validationException", LONG))

    assert (before.code, inside.code) == ("context_too_long", "context_too_long")
    assert before.failure is not None
    assert "requested model" not in before.failure.detail + str(before.failure)


@fault(50)
@pytest.mark.parametrize("body", [b"[" * 70_000, b"null", b'{"message": 7}', b'["planted"]'])
def test_a_refusal_that_botocore_cannot_read_is_a_failure_all_the_same(body: bytes) -> None:
    heard = BEDROCK.ask(Reply([body], 400))

    assert heard.failure is not None
    assert "planted" not in heard.failure.detail + str(heard.failure)


@fault(50)
def test_only_what_can_be_a_name_is_taken_for_the_name_of_a_refusal() -> None:
    heard = BEDROCK.ask(refuses(400, "planted words"))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 400"


@fault(26)
def test_a_refusal_that_never_ends_is_given_up_in_time() -> None:
    heard = BEDROCK.ask(Reply([b'{"message": "', HANG], 503))

    assert heard.code == "model_timeout"


def test_an_emulator_of_the_service_is_asked_and_understood(ministack: str) -> None:
    async def story() -> list[Piece]:
        provider = BedrockProvider(BEDROCK.at(ministack), Keys(str, print))
        return [piece async for piece in provider.answer(QUESTION)]

    *said, end = asyncio.run(story())

    assert said
    assert isinstance(end, Finished)
    assert end.usage is not None
