"""Providers against a real server (faults 26 to 28): what may go wrong on every wire."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.contract.asking import QUESTION, openai_at, streams
from tests.contract.dialects import DIALECTS, OPENAI, Dialect
from tests.faults import fault
from tests.openai_server import (
    CUT,
    HANG,
    RESET,
    OpenAiServer,
    Reply,
    refuses,
    serving,
)
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.failures import retry_after
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.sse import MAX_EVENT_BYTES
from wireside.domain.conversation import Patience
from wireside.domain.errors import ModelFailed, RunErrorCode, Unavailable
from wireside.ports import TextPiece


@pytest.fixture(params=DIALECTS, ids=lambda each: each.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return one wire after the other."""
    known: Dialect = request.param
    return known


def unreadable(_name: str) -> str:
    raise Unavailable("A secret could not be read.")


@pytest.mark.parametrize(
    ("read", "code"),
    [(unreadable, "model_unavailable"), (lambda _: "sk\r\nX-Other: 1", "model_rejected")],
)
def test_a_key_that_cannot_be_used_is_a_failure_without_the_key(
    dialect: Dialect, read: Callable[[str], str], code: str
) -> None:
    heard = dialect.ask(dialect.says("x"), keys=Keys(read, print), api_key_parameter="/keys/a")

    assert heard.code == code
    assert heard.failure is not None
    assert "sk" not in heard.failure.detail + str(heard.failure)
    assert heard.server.asked == []


@pytest.mark.parametrize(("status", "forgotten"), [(401, ["/keys/a"]), (403, []), (500, [])])
def test_a_refused_key_is_read_anew_next_time(
    dialect: Dialect, status: int, forgotten: list[str]
) -> None:
    known: list[str] = []

    dialect.ask(refuses(status), keys=Keys(str, known.append), api_key_parameter="/keys/a")

    assert known == forgotten


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(
    ("mishap", "code"),
    [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")],
)
def test_a_stream_that_breaks_is_a_failure_and_what_came_is_kept(
    dialect: Dialect, text: str, mishap: Any, code: str
) -> None:
    steps = [dialect.text(text)] if text else []

    heard = dialect.ask(streams(*steps, mishap))

    assert (heard.text, heard.code) == (text, code)
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


@fault(27)
@pytest.mark.parametrize(
    ("mishap", "code"),
    [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")],
)
def test_a_server_that_never_begins_is_a_failure(dialect: Dialect, mishap: Any, code: str) -> None:
    heard = dialect.ask(Reply(before=[mishap]))

    assert heard.code == code
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


def test_nobody_there_is_a_failure(dialect: Dialect) -> None:
    async def story() -> ModelFailed | None:
        http = HttpClient()
        provider = dialect.make(openai_at("http://127.0.0.1:9/v1"), http, Keys(str, print))
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
def test_a_head_without_a_body_does_not_end_the_wait_for_the_first_byte(dialect: Dialect) -> None:
    patience = Patience(first_byte_seconds=0.2, chunk_seconds=60)

    heard = dialect.ask(streams(HANG), patience=patience)

    assert heard.code == "model_timeout"


def test_a_slow_trickle_is_no_stall(dialect: Dialect) -> None:
    patience = Patience(first_byte_seconds=5, chunk_seconds=5)
    letters = dialect.text("slowly") + b"".join(dialect.end)

    heard = dialect.ask(
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
        (400, {"type": "invalid_request_error"}, "model_rejected", False),
        (401, {"type": "authentication_error"}, "model_rejected", False),
        (402, {"type": "billing_error"}, "model_rejected", False),
        (404, {"type": "not_found_error"}, "model_rejected", False),
        (413, {"type": "request_too_large"}, "context_too_long", False),
        (429, {"type": "rate_limit_error"}, "model_rate_limited", True),
        (500, {"type": "api_error"}, "model_unavailable", True),
        (504, {"type": "timeout_error"}, "model_timeout", True),
        (529, {"type": "overloaded_error"}, "model_unavailable", True),
        (301, None, "model_rejected", False),
        (307, None, "model_rejected", False),
    ],
)
def test_a_refusal_has_a_code_and_is_tried_again_only_where_that_may_help(
    dialect: Dialect, status: int, error: Any, code: str, *, again: bool
) -> None:
    heard = dialect.ask(refuses(status, error))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (code, again)
    assert f"HTTP {status}" in heard.failure.detail
    assert len(heard.server.asked) == 1


def test_a_redirect_is_not_followed(dialect: Dialect) -> None:
    async def story() -> None:
        http = HttpClient()
        async with serving(dialect.says("stolen")) as other:
            away = refuses(307, Location=f"{other.base_url}/chat/completions")
            async with serving(away) as server:
                provider = dialect.make(
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
def test_the_body_of_a_refusal_goes_nowhere(dialect: Dialect, body: bytes) -> None:
    heard = dialect.ask(Reply([body] if body else [], 400))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 400"
    assert "planted" not in str(heard.failure)


def test_of_a_refusal_only_codes_are_kept(dialect: Dialect) -> None:
    error = {"message": "planted words", "type": "planted words", "code": "model_not_found"}

    heard = dialect.ask(refuses(404, error))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 404 model_not_found"


def test_a_refusal_that_never_ends_is_a_refusal_all_the_same(dialect: Dialect) -> None:
    heard = dialect.ask(Reply([b'{"error": {', HANG], 503))

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
        ({"type": "overloaded_error"}, "model_unavailable", True),
        ({"type": "api_error"}, "model_unavailable", True),
        ({"type": "timeout_error"}, "model_timeout", True),
        ({"type": "not_found_error"}, "model_rejected", False),
        ({"type": "request_too_large"}, "context_too_long", False),
        ("planted words", "model_unavailable", True),
    ],
)
def test_an_error_inside_the_stream_ends_it(
    dialect: Dialect, text: str, error: Any, code: str, *, again: bool
) -> None:
    steps = [dialect.text(text)] if text else []

    heard = dialect.ask(streams(*steps, dialect.error(error), dialect.text("never"), *dialect.end))

    assert heard.failure is not None
    assert (heard.text, heard.code, heard.failure.may_be_tried_again) == (text, code, again)
    assert "planted" not in heard.failure.detail + str(heard.failure)


def test_an_error_under_status_200_is_an_error() -> None:
    error = {"object": "error", "message": "planted words", "code": 400, "type": "BadRequestError"}

    plain = OPENAI.ask(
        Reply([json.dumps(error).encode()], headers={"Content-Type": "application/json"})
    )

    assert plain.code == "model_rejected"


@fault(28)
@pytest.mark.parametrize(
    "data",
    [b"{not json", b"[1]", b"1", b'"text"', b"[" * 100_000],
    ids=["cut", "list", "number", "text", "deep"],
)
def test_a_chunk_that_is_no_json_object_is_a_failure(dialect: Dialect, data: bytes) -> None:
    heard = dialect.ask(
        streams(dialect.text("x"), b"data: " + data + b"\n\n", dialect.text("never"), *dialect.end)
    )

    assert (heard.text, heard.code) == ("x", "model_unavailable")


@fault(28)
def test_a_line_of_a_megabyte_is_read_and_a_longer_one_is_a_failure(dialect: Dialect) -> None:
    def line(text_bytes: int) -> bytes:
        frame = dialect.text("").replace(b'""', b'"' + b"y" * text_bytes + b'"')
        return frame[:-2] + b"\n\n"

    room = MAX_EVENT_BYTES - max(map(len, line(0).splitlines()))
    patience = Patience(first_byte_seconds=10, chunk_seconds=10)

    fits = dialect.ask(streams(line(room), *dialect.end), patience=patience)
    too_long = dialect.ask(streams(line(room + 1), *dialect.end), patience=patience)
    endless = dialect.ask(streams(*[b"z" * 65_536] * 20, HANG), patience=patience)

    assert len(fits.text) == room
    assert (too_long.code, endless.code) == ("model_unavailable", "model_unavailable")


def test_a_reader_who_leaves_closes_the_connection(dialect: Dialect) -> None:
    async def story() -> None:
        http = HttpClient()
        async with serving(streams(dialect.text("x"), HANG)) as server:
            provider = dialect.make(openai_at(server.base_url), http, Keys(str, print))
            pieces = provider.answer(QUESTION)
            await anext(pieces)

            await pieces.aclose()  # type: ignore[attr-defined]

            async with asyncio.timeout(5):
                await server.gone.wait()
            await http.close()

    asyncio.run(story())


async def twice(dialect: Dialect, server: OpenAiServer) -> list[str]:
    """Ask twice over one client; return the texts."""
    http, texts = HttpClient(), []
    provider = dialect.make(openai_at(server.base_url), http, Keys(str, print))
    for _ in range(2):
        pieces = [piece async for piece in provider.answer(QUESTION)]
        texts.append("".join(each.text for each in pieces if isinstance(each, TextPiece)))
    await http.close()
    return texts


def test_a_connection_is_kept_for_the_next_question(dialect: Dialect) -> None:
    async def story() -> None:
        async with serving(replace(dialect.says("one"), keeps=True), dialect.says("two")) as server:
            assert await twice(dialect, server) == ["one", "two"]
            assert server.connections == 1

    asyncio.run(story())


def test_a_kept_connection_that_is_dead_is_no_failure(dialect: Dialect) -> None:
    replies = [replace(dialect.says("one"), keeps=True), Reply(before=[RESET]), dialect.says("two")]

    async def story() -> None:
        async with serving(*replies) as server:
            assert await twice(dialect, server) == ["one", "two"]
            assert server.connections == 2

    asyncio.run(story())


def test_a_new_connection_that_breaks_is_asked_over_once(dialect: Dialect) -> None:
    heard = dialect.ask(Reply(before=[RESET]))

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
def test_retry_after_comes_with_the_refusal(dialect: Dialect, status: int) -> None:
    heard = dialect.ask(refuses(status, Retry_After="17"))

    assert heard.failure is not None
    assert heard.failure.retry_after_seconds == 17
