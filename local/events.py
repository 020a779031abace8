"""Events as API Gateway hands them to functions.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integrations.html
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import time
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy, MultiMapping

from local.model import ACCOUNT, REGION, HttpRoute, WebSocketApi
from local.websocket import Line, Message

GREEDY = "{proxy+}"
ADDED_HEADERS = {"x-forwarded-for", "x-forwarded-proto"}
"""What the gateway says itself; the hops that the caller told of stay in front of its own."""
TEXT_TYPES = {"application/json", "application/xml", "application/javascript"}


@dataclass(slots=True)
class Caller:
    """What stays the same for all events of one connection."""

    line: Line
    source_ip: str
    user_agent: str
    domain: str
    authorizer: dict[str, Any] = field(default_factory=dict)


def route_of(api: WebSocketApi, message: Message) -> str:
    """Return which route a message selects: ``$default`` for all that selects none."""
    path = api.selection.removeprefix("$request.body.").split(".")
    if message.is_base64:
        return "$default"
    try:
        value: Any = json.loads(message.data)
    except (ValueError, RecursionError):
        return "$default"
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    is_key = isinstance(value, str) and not value.startswith("$")
    return str(value) if is_key and value in api.routes else "$default"


def websocket_event(
    api: WebSocketApi,
    caller: Caller,
    route: str,
    kind: str,
    **more: Any,
) -> dict[str, Any]:
    """Return a WebSocket event; ``more`` goes into its request context."""
    request_id = base64.b64encode(uuid.uuid4().bytes[:11]).decode()
    now = time.time_ns() // 1_000_000
    context: dict[str, Any] = {
        "routeKey": route,
        "eventType": kind,
        "extendedRequestId": request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now / 1_000)),
        "messageDirection": "IN",
        "stage": api.stage,
        "connectedAt": caller.line.connected_at_ms,
        "requestTimeEpoch": now,
        "identity": {"userAgent": caller.user_agent, "sourceIp": caller.source_ip},
        "requestId": request_id,
        "domainName": caller.domain,
        "connectionId": caller.line.id,
        "apiId": api.id,
        **more,
    }
    if caller.authorizer:
        context["authorizer"] = caller.authorizer
    return {"requestContext": context, "isBase64Encoded": False}


def handshake_event(event: dict[str, Any], request: web.Request) -> dict[str, Any]:
    """Add to an event what only the handshake has: headers and query string, if there is one."""
    headers = {
        name: request.headers.getall(name)
        for name in request.headers
        if name.lower() not in ADDED_HEADERS
    }
    hops = [*request.headers.getall("X-Forwarded-For", []), request.remote or ""]
    added = {"X-Forwarded-For": ", ".join(hops), "X-Forwarded-Proto": request.scheme}
    headers |= {name: [value] for name, value in added.items()}
    query = {name: request.query.getall(name) for name in request.query}
    return {
        **event,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        **(_query(query) if query else {}),
    }


def _query(query: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "queryStringParameters": {name: values[-1] for name, values in query.items()},
        "multiValueQueryStringParameters": dict(query),
    }


def authorizer_event(event: dict[str, Any], api: WebSocketApi) -> dict[str, Any]:
    """Return what a REQUEST authorizer is asked with.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
    """
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/{api.stage}/$connect"
    asked = {**_query({}), **event, "type": "REQUEST", "methodArn": arn, "stageVariables": {}}
    del asked["isBase64Encoded"]
    return asked


def has_identity(sources: Iterable[str], request: web.Request) -> bool:
    """Whether a request has all identity sources, such as ``route.request.header.Auth``."""
    for source in sources:
        kind, _, name = source.removeprefix("route.request.").partition(".")
        if not (request.query if kind == "querystring" else request.headers).get(name):
            return False
    return True


def message_event(event: dict[str, Any], message: Message) -> dict[str, Any]:
    """Return an event with a client's message."""
    return {**event, "body": message.data, "isBase64Encoded": message.is_base64}


def http_event(request: web.Request, body: bytes, route: HttpRoute, domain: str) -> dict[str, Any]:
    """Return an HTTP API event, payload format 2.0."""
    headers = _joined(request.headers)
    cookies = [each.strip() for each in headers.pop("cookie", "").split(";") if each.strip()]
    headers["x-forwarded-for"] = request.remote or "127.0.0.1"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": request.rel_url.raw_path,
        "rawQueryString": request.rel_url.raw_query_string,
        "headers": headers,
        "requestContext": _http_context(request, route, domain),
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = cookies
    if request.query:
        event["queryStringParameters"] = _joined(request.query)
    if route.path.endswith(GREEDY):
        event["pathParameters"] = {"proxy": request.path[len(route.path) - len(GREEDY) :]}
    if body:
        event |= _http_body(body, headers.get("content-type", ""))
    return event


def _http_context(request: web.Request, route: HttpRoute, domain: str) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    return {
        "accountId": ACCOUNT,
        "apiId": "HttpApi",
        "domainName": domain,
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.rel_url.raw_path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.remote or "127.0.0.1",
            "userAgent": request.headers.get("User-Agent", ""),
        },
        "requestId": str(uuid.uuid4()),
        "routeKey": route.key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now / 1_000)),
        "timeEpoch": now,
    }


def _joined(values: MultiMapping[str]) -> dict[str, str]:
    """Return each name once, in small letters where names know no case, its values by commas."""
    joined: dict[str, list[str]] = {}
    has_case = not isinstance(values, CIMultiDictProxy)
    for name, value in values.items():
        key = name if has_case else name.lower()
        joined.setdefault(key, []).append(_readable(value))
    return {name: ",".join(several) for name, several in joined.items()}


def _readable(value: str) -> str:
    """Return a header as text that JSON can hold, whatever its bytes are."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _http_body(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the body as text for these types only, else in base64, as AWS was seen to do.

    Source: https://github.com/ministackorg/ministack/pull/766
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in TEXT_TYPES:
        return {"body": body.decode("utf-8", "replace")}
    return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def context_values(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an authorizer's context as later events carry it: every value a text."""
    context = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (answer.get("context") or {}).items()
    }
    return {**context, "principalId": str(answer.get("principalId", ""))}
