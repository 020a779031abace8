"""Error codes, from the enumerations that raise them."""

from checks.tables.markdown import code, table, yes
from wireside.domain.errors import (
    FATAL,
    HTTP_STATUS,
    RETRYABLE,
    TRIED_AGAIN,
    ErrorCode,
    RunErrorCode,
)


def error_codes() -> str:
    """Return the codes of ``error`` frames and HTTP errors, by status."""
    rows = [
        (
            str(HTTP_STATUS[each]),
            code(each.value),
            yes(when=each in RETRYABLE),
            yes(when=each in FATAL),
        )
        for each in sorted(ErrorCode, key=lambda each: HTTP_STATUS[each])
    ]
    return table(("HTTP", "code", "retryable", "fatal"), rows)


def run_error_codes() -> str:
    """Return the codes of ``run_failed`` events."""
    rows = [(code(each.value), yes(when=each in TRIED_AGAIN)) for each in RunErrorCode]
    return table(("code", "tried again before it fails"), rows)
