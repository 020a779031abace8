"""The OpenAI provider against a real server (faults 26 to 28): what may go wrong on the wire."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract.asking import QUESTION, ask, openai_at, streams
from tests.faults import fault
from tests.openai_server import (
    CUT,
    DONE,
    HANG,
    RESET,
    OpenAiServer,
    Reply,
    chunk,
    event,
    refuses,
    says,
    serving,
)
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.failures import retry_after
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.openai import OpenAiProvider
from wireside.adapters.llm.sse import MAX_EVENT_BYTES
from wireside.domain.conversation import Patience
from wireside.domain.errors import ModelFailed, RunErrorCode, Unavailable
from wireside.ports import TextPiece


def unreadable(_name: str) -> str:
    raise Unavailable("A secret could not be read.")


@pytest.mark.parametrize(
    ("read", "code"),
    [(unreadable, "model_unavailable"), (lambda _: "sk\r\nX-Other: 1", "model_rejected")],
)
def test_a_key_that_cannot_be_used_is_a_failure_without_the_key(
    read: Callable[[str], str], code: str
) -> None:
    heard = ask(says("x"), keys=Keys(read, print), api_key_parameter="/keys/a")

    assert heard.code == code
    assert heard.failure is not None
    assert "sk" not in heard.failure.detail + str(heard.failure)
    assert heard.server.asked == []


@pytest.mark.parametrize(("status", "forgotten"), [(401, ["/keys/a"]), (403, []), (500, [])])
def test_a_refused_key_is_read_anew_next_time(status: int, forgotten: list[str]) -> None:
    known: list[str] = []

    ask(refuses(status), keys=Keys(str, known.append), api_key_parameter="/keys/a")

    assert known == forgotten


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(
    ("mishap", "code"),
    [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")],
)
def test_a_stream_that_breaks_is_a_failure_and_what_came_is_kept(
    text: str, mishap: Any, code: str
) -> None:
    steps = [chunk(text)] if text else []

    heard = ask(streams(*steps, mishap))

    assert (heard.text, heard.code) == (text, code)
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


@fault(27)
@pytest.mark.parametrize(
    ("mishap", "code"),
    [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")],
)
def test_a_server_that_never_begins_is_a_failure(mishap: Any, code: str) -> None:
    heard = ask(Reply(before=[mishap]))

    assert heard.code == code
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


def test_nobody_there_is_a_failure() -> None:
    async def story() -> ModelFailed | None:
        http = HttpClient()
        provider = OpenAiProvider(openai_at("http://127.0.0.1:9/v1"), http, Keys(str, print))
        try:
            async for _ in provider.answer(QUESTION):
                pass
        except ModelFailed as failure:
            return failure
        finally:
            await http.close()
        return None

    failure = asyncio.run(story())

    assert failure is not None
    assert failure.code is RunErrorCode.MODEL_UNAVAILABLE


@fault(27)
def test_a_head_without_a_body_does_not_end_the_wait_for_the_first_byte() -> None:
    patience = Patience(first_byte_seconds=0.2, chunk_seconds=60)

    heard = ask(streams(HANG), patience=patience)

    assert heard.code == "model_timeout"


def test_a_slow_trickle_is_no_stall() -> None:
    patience = Patience(first_byte_seconds=5, chunk_seconds=5)
    letters = chunk("slowly", "stop") + DONE

    heard = ask(
        streams(*(letters[index : index + 1] for index in range(len(letters)))), patience=patience
    )

    assert heard.text == "slowly"


@fault(26)
@pytest.mark.parametrize(
    ("status", "error", "code", "again"),
    [
        (400, None, "model_rejected", False),
        (400, {"code": "context_length_exceeded"}, "context_too_long", False),
        (400, {"code": "content_filter", "type": None}, "content_filtered", False),
        (
            400,
            {"type": "invalid_request_error", "code": "content_policy_violation"},
            "content_filtered",
            False,
        ),
        (401, None, "model_rejected", False),
        (403, None, "model_rejected", False),
        (404, {"code": "model_not_found"}, "model_rejected", False),
        (408, None, "model_timeout", True),
        (409, None, "model_unavailable", True),
        (413, None, "context_too_long", False),
        (422, None, "model_rejected", False),
        (429, None, "model_rate_limited", True),
        (
            429,
            {"code": "insufficient_quota", "type": "insufficient_quota"},
            "model_rate_limited",
            False,
        ),
        (500, None, "model_unavailable", True),
        (502, None, "model_unavailable", True),
        (503, None, "model_unavailable", True),
        (504, None, "model_timeout", True),
        (529, None, "model_unavailable", True),
        (301, None, "model_rejected", False),
        (307, None, "model_rejected", False),
    ],
)
def test_a_refusal_has_a_code_and_is_tried_again_only_where_that_may_help(
    status: int, error: Any, code: str, *, again: bool
) -> None:
    heard = ask(refuses(status, error))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (code, again)
    assert f"HTTP {status}" in heard.failure.detail
    assert len(heard.server.asked) == 1


def test_a_redirect_is_not_followed() -> None:
    async def story() -> None:
        http = HttpClient()
        async with serving(says("stolen")) as other:
            away = refuses(307, Location=f"{other.base_url}/chat/completions")
            async with serving(away) as server:
                provider = OpenAiProvider(
                    openai_at(server.base_url, api_key_parameter="/k"), http, Keys(str, print)
                )
                with pytest.raises(ModelFailed):
                    await anext(aiter(provider.answer(QUESTION)))

                assert (len(server.asked), other.asked) == (1, [])
                await http.close()

    asyncio.run(story())


@fault(50)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>planted words</html>", b'{"error": "planted words"}', b"[" * 70_000, b"null"],
)
def test_the_body_of_a_refusal_goes_nowhere(body: bytes) -> None:
    heard = ask(Reply([body] if body else [], 400))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 400"
    assert "planted" not in str(heard.failure)


def test_of_a_refusal_only_codes_are_kept() -> None:
    error = {"message": "planted words", "type": "planted words", "code": "model_not_found"}

    heard = ask(refuses(404, error))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 404 model_not_found"


def test_a_refusal_that_never_ends_is_a_refusal_all_the_same() -> None:
    heard = ask(Reply([b'{"error": {', HANG], 503))

    assert heard.code == "model_unavailable"


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(
    ("error", "code", "again"),
    [
        ({"message": "boom", "type": "server_error", "code": None}, "model_unavailable", True),
        (
            {"message": "boom", "type": None, "param": None, "code": "500"},
            "model_unavailable",
            True,
        ),
        ({"code": 429}, "model_rate_limited", True),
        ({"type": "rate_limit_error"}, "model_rate_limited", True),
        ({"code": "context_length_exceeded"}, "context_too_long", False),
        ({"type": "invalid_request_error"}, "model_rejected", False),
        ({"code": "content_filter"}, "content_filtered", False),
        ("planted words", "model_unavailable", True),
    ],
)
def test_an_error_inside_the_stream_ends_it(
    text: str, error: Any, code: str, *, again: bool
) -> None:
    steps = [chunk(text)] if text else []

    heard = ask(streams(*steps, event({"error": error}), chunk("never"), DONE))

    assert heard.failure is not None
    assert (heard.text, heard.code, heard.failure.may_be_tried_again) == (text, code, again)
    assert "planted" not in heard.failure.detail + str(heard.failure)


def test_an_error_under_status_200_is_an_error() -> None:
    error = {"object": "error", "message": "planted words", "code": 400, "type": "BadRequestError"}

    plain = ask(Reply([json.dumps(error).encode()], headers={"Content-Type": "application/json"}))

    assert plain.code == "model_rejected"


@fault(28)
@pytest.mark.parametrize(
    "data",
    [b"{not json", b"[1]", b"1", b'"text"', b"[" * 100_000],
    ids=["cut", "list", "number", "text", "deep"],
)
def test_a_chunk_that_is_no_json_object_is_a_failure(data: bytes) -> None:
    heard = ask(streams(chunk("x"), b"data: " + data + b"\n\n", chunk("never"), DONE))

    assert (heard.text, heard.code) == ("x", "model_unavailable")


@fault(28)
def test_a_line_of_a_megabyte_is_read_and_a_longer_one_is_a_failure() -> None:
    def line(text_bytes: int) -> bytes:
        frame = chunk("").replace(b'""', b'"' + b"y" * text_bytes + b'"')
        return frame[:-2] + b"\n\n"

    room = MAX_EVENT_BYTES - len(line(0)) + 2
    patience = Patience(first_byte_seconds=10, chunk_seconds=10)

    fits = ask(streams(line(room), chunk(finish="stop"), DONE), patience=patience)
    too_long = ask(streams(line(room + 1), chunk(finish="stop"), DONE), patience=patience)
    endless = ask(streams(*[b"z" * 65_536] * 20, HANG), patience=patience)

    assert len(fits.text) == room
    assert (too_long.code, endless.code) == ("model_unavailable", "model_unavailable")


def test_a_reader_who_leaves_closes_the_connection() -> None:
    async def story() -> None:
        http = HttpClient()
        async with serving(streams(chunk("x"), HANG)) as server:
            provider = OpenAiProvider(openai_at(server.base_url), http, Keys(str, print))
            pieces = provider.answer(QUESTION)
            await anext(pieces)

            await pieces.aclose()  # type: ignore[attr-defined]

            async with asyncio.timeout(5):
                await server.gone.wait()
            await http.close()

    asyncio.run(story())


async def twice(server: OpenAiServer) -> list[str]:
    """Ask twice over one client; return the texts."""
    http, texts = HttpClient(), []
    provider = OpenAiProvider(openai_at(server.base_url), http, Keys(str, print))
    for _ in range(2):
        pieces = [piece async for piece in provider.answer(QUESTION)]
        texts.append("".join(each.text for each in pieces if isinstance(each, TextPiece)))
    await http.close()
    return texts


def test_a_connection_is_kept_for_the_next_question() -> None:
    async def story() -> None:
        async with serving(replace(says("one"), keeps=True), says("two")) as server:
            assert await twice(server) == ["one", "two"]
            assert server.connections == 1

    asyncio.run(story())


def test_a_kept_connection_that_is_dead_is_no_failure() -> None:
    replies = [replace(says("one"), keeps=True), Reply(before=[RESET]), says("two")]

    async def story() -> None:
        async with serving(*replies) as server:
            assert await twice(server) == ["one", "two"]
            assert server.connections == 2

    asyncio.run(story())


def test_a_new_connection_that_breaks_is_asked_over_once() -> None:
    heard = ask(Reply(before=[RESET]))

    assert len(heard.server.asked) == 1


@fault(26)
@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("Sat, 21 Nov 2026 05:00:42 GMT", 42),
        ("Saturday, 21-Nov-26 05:00:42 GMT", 42),
        ("Sat, 21 Nov 2026 04:00:00 GMT", 0),
        ("-1", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("9" * 40, None),
        ("²", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(header: str | None, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)

    assert retry_after(header, now=now) == seconds


@fault(26)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_comes_with_the_refusal(status: int) -> None:
    heard = ask(refuses(status, Retry_After="17"))

    assert heard.failure is not None
    assert heard.failure.retry_after_seconds == 17
