"""The table itself: one client, its calls, and their errors translated at this border."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wireside.adapters.dynamodb.attributes import Item
from wireside.adapters.dynamodb.keys import Key
from wireside.domain.errors import Unavailable

MAX_BATCH_KEYS = 100
MAX_BATCH_WRITES = 25


class ConditionFailed(Exception):
    """The condition of a single write did not hold. ``item``: what is there, where asked for."""

    def __init__(self, item: Item | None) -> None:
        """Args: item: the item as it is."""
        super().__init__()
        self.item = item


class TransactionCancelled(Exception):
    """A transaction stored nothing. ``reasons``: one code and item for each of its writes.

    Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CancellationReason.html
    """

    def __init__(self, reasons: Sequence[tuple[str, Item | None]]) -> None:
        """Args: reasons: code (``None``, ``ConditionalCheckFailed``, …) and the item there."""
        super().__init__()
        self.reasons = reasons

    def failed(self, index: int) -> bool:
        """Whether the condition of that write did not hold."""
        return self.reasons[index][0] == "ConditionalCheckFailed"


class Conflict(Exception):
    """Another transaction was under way on an item of this write."""


@dataclass(frozen=True, slots=True)
class Table:
    """Calls on the table.

    ``in_threads`` moves each call off the event loop: for the worker that streams meanwhile.
    All calls raise Unavailable when DynamoDB refuses or is silent, also after retries.
    """

    client: Any
    name: str
    in_threads: bool = False

    async def get(self, key: Key) -> Item | None:
        """Read one item, strongly."""
        found = await self._call(
            lambda: self.client.get_item(TableName=self.name, Key=key, ConsistentRead=True)
        )
        item: Item | None = found.get("Item")
        return item

    async def get_many(
        self, keys: Sequence[Key], *, strongly: bool = True
    ) -> tuple[Item | None, ...]:
        """Read up to 100 items, in one call where DynamoDB lets it be one."""
        found: dict[tuple[str, str], Item] = {}
        waiting = list(keys)
        while waiting:
            asked = {self.name: {"Keys": waiting, "ConsistentRead": strongly}}
            answer = await self._call(partial(self.client.batch_get_item, RequestItems=asked))
            for item in answer["Responses"].get(self.name, []):
                found[item["pk"]["S"], item["sk"]["S"]] = item
            waiting = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
        return tuple(found.get((key["pk"]["S"], key["sk"]["S"])) for key in keys)

    async def query(self, **arguments: Any) -> dict[str, Any]:
        """Run one query (one page of at most 1 MB)."""
        answer: dict[str, Any] = await self._call(
            lambda: self.client.query(TableName=self.name, **arguments)
        )
        return answer

    async def query_all(self, *, limit: int | None = None, **arguments: Any) -> list[Item]:
        """Run a query to its end, or to ``limit`` items."""
        return [item async for item in self.items(limit=limit, **arguments)]

    async def items(self, *, limit: int | None = None, **arguments: Any) -> AsyncGenerator[Item]:
        """Yield what a query finds, to its end or to ``limit`` items, page after page."""
        start: dict[str, Any] = {}
        while limit is None or limit > 0:
            if limit is not None:
                arguments["Limit"] = limit
            page = await self.query(**arguments, **start)
            for item in page["Items"]:
                yield item
            if "LastEvaluatedKey" not in page:
                return
            limit = limit and limit - len(page["Items"])
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    async def put(self, item: Item, **arguments: Any) -> None:
        """Put one item."""
        await self._call(lambda: self.client.put_item(TableName=self.name, Item=item, **arguments))

    async def update(self, key: Key, **arguments: Any) -> Item:
        """Update one item; return the attributes that were asked for."""
        answer = await self._call(
            lambda: self.client.update_item(TableName=self.name, Key=key, **arguments)
        )
        item: Item = answer.get("Attributes", {})
        return item

    async def delete(self, key: Key, **arguments: Any) -> None:
        """Delete one item."""
        await self._call(lambda: self.client.delete_item(TableName=self.name, Key=key, **arguments))

    async def delete_many(self, keys: Sequence[Key]) -> None:
        """Delete items; those that are not there do not matter."""
        waiting = [{"DeleteRequest": {"Key": key}} for key in keys]
        while waiting:
            now, waiting = waiting[:MAX_BATCH_WRITES], waiting[MAX_BATCH_WRITES:]
            asked = {self.name: now}
            answer = await self._call(partial(self.client.batch_write_item, RequestItems=asked))
            waiting += answer.get("UnprocessedItems", {}).get(self.name, [])

    async def transact(self, writes: Sequence[dict[str, Any]]) -> None:
        """Carry out all writes or none.

        Raises: TransactionCancelled, Conflict.
        """
        named = [
            {kind: {"TableName": self.name, **arguments} for kind, arguments in write.items()}
            for write in writes
        ]
        await self._call(lambda: self.client.transact_write_items(TransactItems=named))

    async def _call(self, call: Callable[[], Any]) -> Any:
        with _translated():
            return await asyncio.to_thread(call) if self.in_threads else call()


CONFLICTS = frozenset({"TransactionConflictException", "TransactionInProgressException"})


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _translation(error) from error
    except BotoCoreError as error:
        message = "The store does not answer."
        raise Unavailable(message) from error


def _translation(error: ClientError) -> Exception:
    answer: dict[str, Any] = dict(error.response)
    code = answer["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(answer.get("Item"))
    if code == "TransactionCanceledException":
        reasons = answer.get("CancellationReasons", [])
        codes = {each.get("Code") for each in reasons}
        if codes & {"ConditionalCheckFailed"}:
            return TransactionCancelled(
                [(each.get("Code", "None"), each.get("Item")) for each in reasons]
            )
        if "TransactionConflict" in codes:
            return Conflict()
    if code in CONFLICTS:
        return Conflict()
    message = "The store refused."
    return Unavailable(message)
