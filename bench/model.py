"""A model provider for benchmarks: streams a fixed answer as an OpenAI-compatible server does.

It serves the connection management API beside it, so that both ends of an answer are timed by one
clock. It runs in a thread of the benchmark's process.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web

from bench.beside import beside

DELTA = b'"type":"delta"'
PIECE = "word "


@dataclass(slots=True)
class Model:
    """Answers of ``tokens`` pieces, one every ``every_ms``.

    ``asked``, ``sent`` and ``heard`` hold, for each answer, when the provider was asked, when it
    sent its first piece, and when the first delta was posted, in seconds.
    """

    tokens: int
    every_ms: float
    port: int = 0
    posts: int = 0
    asked: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Return where it is."""
        return f"http://127.0.0.1:{self.port}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Stream one answer."""
        self.asked.append(time.perf_counter())
        await request.read()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for number in range(self.tokens):
            await asyncio.sleep(self.every_ms / 1_000)
            if not number:
                self.sent.append(time.perf_counter())
            await response.write(_event({"choices": [{"delta": {"content": PIECE}}]}))
        usage = {"prompt_tokens": 100, "completion_tokens": self.tokens}
        await response.write(_event({"choices": [{"delta": {}, "finish_reason": "stop"}]}))
        await response.write(_event({"choices": [], "usage": usage}) + b"data: [DONE]\n\n")
        return response

    async def post(self, request: web.Request) -> web.Response:
        """Take a post to a connection."""
        self.posts += 1
        if DELTA in await request.read() and len(self.heard) < len(self.sent):
            self.heard.append(time.perf_counter())
        return web.Response()

    @contextmanager
    def serving(self) -> Iterator["Model"]:
        """Serve inside this block."""
        with beside(self._register) as self.port:
            yield self

    def _register(self, app: web.Application) -> None:
        app.router.add_post("/v1/chat/completions", self.answer)
        app.router.add_route("*", "/live/@connections/{id}", self.post)

    def environment(self) -> dict[str, str]:
        """Return what points a function here, for the model and for its posts."""
        entry = {"name": "model", "provider": "openai", "model": "m"}
        return {
            "WIRESIDE_ASSISTANTS": json.dumps([entry | {"base_url": f"{self.address}/v1"}]),
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"{self.address}/live",
        }


def _event(content: object) -> bytes:
    return b"data: " + json.dumps(content).encode() + b"\n\n"
