"""A handler around a function's own, which times it and its calls of AWS's services.

What counts of a call is the time inside botocore's HTTP session, from the request until the whole
answer is read, by the clock on the wall: where processes wait for a core, it has their waiting in
it. The lean calls of the authorizer are not counted. Times are written to a file of the process,
twice a second at most.
"""

import importlib
import json
import os
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from botocore.httpsession import URLLib3Session

WRITE_SECONDS = 0.5


@dataclass(slots=True)
class Times:
    """Sums since the start of the process, in seconds."""

    function: str
    invocations: int = 0
    seconds: float = 0.0
    calls: int = 0
    call_seconds: float = 0.0


TIMES = Times(os.environ["AWS_LAMBDA_FUNCTION_NAME"])
FILE = Path(os.environ["LOCAL_TIMES"]) / f"{TIMES.function}-{os.getpid()}.json"
LOCK = threading.Lock()
SEND = URLLib3Session.send


def send(session: Any, request: Any) -> Any:
    """Send a request, and count it."""
    started = time.perf_counter()
    try:
        return SEND(session, request)
    finally:
        with LOCK:
            TIMES.calls += 1
            TIMES.call_seconds += time.perf_counter() - started


URLLib3Session.send = send  # type: ignore[method-assign,assignment]
MODULE, _, NAME = os.environ["LOCAL_TIMED_HANDLER"].rpartition(".")
HANDLER = getattr(importlib.import_module(MODULE), NAME)
written_at = 0.0


def handler(event: Any, context: Any) -> Any:
    """Answer as the function's own handler does, and count it."""
    global written_at  # noqa: PLW0603 - a function's process has nothing else to keep it in
    started = time.perf_counter()
    try:
        return HANDLER(event, context)
    finally:
        now = time.perf_counter()
        TIMES.invocations += 1
        TIMES.seconds += now - started
        if now - written_at > WRITE_SECONDS:
            written_at = now
            # Whoever reads meanwhile finds the old times or the new ones, never half of them.
            fresh = FILE.with_suffix(".new")
            fresh.write_text(json.dumps(asdict(TIMES)), encoding="ascii")
            fresh.replace(FILE)
