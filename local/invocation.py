"""One call of a function, and how it ends."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class FunctionError(Exception):
    """The function failed. ``answer``: what Lambda returns: errorMessage, errorType."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        """Args: answer: Lambda's own words."""
        super().__init__(answer.get("errorMessage", "failed"))
        self.answer = answer


@dataclass(slots=True, eq=False)
class Invocation:
    """One event on its way through a worker. Whoever waits for ``answer`` may stop waiting."""

    payload: bytes
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    trace: str = field(
        default_factory=lambda: f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
    )
    answer: "asyncio.Future[bytes]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def succeed(self, body: bytes) -> None:
        """Hand over the answer, if somebody still waits."""
        if not self.answer.done():
            self.answer.set_result(body)

    def fail(self, kind: str, message: str, **more: Any) -> None:
        """Hand over the failure, if somebody still waits."""
        if not self.answer.done():
            words = {"errorType": kind, "errorMessage": message, **more}
            self.answer.set_exception(FunctionError(words))
