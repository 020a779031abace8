"""The table's errors, translated: what DynamoDB says that no stand-in ever does."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from tests.builders import ROOM, message
from tests.faults import fault
from wireside.adapters.dynamodb.log import DynamoLog, to_item
from wireside.adapters.dynamodb.table import Table
from wireside.domain.changes import Contended, RemoveMember, Stale, Taken
from wireside.domain.errors import Unavailable
from wireside.domain.events import Event, UserId

LEAVE = RemoveMember(UserId("ben"))


def on_stub(
    answers: Callable[[Stubber], None], story: Callable[[DynamoLog], Coroutine[Any, Any, Any]]
) -> Any:
    """Return what a log makes of DynamoDB's answers, all of which it must have asked for."""
    client = boto3.client(
        "dynamodb",
        region_name="eu-west-1",
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with Stubber(client) as stubber:
        answers(stubber)
        found = asyncio.run(story(DynamoLog(Table(client, "table"))))
        stubber.assert_no_pending_responses()
    return found


def failing(method: str, code: str, reasons: list[dict[str, Any]] | None = None) -> Any:
    """Return a stub that fails."""

    def answers(stubber: Stubber) -> None:
        fields = {"CancellationReasons": reasons} if reasons is not None else {}
        stubber.add_client_error(method, code, modeled_fields=fields)

    return answers


async def put(log: DynamoLog) -> object:
    return await log.commit(ROOM, message(), [])


async def transact(log: DynamoLog) -> object:
    return await log.commit(ROOM, message(), [LEAVE])


def reasons(*codes: str) -> list[dict[str, Any]]:
    """Return cancellation reasons."""
    return [{"Code": each} for each in codes]


def test_a_put_that_meets_a_transaction_is_contended() -> None:
    found = on_stub(failing("put_item", "TransactionConflictException"), put)

    assert found == Contended()


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        (["TransactionConflict", "None", "None"], Contended()),
        (["None", "None", "TransactionConflict"], Contended()),
        (["None", "ConditionalCheckFailed", "None"], Stale()),
        (["TransactionConflict", "ConditionalCheckFailed", "None"], Stale()),
        (["ConditionalCheckFailed", "ConditionalCheckFailed", "None"], Contended()),
    ],
)
def test_a_cancelled_transaction_tells_why(codes: list[str], outcome: object) -> None:
    answers = failing("transact_write_items", "TransactionCanceledException", reasons(*codes))

    assert on_stub(answers, transact) == outcome


def test_a_transaction_cancelled_by_its_seq_hands_back_who_has_it() -> None:
    other = message(text="first")
    taken: list[dict[str, Any]] = [
        {"Code": "ConditionalCheckFailed", "Item": to_item(ROOM, other)},
        {"Code": "None"},
    ]
    answers = failing("transact_write_items", "TransactionCanceledException", taken)

    assert on_stub(answers, transact) == Taken(other)


@fault(22)
@pytest.mark.parametrize(
    "code",
    [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "InternalServerError",
        "ResourceNotFoundException",
        "AccessDeniedException",
    ],
)
def test_a_store_that_refuses_is_unavailable_and_never_an_answer(code: str) -> None:
    for method, story in (("put_item", put), ("transact_write_items", transact)):
        with pytest.raises(Unavailable):
            on_stub(failing(method, code), story)


@fault(22)
def test_a_transaction_cancelled_by_throttling_is_unavailable() -> None:
    answers = failing(
        "transact_write_items",
        "TransactionCanceledException",
        reasons("ThrottlingError", "None", "None"),
    )

    with pytest.raises(Unavailable):
        on_stub(answers, transact)


@fault(23)
def test_what_is_not_contiguous_is_read_again_and_never_skipped() -> None:
    events: list[Event] = []
    for _ in range(3):
        events.append(message(events[-1] if events else None))
    items = [to_item(ROOM, each) for each in events]

    def answers(stubber: Stubber) -> None:
        for page in ([items[0], items[2]], items[1:], items):
            stubber.add_response("query", {"Items": page})

    async def story(log: DynamoLog) -> tuple[Event, ...]:
        return await log.after(ROOM, 0, limit=9)

    assert on_stub(answers, story) == tuple(events)


def test_a_page_that_ends_early_is_read_on() -> None:
    events = [message()]
    events.append(message(events[0]))
    items = [to_item(ROOM, each) for each in events]

    def answers(stubber: Stubber) -> None:
        last = {"pk": items[0]["pk"], "sk": items[0]["sk"]}
        stubber.add_response("query", {"Items": items[:1], "LastEvaluatedKey": last})
        stubber.add_response("query", {"Items": items[1:]})

    async def story(log: DynamoLog) -> tuple[Event, ...]:
        return await log.after(ROOM, 0, limit=9)

    assert on_stub(answers, story) == tuple(events)


def test_keys_that_were_not_processed_are_asked_for_again() -> None:
    first, second = ({"pk": {"S": "p"}, "sk": {"S": each}} for each in ("a", "b"))

    def answers(stubber: Stubber) -> None:
        unread = {"table": {"Keys": [second], "ConsistentRead": True}}
        stubber.add_response(
            "batch_get_item", {"Responses": {"table": [first]}, "UnprocessedKeys": unread}
        )
        stubber.add_response("batch_get_item", {"Responses": {"table": [second]}})

    async def story(log: DynamoLog) -> object:
        return await log.table.get_many([second, first])

    assert on_stub(answers, story) == (second, first)
