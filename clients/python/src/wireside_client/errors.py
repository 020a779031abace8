"""What may go wrong for whoever uses the client."""

from collections.abc import Mapping
from typing import Any


class WiresideError(Exception):
    """The root of this package's errors."""


class Refused(WiresideError):
    """The service said no. ``code`` is one of the protocol's, ``str()`` is for people."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error.get("message") or error["code"])
        self.code: str = error["code"]
        self.retryable: bool = error.get("retryable", False)
        self.retry_after_ms: int | None = error.get("retry_after_ms")
        self.details: Mapping[str, Any] = error.get("details", {})


class Closed(WiresideError):
    """The client was closed before the answer came."""


class ShelfUnreadable(WiresideError):
    """What is on the shelf cannot be read as an outbox. Nothing was changed there."""

    def __init__(self) -> None:
        super().__init__("What was kept of unsent messages cannot be read.")
