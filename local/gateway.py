"""The gateway's WebSockets: the handshake with its authorizer, and the routes.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
"""

import asyncio
import json
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from aiohttp import web

from local import events
from local.invocation import FunctionError
from local.model import WebSocketApi
from local.runtime import Pool
from local.websocket import (
    CLOSE_GOING_AWAY,
    MAX_BUFFER_BYTES,
    Line,
    Message,
    new_connection_id,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """API Gateway's limits, compressible for tests.

    ``tell_disconnects`` off loses every ``$disconnect``, as AWS loses some. ``refuses_binary``
    closes on a binary frame with 1003, as AWS's documentation says; else it arrives in base64.
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-binary-media-types.html
    """

    idle_seconds: float = 600
    lifetime_seconds: float = 7_200
    integration_seconds: float = 29
    send_buffer_bytes: int = MAX_BUFFER_BYTES
    tell_disconnects: bool = True
    refuses_binary: bool = False


EFFECTS = {"Allow", "Deny"}


class _RefusedError(Exception):
    """The handshake is answered with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.response = web.json_response({"message": message}, status=status)


@dataclass(slots=True)
class Gateway:
    """Keeps the open WebSockets, and calls functions for what comes in."""

    api: WebSocketApi
    pools: Mapping[str, Pool]
    limits: Limits
    domain: str
    lines: dict[str, Line] = field(default_factory=dict)
    _callers: dict[str, events.Caller] = field(default_factory=dict)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """Answer a handshake: authorizer, ``$connect``, and then the messages."""
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return web.json_response({"message": "Upgrade Required"}, status=426)
        if "Sec-WebSocket-Key" not in request.headers:
            return web.json_response({"message": "Bad Request"}, status=400)
        line = Line(
            new_connection_id(),
            self._on_message,
            buffer_bytes=self.limits.send_buffer_bytes,
            refuses_binary=self.limits.refuses_binary,
        )
        caller = events.Caller(
            line=line,
            source_ip=request.remote or "127.0.0.1",
            user_agent=request.headers.get("User-Agent", ""),
            domain=self.domain,
        )
        try:
            await self._authorize(request, caller)
            subprotocol = await self._connect(request, caller)
        except _RefusedError as refusal:
            return refusal.response
        return await self._serve(request, caller, subprotocol)

    async def _authorize(self, request: web.Request, caller: events.Caller) -> None:
        """Ask the authorizer, and keep the context it gives.

        Raises: _RefusedError.
        """
        authorizer = self.api.authorizer
        if authorizer is None:
            return
        if not events.has_identity(authorizer.identity_sources, request):
            raise _RefusedError(401, "Unauthorized")
        event = events.websocket_event(self.api, caller, "$connect", "CONNECT")
        asked = events.authorizer_event(events.handshake_event(event, request), self.api)
        started = time.monotonic()
        try:
            answer = await self._invoke(authorizer.function, asked)
        except FunctionError as error:
            if error.answer.get("errorMessage") == "Unauthorized":
                raise _RefusedError(401, "Unauthorized") from error
            raise _RefusedError(500, "Internal server error") from error
        except TimeoutError as error:
            raise _RefusedError(500, "Internal server error") from error
        effects = _effects(answer.get("policyDocument")) if isinstance(answer, dict) else set()
        if not effects <= EFFECTS or not effects:
            raise _RefusedError(500, "Internal server error")
        if "Deny" in effects:
            raise _RefusedError(403, "User is not authorized to access this resource")
        took_ms = round((time.monotonic() - started) * 1_000)
        caller.authorizer = {**events.context_values(answer), "integrationLatency": took_ms}

    async def _connect(self, request: web.Request, caller: events.Caller) -> str | None:
        """Call ``$connect``, if there is such a route; return the subprotocol it selects.

        Raises: _RefusedError with the status that it answers, unless that is a success.
        """
        if "$connect" not in self.api.routes:
            return None
        event = events.websocket_event(self.api, caller, "$connect", "CONNECT")
        event = events.handshake_event(event, request)
        try:
            answer = await self._invoke(self.api.routes["$connect"], event)
        except FunctionError as error:
            raise _RefusedError(502, "Internal server error") from error
        except TimeoutError as error:
            raise _RefusedError(504, "Endpoint request timed out") from error
        if not isinstance(answer, dict) or not str(answer.get("statusCode", "")).isdigit():
            raise _RefusedError(502, "Internal server error")
        status = int(answer["statusCode"])
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise _RefusedError(status, "Forbidden")
        headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
        return headers.get("sec-websocket-protocol")

    async def _serve(
        self, request: web.Request, caller: events.Caller, subprotocol: str | None
    ) -> web.StreamResponse:
        line = caller.line
        self.lines[line.id], self._callers[line.id] = line, caller
        try:
            response = await line.answer(request, subprotocol)
            await self._until_closed(line)
        finally:
            self._forget(caller)
        await line.drained()
        return response

    async def _until_closed(self, line: Line) -> None:
        """Wait until the client closes, or a limit does."""
        ends_at = time.monotonic() + self.limits.lifetime_seconds
        while not line.closed.is_set():
            now = time.monotonic()
            due = min(ends_at, line.last_active + self.limits.idle_seconds)
            if due <= now:
                line.close(CLOSE_GOING_AWAY, "Going away")
                return
            try:
                await asyncio.wait_for(line.closed.wait(), due - now)
            except TimeoutError:
                continue

    def _forget(self, caller: events.Caller) -> None:
        line = caller.line
        self.lines.pop(line.id, None)
        self._callers.pop(line.id, None)
        if self.limits.tell_disconnects and "$disconnect" in self.api.routes:
            event = events.websocket_event(
                self.api,
                caller,
                "$disconnect",
                "DISCONNECT",
                disconnectStatusCode=line.close_code,
                disconnectReason=line.close_reason,
            )
            self._spawn(self._disconnect(event))

    async def _disconnect(self, event: dict[str, Any]) -> None:
        try:
            await self._invoke(self.api.routes["$disconnect"], event)
        except (FunctionError, TimeoutError):
            return

    def _on_message(self, line: Line, message: Message) -> None:
        """Hand a message to its route; several of one connection run beside each other."""
        caller = self._callers.get(line.id)
        if caller is None:
            return
        route = events.route_of(self.api, message)
        event = events.websocket_event(
            self.api, caller, route, "MESSAGE", messageId=new_connection_id()
        )
        self._spawn(self._message(line, route, events.message_event(event, message)))

    async def _message(self, line: Line, route: str, event: dict[str, Any]) -> None:
        """Call the route's function. Routes are one-way: nobody hears what it answers."""
        failure = "Internal server error"
        if route not in self.api.routes:
            failure = "Forbidden"
        else:
            try:
                await self._invoke(self.api.routes[route], event)
            except (FunctionError, TimeoutError):
                failure = "Internal server error"
            else:
                return
        request_id = event["requestContext"]["requestId"]
        said = {"message": failure, "connectionId": line.id, "requestId": request_id}
        line.send(json.dumps(said).encode())

    async def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        async with asyncio.timeout(self.limits.integration_seconds):
            return await self.pools[function].invoke(event)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def caller_of(self, connection_id: str) -> events.Caller:
        """Return who is at the other end of an open connection."""
        return self._callers[connection_id]

    async def close(self) -> None:
        """Close every connection, and let what they have begun come to an end."""
        for line in list(self.lines.values()):
            line.close(CLOSE_GOING_AWAY, "Going away")
        await asyncio.sleep(0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)


def _effects(policy: Any) -> set[str]:
    """Return the effects of a policy's statements, each about the one thing that is asked for."""
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    statements = statements if isinstance(statements, list) else [statements]
    return {str(each.get("Effect")) for each in statements if isinstance(each, dict)}
