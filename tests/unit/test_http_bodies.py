"""What the HTTP API makes of requests that nobody should send."""

import json
from typing import Any

import pytest

from tests.faults import fault
from tests.unit.test_description import EVENTS, code_of
from wireside.entrypoints.http import api


def asked(method: str, path: str, body: str = "", **headers: str) -> dict[str, Any]:
    """Return what the function answers."""
    event = json.loads((EVENTS / "api.json").read_text("utf-8"))
    event["headers"] = {"content-type": "application/json", **headers}
    event["rawPath"], event["body"], event["isBase64Encoded"] = path, body, False
    event["requestContext"]["http"] |= {"method": method, "path": path}
    answered: dict[str, Any] = api(event, None)
    return answered


@fault(43)
@pytest.mark.parametrize(
    "body",
    [
        '{"title": "a", "title": "b"}',
        '{"title": "a", "x": {"b": 1, "b": 2}}',
        '{"title": NaN}',
        '{"x": -Infinity}',
        "[" * 50_000,
        '{"a":' * 5_000,
        '{"title": ' + "9" * 5_000 + "}",
        "{",
        "\ufeff{}",
    ],
)
def test_a_body_that_cannot_be_read_or_can_in_two_ways_is_refused(body: str) -> None:
    answered = asked("POST", "/v1/conversations", body)

    assert answered["statusCode"] == 400
    assert code_of(answered) == "malformed_frame"


@pytest.mark.parametrize("path", ["/v1/conversations/", "/v1/shared/", "/docs/", "/v1/search/"])
def test_a_path_with_a_slash_too_many_leads_nowhere(path: str) -> None:
    answered = asked("GET", path)

    assert answered["statusCode"] == 404
    assert code_of(answered) == "not_found"
    assert "location" not in answered["headers"]
