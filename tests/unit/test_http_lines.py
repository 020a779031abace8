"""What the HTTP API's log says of requests that were not answered as they were asked."""

import asyncio
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from wireside.domain.errors import Unavailable
from wireside.entrypoints.http import api
from wireside.entrypoints.http.errors import boundary, on_unavailable
from wireside.entrypoints.observability import logger

EVENTS = Path(__file__).resolve().parent.parent.parent / "events"
REQUEST = Request({"type": "http", "method": "GET"})


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Return what is logged meanwhile."""
    handler: Any = logger.registered_handler
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def line(log: io.StringIO) -> dict[str, Any]:
    """Return the one line that there is."""
    (only,) = log.getvalue().splitlines()
    known: dict[str, Any] = json.loads(only)
    return known


def test_a_refused_request_is_noted_by_its_code_and_the_gateways_name_for_it(
    log: io.StringIO,
) -> None:
    event = json.loads((EVENTS / "api.json").read_text("utf-8"))
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/v1/conversations"
    event["headers"] = {}

    answer = api(event, None)

    assert answer["statusCode"] == 401
    noted = line(log)
    assert (noted["level"], noted["message"]) == ("INFO", "refused")
    assert noted["code"] == "unauthorized"
    assert noted["gateway_request_id"] == event["requestContext"]["requestId"]


def test_a_store_that_does_not_answer_is_noted(log: io.StringIO) -> None:
    asyncio.run(on_unavailable(REQUEST, Unavailable("The table is busy.")))

    noted = line(log)
    assert (noted["level"], noted["message"]) == ("WARNING", "unavailable")
    assert noted["reason"] == "The table is busy."


def test_an_error_that_nobody_expected_is_noted_by_class_and_place(log: io.StringIO) -> None:
    async def fail(_request: Request) -> Any:
        raise ValueError("what somebody wrote")

    answer = asyncio.run(boundary(REQUEST, fail))

    assert answer.status_code == 500
    noted = line(log)
    assert (noted["level"], noted["message"]) == ("ERROR", "failed")
    assert noted["error"].startswith("ValueError at ")
    assert __file__ in noted["error"]
    assert "somebody" not in log.getvalue()
