"""Providers against a real server (faults 26 and 50): what refuses them, and who learns of it."""

from datetime import UTC, datetime

import pytest

from tests.contract.dialects import DIALECTS, OPENAI, Dialect, where
from tests.contract.dialects.dialect import Refusal
from tests.faults import fault
from tests.openai_server import HANG, Reply
from wireside.adapters.llm.failures import retry_after

REFUSALS = [
    pytest.param(dialect, each, id=f"{dialect.name}-{each.status}-{index}")
    for dialect in DIALECTS
    for index, each in enumerate(dialect.refusals)
]


@fault(26)
@pytest.mark.parametrize(
    ("status", "code", "again"),
    [
        (400, "model_rejected", False),
        (401, "model_rejected", False),
        (403, "model_rejected", False),
        (404, "model_rejected", False),
        (408, "model_timeout", True),
        (409, "model_unavailable", True),
        (413, "context_too_long", False),
        (422, "model_rejected", False),
        (429, "model_rate_limited", True),
        (500, "model_unavailable", True),
        (502, "model_unavailable", True),
        (503, "model_unavailable", True),
        (504, "model_timeout", True),
        (529, "model_unavailable", True),
        (301, "model_rejected", False),
        (307, "model_rejected", False),
    ],
)
def test_a_refusal_has_a_code_and_is_tried_again_only_where_that_may_help(
    dialect: Dialect, status: int, code: str, *, again: bool
) -> None:
    heard = dialect.ask(dialect.refuses(status))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (code, again)
    assert f"HTTP {status}" in heard.failure.detail
    assert "planted" not in heard.failure.detail + str(heard.failure)
    assert len(heard.server.asked) == 1


@fault(26)
@pytest.mark.parametrize(("dialect", "known"), REFUSALS)
def test_what_a_wire_calls_its_refusals_is_understood(dialect: Dialect, known: Refusal) -> None:
    heard = dialect.ask(dialect.refuses(known.status, known.error))

    assert heard.failure is not None
    assert (heard.code, heard.failure.may_be_tried_again) == (known.code, known.again)
    assert f"HTTP {known.status}" in heard.failure.detail
    assert "planted" not in heard.failure.detail + str(heard.failure)


@pytest.mark.parametrize("status", [400, 401, 404, 413, 429, 500, 503, 529])
def test_who_is_refused_has_used_nothing(dialect: Dialect, status: int) -> None:
    heard = dialect.ask(dialect.refuses(status))

    assert heard.failure is not None
    assert heard.failure.is_refusal


@pytest.mark.parametrize("status", [408, 504])
def test_who_was_waited_for_too_long_may_have_read_the_question(
    dialect: Dialect, status: int
) -> None:
    heard = dialect.ask(dialect.refuses(status))

    assert heard.failure is not None
    assert not heard.failure.is_refusal


@fault(50)
@pytest.mark.parametrize(
    "body", [b"", b"<html>planted words</html>", b'{"error": "planted words"}']
)
def test_the_body_of_a_refusal_goes_nowhere(dialect: Dialect, body: bytes) -> None:
    heard = dialect.ask(Reply([body] if body else [], 400))

    assert heard.failure is not None
    assert (heard.code, heard.failure.detail) == ("model_rejected", "HTTP 400")
    assert "planted" not in str(heard.failure)


@where("refusals of no kind")
@pytest.mark.parametrize("body", [b"[" * 70_000, b"null", b"7"], ids=["deep", "null", "number"])
def test_a_refusal_whose_body_means_nothing_is_known_by_its_status(
    dialect: Dialect, body: bytes
) -> None:
    heard = dialect.ask(Reply([body], 400))

    assert heard.failure is not None
    assert (heard.code, heard.failure.detail) == ("model_rejected", "HTTP 400")


def test_of_a_refusal_only_codes_are_kept() -> None:
    error = {"message": "planted words", "type": "planted words", "code": "model_not_found"}

    heard = OPENAI.ask(OPENAI.refuses(404, error))

    assert heard.failure is not None
    assert heard.failure.detail == "HTTP 404 model_not_found"


@where("refusals by halves")
def test_a_refusal_that_never_ends_is_a_refusal_all_the_same(dialect: Dialect) -> None:
    heard = dialect.ask(Reply([b'{"error": {', HANG], 503))

    assert heard.code == "model_unavailable"


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
        (f"Sat, 21 Nov {'9' * 20} 05:00:42 GMT", None),
        (f"Sat, 21 Nov 2026 05:00:42 +{'9' * 20}", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(header: str | None, seconds: float | None) -> None:
    now = datetime(2026, 11, 21, 5, 0, tzinfo=UTC)

    assert retry_after(header, now=now) == seconds


@fault(26)
@pytest.mark.parametrize("status", [429, 503, 529])
@pytest.mark.parametrize(("header", "seconds"), [("17", 17), ("Sat, 21 Nov 2015 05:00:42 GMT", 0)])
def test_retry_after_comes_with_the_refusal(
    dialect: Dialect, status: int, header: str, seconds: int
) -> None:
    heard = dialect.ask(dialect.refuses(status, Retry_After=header))

    assert heard.failure is not None
    assert heard.failure.retry_after_seconds == seconds
