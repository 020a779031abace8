"""What the HTTP API says of itself, and what it answers where it has nothing to answer."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from wireside.domain.errors import HTTP_STATUS, ErrorCode
from wireside.entrypoints.http import api, build

EVENTS = Path(__file__).resolve().parent.parent.parent / "events"
DESCRIBED = build().openapi()
OPERATIONS = [
    pytest.param(path, method, route, id=f"{method} {path}")
    for path, methods in DESCRIBED["paths"].items()
    for method, route in methods.items()
]
JSON = "application/json"

each_operation = pytest.mark.parametrize(("path", "method", "route"), OPERATIONS)


def answer(method: str, path: str) -> dict[str, Any]:
    """Return what the function answers to a request without a token."""
    event = json.loads((EVENTS / "api.json").read_text("utf-8"))
    event["headers"], event["rawPath"] = {}, path
    event["requestContext"]["http"] |= {"method": method, "path": path}
    answered: dict[str, Any] = api(event, None)
    return answered


def code_of(answered: dict[str, Any]) -> str:
    return str(json.loads(answered["body"])["error"]["code"])


def valid(schema: dict[str, Any], example: object) -> bool:
    return validator_for({**schema, "components": DESCRIBED["components"]}).is_valid(example)


def contents(route: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for response in route["responses"].values():
        if JSON in response.get("content", {}):
            yield response["content"][JSON]


@each_operation
def test_every_answer_has_a_shape_and_an_example_of_it(
    path: str, method: str, route: dict[str, Any]
) -> None:
    for content in contents(route):
        shape = content["schema"]
        assert shape.keys() & {"$ref", "properties"}, shape
        examples = [each["value"] for each in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        assert examples or path.endswith("z"), "no example"
        assert all(valid(shape, each) for each in examples)


@each_operation
def test_every_route_says_who_may_ask_and_how_it_refuses(
    path: str, method: str, route: dict[str, Any]
) -> None:
    is_open = not path.startswith("/v1/") or "/shared/" in path
    assert ("security" not in route) is is_open
    assert ("401" in route["responses"]) is not is_open
    assert {"500", "503"} <= route["responses"].keys()
    if is_open or method == "get":
        return
    names = {each["name"] for each in route["parameters"]} if "parameters" in route else set()
    assert "Idempotency-Key" in names or path == "/v1/tickets"


@each_operation
def test_every_refusal_is_described_under_the_status_of_its_code(
    path: str, method: str, route: dict[str, Any]
) -> None:
    for status, response in route["responses"].items():
        if int(status) < 400:
            continue
        shape = response["content"][JSON]["schema"]
        for code in shape["properties"]["error"]["allOf"][1]["properties"]["code"]["enum"]:
            assert HTTP_STATUS[ErrorCode(code)] == int(status)


@each_operation
def test_no_parameter_is_said_to_be_null(path: str, method: str, route: dict[str, Any]) -> None:
    for each in route.get("parameters", ()):
        assert "anyOf" not in each["schema"]
        assert each["name"].lower() != "authorization"


def test_an_example_that_lacks_a_field_is_not_valid() -> None:
    schema = {"$ref": "#/components/schemas/ConversationView"}
    route = DESCRIBED["paths"]["/v1/conversations/{conversation_id}"]["get"]
    example = route["responses"]["200"]["content"][JSON]["example"]

    assert valid(schema, example)
    assert not valid(schema, {name: example[name] for name in example if name != "head"})


def test_a_body_is_one_of_those_that_its_kind_has() -> None:
    event = {"$ref": "#/components/schemas/EventView"}
    sender = {"id": "ana", "name": "Ana", "type": "human"}
    known = {"seq": 1, "n": 0, "at": "2026-01-01T00:00:00.000Z", "sender": sender}

    assert valid(event, {**known, "kind": "titled", "body": {"title": "Soup"}})
    assert not valid(event, {**known, "kind": "titled", "body": {"colour": "red"}})
    assert not valid(event, {**known, "kind": "painted", "body": {"title": "Soup"}})


def test_a_path_that_is_none_is_refused_like_anything_else() -> None:
    answered = answer("GET", "/v1/nothing")

    assert (answered["statusCode"], code_of(answered)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/conversations", "GET, HEAD, POST"),
        ("OPTIONS", "/v1/conversations/room", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/tickets", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_a_method_that_a_path_does_not_have_is_refused_with_those_that_it_has(
    method: str, path: str, allowed: str
) -> None:
    answered = answer(method, path)

    assert (answered["statusCode"], code_of(answered)) == (405, "not_allowed")
    assert answered["headers"]["allow"] == allowed


def test_who_asks_for_the_head_alone_gets_it_without_a_token_or_a_body() -> None:
    whole, head = answer("GET", "/healthz"), answer("HEAD", "/healthz")

    assert json.loads(whole["body"]) == {"status": "ok"}
    assert head["statusCode"] == 200
    assert head["body"] == ""
    assert head["headers"]["content-length"] == whole["headers"]["content-length"]


def test_a_head_is_refused_as_the_whole_is() -> None:
    assert answer("HEAD", "/v1/conversations")["statusCode"] == 401
