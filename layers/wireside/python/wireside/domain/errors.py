"""Every error that Wireside raises on purpose.

::

    WiresideError
    ├── Refused               the caller's fault: a typed error goes back, nothing is lost
    ├── DependencyFailed      somebody else's fault
    │   ├── Unavailable       store, queue or gateway: the caller may try again
    │   └── ModelFailed       a provider: becomes ``run_failed`` or ``finish_reason: error``
    ├── ToolRefused           a model called a tool in a way that cannot be
    └── ConnectionGone        the connection that wrote no longer exists: nobody to tell
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class ErrorCode(StrEnum):
    """The codes of ``error`` frames and HTTP errors. Values are the wire's spelling."""

    MALFORMED_FRAME = "malformed_frame"
    UNKNOWN_ACTION = "unknown_action"
    HELLO_REQUIRED = "hello_required"
    INVALID_AFTER_SEQ = "invalid_after_seq"
    UNAUTHORIZED = "unauthorized"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a code
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    CLIENT_ID_REUSED = "client_id_reused"
    RESYNC_REQUIRED = "resync_required"
    CONVERSATION_ENDED = "conversation_ended"
    CONVERSATION_FULL = "conversation_full"
    ALREADY_TAKEN_OVER = "already_taken_over"
    FRAME_TOO_LARGE = "frame_too_large"
    TEXT_TOO_LONG = "text_too_long"
    INVALID_FIELD = "invalid_field"
    UNKNOWN_MODEL = "unknown_model"
    RATE_LIMITED = "rate_limited"
    QUEUE_FULL = "queue_full"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class RunErrorCode(StrEnum):
    """The codes of ``run_failed`` events."""

    MODEL_TIMEOUT = "model_timeout"
    MODEL_UNAVAILABLE = "model_unavailable"
    MODEL_REJECTED = "model_rejected"
    MODEL_RATE_LIMITED = "model_rate_limited"
    CONTENT_FILTERED = "content_filtered"
    CONTEXT_TOO_LONG = "context_too_long"
    QUOTA_EXCEEDED = "quota_exceeded"
    INTERNAL = "internal"


TRIED_AGAIN = frozenset(
    {
        RunErrorCode.MODEL_TIMEOUT,
        RunErrorCode.MODEL_UNAVAILABLE,
        RunErrorCode.MODEL_RATE_LIMITED,
        RunErrorCode.INTERNAL,
    }
)
"""Failures of a provider that may pass; the others are about the question or the settings."""

HTTP_STATUS: Mapping[ErrorCode, int] = MappingProxyType(
    {
        ErrorCode.MALFORMED_FRAME: 400,
        ErrorCode.UNKNOWN_ACTION: 400,
        ErrorCode.HELLO_REQUIRED: 400,
        ErrorCode.INVALID_AFTER_SEQ: 400,
        ErrorCode.UNAUTHORIZED: 401,
        ErrorCode.TOKEN_EXPIRED: 401,
        ErrorCode.NOT_ALLOWED: 403,
        ErrorCode.NOT_FOUND: 404,
        ErrorCode.CLIENT_ID_REUSED: 409,
        ErrorCode.RESYNC_REQUIRED: 409,
        ErrorCode.CONVERSATION_ENDED: 409,
        ErrorCode.CONVERSATION_FULL: 409,
        ErrorCode.ALREADY_TAKEN_OVER: 409,
        ErrorCode.FRAME_TOO_LARGE: 413,
        ErrorCode.TEXT_TOO_LONG: 413,
        ErrorCode.INVALID_FIELD: 422,
        ErrorCode.UNKNOWN_MODEL: 422,
        ErrorCode.RATE_LIMITED: 429,
        ErrorCode.QUEUE_FULL: 429,
        ErrorCode.UNAVAILABLE: 503,
        ErrorCode.INTERNAL: 500,
    }
)

RETRYABLE = frozenset(
    {
        ErrorCode.RATE_LIMITED,
        ErrorCode.QUEUE_FULL,
        ErrorCode.UNAVAILABLE,
        ErrorCode.INTERNAL,
    }
)

FATAL = frozenset({ErrorCode.UNAUTHORIZED, ErrorCode.TOKEN_EXPIRED})


class WiresideError(Exception):
    """The root; never raised itself."""


class Refused(WiresideError):
    """The caller asked for something that is not to be had. ``str()`` is fit for the caller."""

    def __init__(
        self,
        code: ErrorCode,
        message: str,
        *,
        details: Mapping[str, str] | None = None,
        retry_after_ms: int | None = None,
    ) -> None:
        """Args: code: the wire's code. details: for example ``{"field": "text"}``."""
        super().__init__(message)
        self.code = code
        self.details = details
        self.retry_after_ms = retry_after_ms


class DependencyFailed(WiresideError):
    """Something that Wireside stands on did not do its part."""


class Unavailable(DependencyFailed):
    """A store, a queue or the gateway refused or stayed silent, also after its client's retries."""


class ModelFailed(DependencyFailed):
    """A provider gave no (whole) answer. ``str()`` is fit for everyone in the conversation."""

    def __init__(
        self,
        code: RunErrorCode,
        message: str,
        *,
        detail: str = "",
        retry_after_seconds: float | None = None,
        is_final: bool = False,
        is_refusal: bool = False,
    ) -> None:
        """Say what happened.

        Args:
            code: the ``run_failed`` code.
            message: what everybody may read.
            detail: what operators may read in the log: a status, a code; never anybody's text.
            retry_after_seconds: how long the provider wants to be left alone.
            is_final: asking again would change nothing, although the code alone says otherwise.
            is_refusal: nothing was read and nothing said, so nothing was used.
        """
        super().__init__(message)
        self.code = code
        self.detail = detail
        self.retry_after_seconds = retry_after_seconds
        self.is_final = is_final
        self.is_refusal = is_refusal

    @property
    def may_be_tried_again(self) -> bool:
        """Whether the same question may get an answer a little later."""
        return self.code in TRIED_AGAIN and not self.is_final


class ToolRefused(WiresideError):
    """A tool cannot be called so. ``str()`` is for the model that called it."""


class ConnectionGone(WiresideError):
    """The connection that sent the frame has no record any more."""


def unauthorized() -> Refused:
    """Return the refusal of a bad or missing token, without a word of the token."""
    return Refused(ErrorCode.UNAUTHORIZED, "A valid token is needed.")


def not_found() -> Refused:
    """Absent and forbidden look the same (protocol, rule 6)."""
    return Refused(ErrorCode.NOT_FOUND, "There is no such conversation, or it is not yours.")
