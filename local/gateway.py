"""The gateway: WebSocket routes with their authorizer, and the HTTP API's routes."""

import asyncio
import base64
import json
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from local import events
from local.runtime import FunctionError, Pool
from local.stack import WebSocketApi
from local.websocket import (
    CLOSE_GOING_AWAY,
    Line,
    Message,
    new_connection_id,
)

INTEGRATION_SECONDS = 29
HTTP_BODY_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """API Gateway's limits on time, compressible for tests.

    ``tell_disconnects`` off loses every ``$disconnect``, as AWS loses some.
    """

    idle_seconds: float = 600
    lifetime_seconds: float = 7_200
    tell_disconnects: bool = True


@dataclass(slots=True)
class Gateway:
    """Keeps the open WebSockets, and calls functions for what comes in."""

    api: WebSocketApi
    http_routes: Mapping[str, str]
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
        line = Line(new_connection_id(), self._on_message)
        caller = events.Caller(
            line=line,
            source_ip=request.remote or "127.0.0.1",
            user_agent=request.headers.get("User-Agent", ""),
            domain=self.domain,
        )
        event = events.websocket_event(self.api, caller, "$connect", "CONNECT")
        refused = await self._authorize(events.handshake_event(event, request), caller)
        if refused is not None:
            return refused
        return await self._connect(request, line, caller)

    async def _authorize(
        self, event: dict[str, Any], caller: events.Caller
    ) -> web.Response | None:
        """Ask the authorizer; return the refusal, if it is one."""
        if self.api.authorizer is None:
            return None
        try:
            answer = await self.pools[self.api.authorizer].invoke(
                events.authorizer_event(event, self.api)
            )
        except FunctionError as error:
            if error.answer.get("errorMessage") == "Unauthorized":
                return web.json_response({"message": "Unauthorized"}, status=401)
            return web.json_response({"message": "Internal Server Error"}, status=500)
        statements = answer.get("policyDocument", {}).get("Statement", [])
        if not statements or any(each.get("Effect") != "Allow" for each in statements):
            message = "User is not authorized to access this resource with an explicit deny"
            return web.json_response({"Message": message}, status=403)
        caller.authorizer = events.context_values(answer)
        return None

    async def _connect(
        self, request: web.Request, line: Line, caller: events.Caller
    ) -> web.StreamResponse:
        event = events.websocket_event(self.api, caller, "$connect", "CONNECT")
        try:
            answer = await self._integrate("$connect", events.handshake_event(event, request))
        except (FunctionError, TimeoutError):
            return web.json_response({"message": "Internal server error"}, status=502)
        status = int((answer or {}).get("statusCode", 200))
        if not 200 <= status < 300:  # noqa: PLR2004 - success
            return web.json_response({"message": "Forbidden"}, status=status)
        headers = {
            name.lower(): value for name, value in ((answer or {}).get("headers") or {}).items()
        }
        self.lines[line.id], self._callers[line.id] = line, caller
        try:
            response = await line.answer(request, headers.get("sec-websocket-protocol"))
            await self._until_closed(line)
        finally:
            self._forget(line, caller)
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

    def _forget(self, line: Line, caller: events.Caller) -> None:
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
            self._spawn(self._one_way("$disconnect", event))

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
        try:
            await self._integrate(route, event)
        except (FunctionError, TimeoutError):
            failure = {
                "message": "Internal server error",
                "connectionId": line.id,
                "requestId": event["requestContext"]["requestId"],
            }
            line.send(json.dumps(failure).encode())

    async def _one_way(self, route: str, event: dict[str, Any]) -> None:
        try:
            await self._integrate(route, event)
        except (FunctionError, TimeoutError):
            return

    async def _integrate(self, route: str, event: dict[str, Any]) -> Any:  # noqa: ANN401
        async with asyncio.timeout(INTEGRATION_SECONDS):
            return await self.pools[self.api.routes[route]].invoke(event)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def http(self, request: web.Request) -> web.StreamResponse:
        """Answer an HTTP request through its route's function."""
        route = self._http_route(request.path)
        if route is None:
            return web.json_response({"message": "Not Found"}, status=404)
        body = await request.read()
        event = events.http_event(request, body, route, self.domain)
        try:
            async with asyncio.timeout(INTEGRATION_SECONDS + 1):
                answer = await self.pools[self.http_routes[route]].invoke(event)
        except (FunctionError, TimeoutError):
            return web.json_response({"message": "Internal Server Error"}, status=500)
        return _http_response(answer)

    def _http_route(self, path: str) -> str | None:
        if path in self.http_routes:
            return path
        greedy = [each for each in self.http_routes if each.endswith("/{proxy+}")]
        fitting = [each for each in greedy if path.startswith(each.removesuffix("{proxy+}"))]
        return max(fitting, key=len, default=None)

    async def close(self) -> None:
        """Close every connection, and let what they have begun come to an end."""
        for line in list(self.lines.values()):
            line.close(CLOSE_GOING_AWAY, "Going away")
        await asyncio.sleep(0)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=3)


def _http_response(answer: Any) -> web.Response:  # noqa: ANN401 - a function's answer
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return web.Response(text=json.dumps(answer), content_type="application/json")
    body = answer.get("body") or ""
    data = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    response = web.Response(status=int(answer["statusCode"]), body=data)
    for name, value in (answer.get("headers") or {}).items():
        response.headers[name] = str(value)
    for cookie in answer.get("cookies") or []:
        response.headers.add("Set-Cookie", cookie)
    return response
