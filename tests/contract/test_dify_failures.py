"""The Dify provider against a real server (faults 26 to 28): what may go wrong on the wire."""

import json
from typing import Any

import pytest

from tests.contract.asking import streams
from tests.contract.asking_dify import ask_dify
from tests.dify_server import END, JSON, answers, declines, error, piece
from tests.faults import fault
from tests.openai_server import CUT, HANG, RESET, Reply
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.sse import MAX_EVENT_BYTES
from wireside.domain.conversation import Patience

MISHAPS = [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")]


@pytest.mark.parametrize(("status", "forgotten"), [(401, ["/keys/a"]), (403, []), (500, [])])
def test_a_refused_key_is_read_anew_next_time(status: int, forgotten: list[str]) -> None:
    known: list[str] = []

    ask_dify(declines(status), keys=Keys(str, known.append), api_key_parameter="/keys/a")

    assert known == forgotten


def test_a_key_that_cannot_be_used_is_a_failure_without_the_key() -> None:
    keys = Keys(lambda _: "app\r\nX-Other: 1", print)

    heard = ask_dify(answers("x"), keys=keys, api_key_parameter="/keys/a")

    assert (heard.code, heard.server.asked) == ("model_rejected", [])
    assert heard.failure is not None
    assert "app" not in heard.failure.detail + str(heard.failure)


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(("mishap", "code"), MISHAPS)
def test_a_stream_that_breaks_is_a_failure_and_what_came_is_kept(
    text: str, mishap: Any, code: str
) -> None:
    steps = [piece(text)] if text else []

    heard = ask_dify(streams(*steps, mishap))

    assert (heard.text, heard.code) == (text, code)
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


@fault(27)
@pytest.mark.parametrize(("mishap", "code"), MISHAPS)
def test_a_server_that_never_begins_is_a_failure(mishap: Any, code: str) -> None:
    heard = ask_dify(Reply(before=[mishap]))

    assert heard.code == code
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again


@fault(27)
def test_a_head_without_a_body_does_not_end_the_wait_for_the_first_byte() -> None:
    patience = Patience(first_byte_seconds=0.2, chunk_seconds=60)

    heard = ask_dify(streams(HANG), patience=patience)

    assert heard.code == "model_timeout"


@fault(26)
@pytest.mark.parametrize(
    ("status", "word", "code", "again"),
    [
        (400, "invalid_param", "model_rejected", False),
        (400, "app_unavailable", "model_rejected", False),
        (400, "provider_not_initialize", "model_rejected", False),
        (400, "provider_quota_exceeded", "model_rate_limited", False),
        (400, "completion_request_error", "model_unavailable", True),
        (401, "unauthorized", "model_rejected", False),
        (403, "forbidden", "model_rejected", False),
        (404, "not_found", "model_rejected", False),
        (413, "file_too_large", "context_too_long", False),
        (429, "too_many_requests", "model_rate_limited", True),
        (500, "internal_server_error", "model_unavailable", True),
        (502, "bad_gateway", "model_unavailable", True),
        (504, "timeout", "model_timeout", True),
        (307, "elsewhere", "model_rejected", False),
    ],
)
def test_a_refusal_has_a_code_and_is_tried_again_only_where_that_may_help(
    status: int, word: str, code: str, *, again: bool
) -> None:
    heard = ask_dify(declines(status, word))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (code, again)
    assert heard.failure.detail == f"HTTP {status} {status} {word}"
    assert "planted" not in str(heard.failure)
    assert len(heard.server.asked) == 1


@fault(26)
def test_what_retry_after_asks_for_is_passed_on() -> None:
    heard = ask_dify(declines(429, Retry_After="7"))

    assert heard.failure is not None
    assert heard.failure.retry_after_seconds == 7


@fault(50)
@pytest.mark.parametrize("body", [b"", b"<html>planted words</html>", b"[" * 70_000, b"null"])
def test_the_body_of_a_refusal_goes_nowhere(body: bytes) -> None:
    heard = ask_dify(Reply([body] if body else [], 400))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 400"
    assert "planted" not in str(heard.failure)


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(
    ("word", "status", "code", "again"),
    [
        ("completion_request_error", 400, "model_unavailable", True),
        ("internal_server_error", 500, "model_unavailable", True),
        ("rate_limit_error", 429, "model_rate_limited", True),
        ("provider_quota_exceeded", 400, "model_rate_limited", False),
        ("invalid_param", 400, "model_rejected", False),
        ("planted words", 400, "model_rejected", False),
    ],
)
def test_an_error_inside_the_stream_ends_it(
    text: str, word: str, status: int, code: str, *, again: bool
) -> None:
    steps = [piece(text)] if text else []

    heard = ask_dify(streams(*steps, error(word, status), piece("never"), END))

    assert heard.failure is not None
    assert (heard.text, heard.code, heard.failure.may_be_tried_again) == (text, code, again)
    assert "planted" not in heard.failure.detail + str(heard.failure)


def test_an_error_under_status_200_is_an_error() -> None:
    said = {"code": "invalid_param", "message": "planted words", "status": 400}

    heard = ask_dify(Reply([json.dumps(said).encode()], headers=JSON))

    assert heard.code == "model_rejected"


@fault(28)
@pytest.mark.parametrize(
    "data",
    [b"{not json", b"[1]", b"1", b'"text"', b"[" * 100_000],
    ids=["cut", "list", "number", "text", "deep"],
)
def test_an_event_that_is_no_json_object_is_a_failure(data: bytes) -> None:
    heard = ask_dify(streams(piece("x"), b"data: " + data + b"\n\n", piece("never"), END))

    assert (heard.text, heard.code) == ("x", "model_unavailable")


@fault(28)
def test_a_line_of_a_megabyte_is_read_and_a_longer_one_is_a_failure() -> None:
    room = MAX_EVENT_BYTES - len(piece("")) + 2
    patience = Patience(first_byte_seconds=10, chunk_seconds=10)

    fits = ask_dify(streams(piece("y" * room), END), patience=patience)
    too_long = ask_dify(streams(piece("y" * (room + 1)), END), patience=patience)

    assert len(fits.text) == room
    assert too_long.code == "model_unavailable"
