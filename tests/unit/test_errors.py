"""The error codes, against the protocol's table."""

import pytest

from wireside import wire
from wireside.domain.errors import FATAL, HTTP_STATUS, RETRYABLE, ErrorCode, Refused

TABLE = {
    400: "malformed_frame unknown_action hello_required invalid_after_seq",
    401: "unauthorized token_expired",
    403: "not_allowed",
    404: "not_found",
    409: "client_id_reused resync_required conversation_ended conversation_full already_taken_over",
    413: "frame_too_large text_too_long",
    422: "invalid_field unknown_model",
    429: "rate_limited queue_full",
    503: "unavailable",
    500: "internal",
}


def test_every_code_has_the_status_of_the_protocol() -> None:
    expected = {code: status for status, codes in TABLE.items() for code in codes.split()}

    found = {code.value: status for code, status in HTTP_STATUS.items()}

    assert found == expected
    assert set(HTTP_STATUS) == set(ErrorCode)


def test_only_the_two_codes_of_identity_end_a_connection() -> None:
    assert {ErrorCode.UNAUTHORIZED, ErrorCode.TOKEN_EXPIRED} == FATAL


@pytest.mark.parametrize("code", ["rate_limited", "queue_full", "unavailable"])
def test_what_passes_by_itself_may_be_tried_again(code: str) -> None:
    assert ErrorCode(code) in RETRYABLE


@pytest.mark.parametrize("code", ["not_found", "client_id_reused", "conversation_ended"])
def test_what_stays_so_is_not_tried_again(code: str) -> None:
    assert ErrorCode(code) not in RETRYABLE


def test_an_error_over_http_has_no_fields_that_say_nothing() -> None:
    bare = wire.error_json(Refused(ErrorCode.NOT_FOUND, "Nothing."))
    rich = wire.error_json(
        Refused(ErrorCode.RATE_LIMITED, "Slow.", retry_after_ms=0, details={"field": "x"})
    )

    assert bare == {"code": "not_found", "message": "Nothing.", "retryable": False}
    assert rich["retry_after_ms"] == 0
    assert rich["details"] == {"field": "x"}
