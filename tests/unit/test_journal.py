"""What operators read of a failure: enough to act on, and nobody's words."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from tests.faults import fault
from wireside.adapters.journal import LogJournal, described
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.entrypoints.observability import entrypoint, logger, websocket_keys
from wireside.settings import SettingsError


@dataclass(frozen=True, slots=True)
class Invocation:
    """What Lambda hands to a handler beside the event."""

    aws_request_id: str


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """Return what the functions' own logger writes meanwhile."""
    handler: Any = logger.registered_handler
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


def test_a_failure_is_a_warning_with_its_code_and_keys() -> None:
    written = io.StringIO()
    journal = LogJournal(Logger(service="journal-test", stream=written))
    failure = ModelFailed(RunErrorCode.MODEL_REJECTED, "No.", detail="HTTP 401 invalid_api_key")

    journal.failed("assistant failed", failure, run_id="run-1", tried=2)

    line = json.loads(written.getvalue())
    assert (line["level"], line["message"]) == ("WARNING", "assistant failed")
    assert line["error"] == "model_rejected HTTP 401 invalid_api_key"
    assert (line["run_id"], line["tried"]) == ("run-1", 2)


@fault(50)
def test_an_error_is_named_by_class_and_place_and_never_by_its_words() -> None:
    try:
        raise KeyError("planted words")
    except KeyError as error:
        failure = ModelFailed(RunErrorCode.INTERNAL, "The assistant failed.")
        failure.__cause__ = error

    said = described(failure)

    assert said.startswith("internal from KeyError at ")
    assert "test_journal.py" in said
    assert "planted" not in said


def test_a_setting_that_is_wrong_is_told_by_its_own_words() -> None:
    assert described(SettingsError("WIRESIDE_X is not set")) == "WIRESIDE_X is not set"


def test_every_line_of_an_invocation_names_it_and_those_of_the_next_do_not(
    logged: io.StringIO,
) -> None:
    @entrypoint(keys=websocket_keys)
    def handle(event: Mapping[str, Any]) -> None:
        logger.info("begun")
        if event["body"] == "planted words":
            raise KeyError(event["body"])

    about = {"connectionId": "C1=", "routeKey": "send"}
    with pytest.raises(KeyError):
        handle({"requestContext": about, "body": "planted words"}, Invocation("first"))
    handle({"requestContext": {**about, "connectionId": "C2="}, "body": ""}, Invocation("second"))

    lines = [json.loads(each) for each in logged.getvalue().splitlines()]
    named = [(each["message"], each["request_id"], each["connection_id"]) for each in lines]
    assert named[:2] == [("begun", "first", "C1="), ("failed", "first", "C1=")]
    assert named[2] == ("begun", "second", "C2=")
    assert all(each["route"] == "send" for each in lines)
    assert "planted" not in logged.getvalue()
