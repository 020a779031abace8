"""The HTTP API: what a function gets, and what the client gets of its answer."""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.contract.gateway.parity import parity
from tests.contract.gateway.toys import Toy

FRIEND = {"Origin": "https://friend.example"}


def call(toy: Toy, method: str, path: str, **more: Any) -> tuple[http.client.HTTPResponse, Any]:
    parts = urlsplit(toy.http_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc)
    connection.request(method, path, **more)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, json.loads(body) if body else None


@parity(
    "A function gets payload format 2.0: path, query, cookies, headers, body.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
)
def test_a_function_gets_payload_format_2(toy: Toy) -> None:
    headers = {"Content-Type": "application/json", "X-Two": "a", "Cookie": "k=1; l=2"}
    _, event = call(
        toy, "POST", "/v1/a%20b/c?x=1&x=2&y=%C3%A9", body='{"é":1}'.encode(), headers=headers
    )

    assert event["version"] == "2.0"
    assert event["routeKey"] == "ANY /v1/{proxy+}"
    assert event["rawPath"] == "/v1/a%20b/c"
    assert event["rawQueryString"] == "x=1&x=2&y=%C3%A9"
    assert event["queryStringParameters"] == {"x": "1,2", "y": "é"}
    assert event["pathParameters"] == {"proxy": "a b/c"}
    assert event["cookies"] == ["k=1", "l=2"]
    assert event["headers"]["x-two"] == "a"
    assert event["body"] == '{"é":1}'
    assert event["isBase64Encoded"] is False
    assert event["requestContext"]["http"]["method"] == "POST"
    assert event["requestContext"]["stage"] == "$default"


@parity(
    "A body that is not text arrives in base64.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
)
@pytest.mark.parametrize("content_type", ["application/octet-stream", "image/png", ""])
def test_what_is_not_text_arrives_in_base64(toy: Toy, content_type: str) -> None:
    _, event = call(toy, "PUT", "/v1/x", body=b"\xff", headers={"Content-Type": content_type})

    assert (event["body"], event["isBase64Encoded"]) == ("/w==", True)


@parity(
    "Status, headers and cookies are the function's.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
)
def test_status_headers_and_cookies_come_from_the_function(toy: Toy) -> None:
    answer, _ = call(toy, "GET", "/v1/x")

    assert answer.status == 201
    assert answer.headers["X-Toy"] == "yes"
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]


@parity(
    "An answer without a status is the body of a 200.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
)
def test_an_answer_without_a_status_is_the_body(toy: Toy) -> None:
    answer, body = call(toy, "GET", "/v1/plain")

    assert (answer.status, body) == (200, {"just": "this"})


@parity(
    "A failure is a 500 without a reason.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html",
)
def test_a_failure_is_told_without_a_reason(toy: Toy) -> None:
    answer, body = call(toy, "GET", "/v1/broken")

    assert (answer.status, body) == (500, {"message": "Internal Server Error"})


@parity(
    "What no route fits is a 404.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html",
)
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1"), ("POST", "/one"), ("GET", "/two")])
def test_what_no_route_fits_is_not_found(toy: Toy, method: str, path: str) -> None:
    answer, body = call(toy, method, path)

    assert (answer.status, body) == (404, {"message": "Not Found"})


@parity(
    "Preflights and CORS headers are the gateway's own.",
    source="https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html",
)
def test_a_friendly_origin_is_let_in_and_no_other(toy: Toy) -> None:
    asked = {"Access-Control-Request-Method": "GET"}
    friend, _ = call(toy, "OPTIONS", "/v1/x", headers={**FRIEND, **asked})
    foe, _ = call(toy, "OPTIONS", "/v1/x", headers={"Origin": "https://foe.example", **asked})
    plain, _ = call(toy, "GET", "/v1/x", headers=FRIEND)

    assert friend.status == foe.status == 204
    assert friend.headers["Access-Control-Allow-Origin"] == FRIEND["Origin"]
    assert friend.headers["Access-Control-Allow-Methods"] == "GET,POST"
    assert "Access-Control-Allow-Origin" not in foe.headers
    assert plain.headers["Access-Control-Allow-Origin"] == FRIEND["Origin"]
