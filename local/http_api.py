"""The HTTP API: routes, the answers of functions, and what other origins may do.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from local.events import GREEDY, http_event
from local.invocation import FunctionError
from local.model import Cors, HttpRoute
from local.runtime import Pool

BODY_BYTES = 10 * 1024 * 1024
INTEGRATION_SECONDS = 30


@dataclass(frozen=True, slots=True)
class HttpApi:
    """Answers requests through the functions of their routes."""

    routes: tuple[HttpRoute, ...]
    cors: Cors | None
    pools: Mapping[str, Pool]
    domain: str

    def route_of(self, method: str, path: str) -> HttpRoute | None:
        """Return the route for a request: the most specific path, and its method before ANY."""
        fitting = [
            each
            for each in self.routes
            if each.method in ("ANY", method) and _fits(each.path, path)
        ]
        return max(fitting, key=_specificity, default=None)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        origin = request.headers.get("Origin", "")
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            return web.Response(status=204, headers=self._preflight(origin))
        response = await self._answer(request)
        response.headers.update(self._allowed(origin))
        return response

    async def _answer(self, request: web.Request) -> web.Response:
        route = self.route_of(request.method, request.path)
        if route is None:
            return web.json_response({"message": "Not Found"}, status=404)
        body = await request.read()
        event = http_event(request, body, route, self.domain)
        try:
            async with asyncio.timeout(INTEGRATION_SECONDS):
                answer = await self.pools[route.function].invoke(event)
        except FunctionError:
            return web.json_response({"message": "Internal Server Error"}, status=500)
        except TimeoutError:
            return web.json_response({"message": "Service Unavailable"}, status=503)
        return response_of(answer)

    def _allowed(self, origin: str) -> dict[str, str]:
        """Return the headers of every answer to an origin that the template names."""
        if self.cors is None or not ({origin, "*"} & self.cors.origins):
            return {}
        headers = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if self.cors.exposed:
            headers["Access-Control-Expose-Headers"] = self.cors.exposed
        return headers

    def _preflight(self, origin: str) -> dict[str, str]:
        headers = self._allowed(origin)
        if self.cors is None or not headers:
            return {}
        return {
            **headers,
            "Access-Control-Allow-Methods": self.cors.methods,
            "Access-Control-Allow-Headers": self.cors.headers,
            "Access-Control-Max-Age": str(self.cors.max_age_seconds),
        }


def _fits(pattern: str, path: str) -> bool:
    if pattern.endswith(GREEDY):
        prefix = pattern.removesuffix(GREEDY)
        return path.startswith(prefix) and len(path) > len(prefix)
    return pattern == path


def _specificity(route: HttpRoute) -> tuple[bool, int, bool]:
    return (not route.path.endswith(GREEDY), len(route.path), route.method != "ANY")


def response_of(answer: Any) -> web.Response:
    """Return the response that a function's answer means; one without a status is the body."""
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return web.Response(text=json.dumps(answer), content_type="application/json")
    body = answer.get("body") or ""
    data = base64.b64decode(body) if answer.get("isBase64Encoded") else str(body).encode()
    response = web.Response(status=int(answer["statusCode"]), body=data)
    for name, value in (answer.get("headers") or {}).items():
        response.headers[name] = str(value)
    for cookie in answer.get("cookies") or []:
        response.headers.add("Set-Cookie", cookie)
    return response
