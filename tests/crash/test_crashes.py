"""Nothing is lost and nothing is there twice, wherever a function dies: see ``harness.py``."""

from collections import defaultdict
from collections.abc import Callable, Collection
from typing import Any

import pytest

from local import template
from local.harness import ROOT
from tests.contract.test_privileges import allowed
from tests.crash.harness import Report
from tests.crash.pool import Task
from tests.crash.scenarios import SCENARIOS
from tests.faults import fault
from wireside.entrypoints.http import build
from wireside.protocol import ACTIONS

type Test = Callable[..., Any]

PLAYED: set[str] = set()

WRITING = {"send", "edit", "delete", "react", "regenerate", "model", "approve"}


def each_of(
    function: str, *, only: Collection[str] = (), but: Collection[str] = ()
) -> Callable[[Test], Test]:
    """Give a test every scenario of a function, or those for some of what it does."""
    chosen = [
        each
        for each in SCENARIOS
        if each.function == function
        and (not only or each.covers in only)
        and each.covers not in but
    ]
    PLAYED.update(each.name for each in chosen)
    return pytest.mark.parametrize(
        "task", [pytest.param(Task(each), id=each.name) for each in chosen]
    )


@fault(22, 41)
@each_of("AuthorizeFunction")
def test_who_is_not_let_in_comes_again(report: Report) -> None:
    assert report.wrong == []


@fault(22)
@each_of("ConnectFunction")
def test_a_handshake_that_failed_leaves_nothing_that_hurts(report: Report) -> None:
    assert report.wrong == []


@fault(15)
@each_of("DisconnectFunction")
def test_a_goodbye_that_nobody_heard_is_noticed_by_the_next_fan_out(report: Report) -> None:
    assert report.wrong == []


@fault(22)
@each_of("MessageFunction", but=WRITING | {"stop"})
def test_a_frame_that_failed_is_answered_when_it_comes_again(report: Report) -> None:
    assert report.wrong == []


@fault(1, 2, 3, 4, 12, 22)
@each_of("MessageFunction", only=WRITING)
def test_what_is_written_is_stored_once_and_told_to_everybody(report: Report) -> None:
    assert report.wrong == []


@fault(31)
@each_of("MessageFunction", only={"stop"})
def test_a_stop_has_one_outcome(report: Report) -> None:
    assert report.wrong == []


@fault(22, 24, 29, 30)
@each_of("ReplyFunction")
def test_every_turn_has_one_outcome_and_no_job_stays(report: Report) -> None:
    assert report.wrong == []


@fault(25)
@each_of("DeadLetterFunction")
def test_what_nobody_could_settle_fails_once_and_in_sight(report: Report) -> None:
    assert report.wrong == []


@fault(4)
@each_of("FanoutFunction")
def test_who_missed_a_share_asks_for_it(report: Report) -> None:
    assert report.wrong == []


@fault(5, 22)
@each_of("SweepFunction")
def test_a_minute_that_failed_is_made_good_by_the_next(report: Report) -> None:
    assert report.wrong == []


@fault(5, 22)
@each_of("OutboxFunction")
def test_the_stream_hands_out_what_nobody_queued(report: Report) -> None:
    assert report.wrong == []


@fault(6, 22)
@each_of("ApiFunction")
def test_a_repeated_request_is_carried_out_once(report: Report) -> None:
    assert report.wrong == []


def broken(variant: str, scenario: str) -> Any:
    """Return a broken way for functions to be, and the scenario that shows it."""
    (found,) = (each for each in SCENARIOS if each.name == scenario)
    return pytest.param(Task(found, variant), id=variant)


@pytest.mark.parametrize(
    "task",
    [
        broken("acknowledges_before_it_stores", "somebody writes to people"),
        broken("appends_without_looking_for_itself", "somebody writes to people"),
        broken("tells_only_what_it_stored_now", "somebody writes to people"),
        broken("deletes_jobs_that_it_could_not_settle", "an assistant fails"),
        broken("forgets_what_it_was_asked", "somebody changes settings"),
    ],
)
def test_a_broken_function_is_found_by_its_failures_alone(report: Report) -> None:
    assert report.wrong
    assert not [each for each in report.wrong if each.startswith("undisturbed")]


def test_every_scenario_is_played() -> None:
    assert {each.name for each in SCENARIOS} == PLAYED


def test_every_function_is_crashed() -> None:
    assert {each.function for each in SCENARIOS} == set(template.load(ROOT, {}).functions)


def test_every_action_is_crashed() -> None:
    crashed = {each.covers for each in SCENARIOS if each.function == "MessageFunction"}

    assert crashed == set(ACTIONS)


def test_every_route_is_crashed() -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, methods in build().openapi()["paths"].items()
        for method in methods
    }

    assert {each.covers for each in SCENARIOS if each.function == "ApiFunction"} == routes


IN_TRANSACTIONS = {f"dynamodb:{each}Item" for each in ("Put", "Update", "Delete", "ConditionCheck")}
PERMITTED_AS = {
    "connections:POST": {"execute-api:ManageConnections"},
    "connections:DELETE": {"execute-api:ManageConnections"},
    "dynamodb:TransactWriteItems": IN_TRANSACTIONS,
}
NOT_CALLS = {"logs:CreateLogStream", "logs:PutLogEvents"}
OF_POLLERS = {
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
NEAR_THE_DEADLINE = {"ReplyFunction": "sqs:SendMessage", "DeadLetterFunction": "sqs:SendMessage"}
"""What takes a turn of four minutes: ``tests/unit/test_jobs.py``."""


def test_every_call_that_a_role_allows_is_crashed() -> None:
    crashed: dict[str, set[str]] = defaultdict(set)
    for each in SCENARIOS:
        for call in each.calls:
            crashed[each.function] |= PERMITTED_AS.get(call, {call})
    may = allowed(template.load(ROOT, {}))

    never = {
        name: sorted(
            may[name] - crashed[name] - NOT_CALLS - OF_POLLERS - {NEAR_THE_DEADLINE.get(name)}
        )
        for name in may
    }

    assert {name: calls for name, calls in never.items() if calls} == {}


NOT_PERMITTED_BY_NAME = {"model:answer", "dynamodb:TransactWriteItems"}
"""A call that IAM does not know, and one whose parts ``tests/contract/test_privileges.py`` has."""


def test_every_call_that_is_crashed_is_allowed_by_the_role_of_who_makes_it() -> None:
    may = allowed(template.load(ROOT, {}))
    made = {
        (each.function, permission)
        for each in SCENARIOS
        for call in set(each.calls) - NOT_PERMITTED_BY_NAME
        for permission in PERMITTED_AS.get(call, {call})
    }

    refused = sorted((name, call) for name, call in made if call not in may[name])

    assert refused == []
