"""Lambda's Invoke: ``POST /2015-03-31/functions/<name>/invocations``, signed.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import asyncio
import json
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from local.invocation import FunctionError
from local.runtime import Pool
from local.sigv4 import LAMBDA, UnsignedError, verify

ROUTE = "/2015-03-31/functions/{name}/invocations"
MAX_EVENT_BYTES = {"RequestResponse": 6 * 1024 * 1024, "Event": 1024 * 1024}
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
END_SECONDS = 3


@dataclass(slots=True)
class Invoke:
    """Calls functions for whoever asks; an asynchronous call is made once and forgotten."""

    pools: Mapping[str, Pool]
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        body = await request.read()
        try:
            verify(request.method, request.raw_path, request.headers, body, service=LAMBDA)
        except UnsignedError as error:
            return _error(403, error.kind, str(error))
        # An ARN, whole or in part, ends in the name as well; a qualifier is not known here.
        name = unquote(request.match_info["name"]).rpartition(":")[2]
        if name not in self.pools:
            return _error(404, "ResourceNotFoundException", f"Function not found: {name}")
        kind = request.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        return await self._call(self.pools[name], kind, body)

    async def _call(self, pool: Pool, kind: str, body: bytes) -> web.Response:
        if kind not in MAX_EVENT_BYTES:
            return _error(400, "InvalidParameterValueException", f"Not known here: {kind}")
        if len(body) > MAX_EVENT_BYTES[kind]:
            return _error(413, "RequestTooLargeException", "The request's payload is too large")
        try:
            event = json.loads(body or b"{}")
        except ValueError:
            return _error(400, "InvalidRequestContentException", "Could not parse request body")
        if kind == "Event":
            self._spawn(pool, event)
            return _answer(202, b"")
        try:
            return _answer(200, json.dumps(await pool.invoke(event)).encode())
        except FunctionError as error:
            failed = json.dumps(error.answer).encode()
            return _answer(200, failed, {"X-Amz-Function-Error": "Unhandled"})

    def _spawn(self, pool: Pool, event: Any) -> None:
        task = asyncio.create_task(_forgotten(pool, event))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Let what was begun come to an end."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=END_SECONDS)


async def _forgotten(pool: Pool, event: Any) -> None:
    # The worker has said on the console what went wrong.
    with suppress(FunctionError):
        await pool.invoke(event)


def _answer(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    named = {"X-Amzn-RequestId": str(uuid.uuid4()), **(headers or {})}
    return web.Response(status=status, body=body, headers=named, content_type="application/json")


def _error(status: int, kind: str, message: str) -> web.Response:
    words = json.dumps({"Type": "User", "Message": message}).encode()
    return _answer(status, words, {"X-Amzn-ErrorType": kind})
