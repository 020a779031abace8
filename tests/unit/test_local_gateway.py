"""Route selection, event shapes and policies of the gateway, without a gateway."""

from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from local.events import (
    Caller,
    context_values,
    has_identity,
    message_event,
    route_of,
    websocket_event,
)
from local.gateway import _effects
from local.http_api import HttpApi, response_of
from local.model import HttpRoute, WebSocketApi
from local.queue_source import batches
from local.websocket import Line, Message, new_connection_id

API = WebSocketApi(
    "Api", "live", "$request.body.action", {"$connect": "C", "$default": "D", "send": "S"}, None
)


@pytest.mark.parametrize(
    ("data", "route"),
    [
        ('{"action": "send"}', "send"),
        ('{"action": "$connect"}', "$default"),
        ('{"action": ["send"]}', "$default"),
        ('{"other": "send"}', "$default"),
        ("[" * 100_000, "$default"),
        ("nonsense", "$default"),
    ],
)
def test_the_body_selects_the_route(data: str, route: str) -> None:
    assert route_of(API, Message(data, is_base64=False)) == route


def test_a_binary_message_selects_the_default_route() -> None:
    assert route_of(API, Message("eyJhY3Rpb24iOiJzZW5kIn0=", is_base64=True)) == "$default"


def test_a_selection_may_reach_deeper() -> None:
    deep = WebSocketApi("Api", "live", "$request.body.a.b", API.routes, None)

    assert route_of(deep, Message('{"a": {"b": "send"}}', is_base64=False)) == "send"


def test_a_message_event_has_what_api_gateway_documents() -> None:
    line = Line(new_connection_id(), lambda *_: None)
    caller = Caller(line, "127.0.0.1", "test", "localhost", {"principalId": "ana"})

    event = websocket_event(API, caller, "send", "MESSAGE", messageId="m")
    event = message_event(event, Message("hi", is_base64=False))

    documented = {
        "apiId", "authorizer", "connectedAt", "connectionId", "domainName", "eventType",
        "extendedRequestId", "identity", "messageDirection", "messageId", "requestId", "requestTime",
        "requestTimeEpoch", "routeKey", "stage",
    }  # fmt: skip
    assert set(event["requestContext"]) == documented
    assert set(event) == {"requestContext", "body", "isBase64Encoded"}
    assert event["requestContext"]["connectionId"] == line.id


def test_context_values_become_text() -> None:
    answer = {"principalId": 5, "context": {"a": "text", "b": 7, "c": True}}

    assert context_values(answer) == {"principalId": "5", "a": "text", "b": "7", "c": "true"}


@pytest.mark.parametrize(
    ("statements", "effects"),
    [
        ([{"Effect": "Allow"}], {"Allow"}),
        ({"Effect": "Allow"}, {"Allow"}),
        ([{"Effect": "Allow"}, {"Effect": "Deny"}], {"Allow", "Deny"}),
        ([{"Effect": 7}], {"7"}),
        ([], set()),
        (None, set()),
        ("Allow", set()),
    ],
)
def test_a_policy_has_the_effects_of_its_statements(statements: Any, effects: set[str]) -> None:
    assert _effects({"Statement": statements}) == effects


@pytest.mark.parametrize(
    ("method", "path", "key"),
    [
        ("GET", "/v1/a/b", "ANY /v1/{proxy+}"),
        ("GET", "/v1/one", "GET /v1/one"),
        ("POST", "/v1/one", "ANY /v1/{proxy+}"),
        ("GET", "/v1/", None),
        ("GET", "/v2", None),
    ],
)
def test_the_most_specific_http_route_is_taken(method: str, path: str, key: str | None) -> None:
    routes = (HttpRoute("ANY", "/v1/{proxy+}", "A"), HttpRoute("GET", "/v1/one", "B"))

    found = HttpApi(routes, None, {}, "localhost").route_of(method, path)

    assert (found.key if found else None) == key


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ({"statusCode": 204}, 204, b""),
        ({"statusCode": "404", "body": "no"}, 404, b"no"),
        ({"statusCode": 200, "body": "/w==", "isBase64Encoded": True}, 200, b"\xff"),
        ({"a": 1}, 200, b'{"a": 1}'),
        ("text", 200, b'"text"'),
    ],
)
def test_a_functions_answer_becomes_a_response(answer: Any, status: int, body: bytes) -> None:
    response = response_of(answer)

    assert (response.status, response.body or b"") == (status, body)


def test_a_batch_holds_one_message_group() -> None:
    messages = [
        {"MessageId": number, "Attributes": {"MessageGroupId": group}}
        for number, group in enumerate("abab")
    ]

    parted = [[each["MessageId"] for each in batch] for batch in batches(messages)]

    assert parted == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("sources", "asked"),
    [
        ((), True),
        (("route.request.header.X-Key",), True),
        (("route.request.querystring.who",), True),
        (("route.request.header.X-Key", "route.request.querystring.who"), True),
        (("route.request.header.Authorization",), False),
        (("route.request.header.X-Key", "route.request.header.Authorization"), False),
        (("route.request.querystring.token",), False),
    ],
)
def test_the_authorizer_is_asked_only_where_every_identity_source_is_there(
    sources: tuple[str, ...], asked: bool
) -> None:
    request = make_mocked_request("GET", "/ws?who=ana", headers={"x-key": "secret"})

    assert has_identity(sources, request) is asked
