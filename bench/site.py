"""A site that speaks NLWeb for benchmarks, in the older generation of its protocol.

It takes its time as a site does that asks a model to rank what it found, and another to sum it up:
results come in bursts. It serves the connection management API beside that, so that the same clock
tells when a piece left the site and when it was posted to the listener.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bench.beside import beside

BURSTS_MS = (700, 30, 20, 250, 20, 180)
"""How long each result is waited for."""
SUMMARY_MS = 800
URL = "https://site.example/{}"
SUMMED_UP = "All in all"


def mark(number: int) -> str:
    """Return what only result ``number`` says."""
    return f"Result-{number}-"


@dataclass(slots=True)
class Call:
    """One question to the site. ``sent`` and ``heard`` are the times of its pieces, in seconds.

    ``heard`` is when they were posted, by what they say; ``settled`` when the whole answer was.
    """

    asked: float
    sent: dict[str, float] = field(default_factory=dict)
    heard: dict[str, float] = field(default_factory=dict)
    settled: float = 0.0


@dataclass(slots=True)
class Site:
    """Answers of some results, and a summary where ``summarize`` is asked for."""

    port: int = 0
    calls: list[Call] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Stream one answer."""
        call = Call(time.perf_counter())
        self.calls.append(call)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number, wait_ms in enumerate(BURSTS_MS):
            await asyncio.sleep(wait_ms / 1_000)
            call.sent[mark(number)] = time.perf_counter()
            await response.write(_event("result_batch", results=[_result(number)]))
        if request.query["generate_mode"] == "summarize":
            await asyncio.sleep(SUMMARY_MS / 1_000)
            call.sent[SUMMED_UP] = time.perf_counter()
            await response.write(_event("summary", message=f"{SUMMED_UP}, these are good."))
        await response.write(_event("complete"))
        return response

    async def post(self, request: web.Request) -> web.Response:
        """Take a post to a connection; note which pieces it brings."""
        at, frame = time.perf_counter(), json.loads(await request.read() or b"{}")
        text = str(frame.get("text", "")) if frame.get("type") == "delta" else ""
        event = frame.get("event", {})
        if self.calls and (text or "items" in event.get("body", {})):
            call = self.calls[-1]
            for each in call.sent:
                if each in text:
                    call.heard.setdefault(each, at)
            call.settled = at if event else call.settled
        return web.Response()

    @contextmanager
    def serving(self) -> Iterator["Site"]:
        """Serve inside this block."""
        with beside(self._register) as self.port:
            yield self

    def _register(self, app: web.Application) -> None:
        app.router.add_get("/ask", self.answer)
        app.router.add_route("*", "/live/@connections/{id}", self.post)

    def environment(self, modes: Sequence[str]) -> dict[str, str]:
        """Return what points a function here: an assistant for each mode, and its posts."""
        entry = {"provider": "nlweb", "base_url": self.address}
        entries = [entry | {"name": each, "mode": each} for each in modes]
        return {
            "WIRESIDE_ASSISTANTS": json.dumps(entries),
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"{self.address}/live",
        }


def _result(number: int) -> dict[str, Any]:
    return {
        "url": URL.format(number),
        "name": f"{mark(number)} a dish",
        "site": "site",
        "score": 90 - number,
        "description": "What a model says of how well it fits. " * 5,
        "schema_object": {"@type": "Recipe", "name": mark(number), "text": "x" * 1_500},
    }


def _event(kind: str, **more: Any) -> bytes:
    return b"data: " + json.dumps({"message_type": kind, **more}).encode() + b"\n\n"
