"""Events as API Gateway hands them to functions.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-integrations.html
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from local.stack import ACCOUNT, REGION, WebSocketApi
from local.websocket import Line, Message


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
    return value if isinstance(value, str) and value in api.routes else "$default"


def websocket_event(
    api: WebSocketApi, caller: Caller, route: str, kind: str, **more: Any  # noqa: ANN401
) -> dict[str, Any]:
    """Return a WebSocket event; ``more`` goes into its request context."""
    request_id = base64.b64encode(uuid.uuid4().bytes[:11]).decode()
    context: dict[str, Any] = {
        "routeKey": route,
        "eventType": kind,
        "extendedRequestId": request_id,
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
        "messageDirection": "IN",
        "stage": api.stage,
        "connectedAt": caller.line.connected_at_ms,
        "requestTimeEpoch": time.time_ns() // 1_000_000,
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
    """Add to an event what only the handshake has: headers and query string."""
    headers = dict(request.headers)
    query = dict(request.query)
    return {
        **event,
        "headers": headers,
        "multiValueHeaders": {name: request.headers.getall(name) for name in headers},
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": (
            {name: request.query.getall(name) for name in query} or None
        ),
    }


def authorizer_event(event: dict[str, Any], api: WebSocketApi) -> dict[str, Any]:
    """Return what a REQUEST authorizer is asked with."""
    arn = f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{api.id}/{api.stage}/$connect"
    return {**event, "type": "REQUEST", "methodArn": arn, "stageVariables": None}


def message_event(event: dict[str, Any], message: Message) -> dict[str, Any]:
    """Return an event with a client's message."""
    return {**event, "body": message.data, "isBase64Encoded": message.is_base64}


def http_event(request: web.Request, body: bytes, route: str, domain: str) -> dict[str, Any]:
    """Return an HTTP API event, payload format 2.0."""
    try:
        text, is_base64 = body.decode("utf-8"), False
    except UnicodeDecodeError:
        text, is_base64 = base64.b64encode(body).decode(), True
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.lower()
        headers[key] = f"{headers[key]},{value}" if key in headers else value
    path = request.rel_url.raw_path
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"ANY {route}",
        "rawPath": path,
        "rawQueryString": request.rel_url.raw_query_string,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "HttpApi",
            "domainName": domain,
            "domainPrefix": "local",
            "http": {
                "method": request.method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": request.remote or "127.0.0.1",
                "userAgent": request.headers.get("User-Agent", ""),
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": f"ANY {route}",
            "stage": "$default",
            "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()),
            "timeEpoch": time.time_ns() // 1_000_000,
        },
        "isBase64Encoded": is_base64,
    }
    if text:
        event["body"] = text
    if request.query:
        event["queryStringParameters"] = {
            name: ",".join(request.query.getall(name)) for name in request.query
        }
    return event


def context_values(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an authorizer's context as later events carry it: every value a text."""
    context = {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in (answer.get("context") or {}).items()
    }
    return {**context, "principalId": str(answer.get("principalId", ""))}
