"""What a provider's refusal means: from statuses and error objects to ``ModelFailed``.

Nothing that a provider wrote goes further than this module, but for its error's code.
"""

import email.utils
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from wireside.domain.errors import ModelFailed, RunErrorCode

WORDS: Mapping[RunErrorCode, str] = {
    RunErrorCode.MODEL_TIMEOUT: "The assistant took too long.",
    RunErrorCode.MODEL_UNAVAILABLE: "The assistant could not be reached.",
    RunErrorCode.MODEL_REJECTED: "The assistant's provider refused the request.",
    RunErrorCode.MODEL_RATE_LIMITED: "The assistant is asked too often at the moment.",
    RunErrorCode.CONTENT_FILTERED: "The assistant's provider filtered this conversation.",
    RunErrorCode.CONTEXT_TOO_LONG: "The conversation is too long for the assistant.",
}
"""What everybody in the conversation reads."""

TIMED_OUT = frozenset({408, 504})
CONFLICTS = frozenset({409, 425})
TOO_LARGE = 413
TOO_MANY = 429
SERVER_ERROR = 500
TOO_LONG_CODES = frozenset(
    {"context_length_exceeded", "string_above_max_length", "request_too_large"}
)
FILTER_CODES = frozenset({"content_filter", "content_policy_violation"})
QUOTA_CODES = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "provider_quota_exceeded"}
)
UPSTREAM_CODES = frozenset({"completion_request_error"})
"""Dify's word for a failure of the model behind it, under status 400 whatever it was."""
RATE_CODES = frozenset({"rate_limit_exceeded", "rate_limit_error", "rate_limited", "429"})
TIMEOUT_TYPES = frozenset({"timeout_error"})
REQUEST_TYPES = frozenset(
    {
        "invalid_request_error",
        "authentication_error",
        "billing_error",
        "permission_error",
        "not_found_error",
        "INVALID_REQUEST",
    }
)
MEANINGS = (
    (TOO_LONG_CODES, RunErrorCode.CONTEXT_TOO_LONG),
    (FILTER_CODES, RunErrorCode.CONTENT_FILTERED),
    (RATE_CODES | QUOTA_CODES, RunErrorCode.MODEL_RATE_LIMITED),
    (UPSTREAM_CODES, RunErrorCode.MODEL_UNAVAILABLE),
    (TIMEOUT_TYPES, RunErrorCode.MODEL_TIMEOUT),
    (REQUEST_TYPES, RunErrorCode.MODEL_REJECTED),
)
"""What such words mean; the first that fits counts."""
SAFE_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def failed(code: RunErrorCode, detail: str, **more: Any) -> ModelFailed:
    """Return the failure with its standing words."""
    return ModelFailed(code, WORDS[code], detail=detail, **more)


def refused(status: int, error: object, *, retry_after_seconds: float | None) -> ModelFailed:
    """Return what an answer that is not 200 means. ``error`` is its ``error`` object, if any."""
    known = _words_of(error)
    detail = " ".join([f"HTTP {status}", *_safe(known)])
    code = _by_words(known) or _by_status(status)
    if known & QUOTA_CODES:
        return failed(code, detail, is_final=True, is_refusal=True)
    is_refusal = code is not RunErrorCode.MODEL_TIMEOUT  # a gateway gave up; the model may have not
    return failed(code, detail, retry_after_seconds=retry_after_seconds, is_refusal=is_refusal)


def broken_off(error: object) -> ModelFailed:
    """Return what an error object inside a stream means."""
    known = _words_of(error)
    detail = " ".join(["error in stream", *_safe(known)])
    statuses = [int(each) for each in known if re.fullmatch(r"[45]\d\d", each)]
    by_status = _by_status(statuses[0]) if statuses else None
    code = _by_words(known) or by_status or RunErrorCode.MODEL_UNAVAILABLE
    return failed(code, detail, is_final=bool(known & QUOTA_CODES))


def _words_of(error: object) -> set[str]:
    """Return code, type and status of an error object, as servers of all kinds spell them."""
    if not isinstance(error, dict):
        return set()
    named = (error.get(key) for key in ("code", "type", "status"))
    return {str(each) for each in named if isinstance(each, str | int)}


def _safe(known: set[str]) -> list[str]:
    return sorted(each for each in known if SAFE_CODE.fullmatch(each))


def _by_words(known: set[str]) -> RunErrorCode | None:
    return next((code for words, code in MEANINGS if known & words), None)


def _by_status(status: int) -> RunErrorCode:
    if status == TOO_MANY:
        return RunErrorCode.MODEL_RATE_LIMITED
    if status in TIMED_OUT:
        return RunErrorCode.MODEL_TIMEOUT
    if status >= SERVER_ERROR or status in CONFLICTS:
        return RunErrorCode.MODEL_UNAVAILABLE
    if status == TOO_LARGE:
        return RunErrorCode.CONTEXT_TOO_LONG
    return RunErrorCode.MODEL_REJECTED


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds that a ``Retry-After`` header asks for; ``None`` for none or nonsense.

    Source: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", text, re.ASCII):
        return float(text)
    try:
        moment = email.utils.parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - (now or datetime.now(UTC))).total_seconds())
