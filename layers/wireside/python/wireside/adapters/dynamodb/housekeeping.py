"""Deleting conversations: the mark, the list of what is marked, the partition."""

from dataclasses import dataclass
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, flag, number, pack, text
from wireside.adapters.dynamodb.changes import request_item
from wireside.adapters.dynamodb.members import list_sort
from wireside.adapters.dynamodb.table import (
    ConditionFailed,
    Conflict,
    Table,
    TransactionCancelled,
)
from wireside.domain.changes import RememberRequest
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId

MARK_TRIES = 5
BATCH = 100


@dataclass(frozen=True, slots=True)
class DynamoHousekeeping:
    """``ports.Housekeeping`` on the table."""

    table: Table

    async def mark_deleted(
        self, conversation_id: ConversationId, request: RememberRequest | None, *, now_ms: int
    ) -> bool:
        """Mark the conversation item, which so enters the index; remember the request with it."""
        # Without its marker of activity it is not looked at again for that.
        unlisted: dict[str, Any] = {"Delete": {"Key": keys.activity(conversation_id)}}
        writes = [_marking(conversation_id, now_ms), unlisted]
        if request is not None:
            item = request_item(None, request, now_ms=now_ms)
            writes.append(
                {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
            )
        for _ in range(MARK_TRIES):
            try:
                await self.table.transact(writes)
            except TransactionCancelled:
                return False
            except Conflict:
                continue
            return True
        message = "The conversation is too busy."
        raise Unavailable(message)

    async def marked(self, *, before_ms: int, limit: int) -> tuple[ConversationId, ...]:
        """Query the index for marks."""
        return await self._listed(keys.DELETED, 0, before_ms, limit)

    async def active(self, *, from_ms: int, to_ms: int, limit: int) -> tuple[ConversationId, ...]:
        """Query the index for markers of activity."""
        return await self._listed(keys.ACTIVE, from_ms, to_ms, limit)

    async def _listed(
        self, partition: str, from_ms: int, to_ms: int, limit: int
    ) -> tuple[ConversationId, ...]:
        items = await self.table.query_all(
            limit=limit,
            IndexName=keys.BY_USER,
            KeyConditionExpression="user_pk = :p AND user_sk BETWEEN :from AND :to",
            ExpressionAttributeValues=pack(
                {":p": partition, ":from": keys.list_time(from_ms), ":to": keys.list_time(to_ms)}
            ),
        )
        return tuple(keys.conversation_of(text(item, "pk")) for item in items)

    async def purge(self, conversation_id: ConversationId, *, before_ms: int, at_most: int) -> bool:
        """Delete batch after batch, until a query finds nothing but the mark."""
        mark = await self.table.get(keys.conversation(conversation_id))
        if mark is not None and not _is_marked(mark, before_ms):
            return False
        for _ in range(max(1, at_most // BATCH)):
            left = await self._left(conversation_id)
            if not left:
                if mark is not None and "link_id" in mark:
                    await self.table.delete_many([keys.link(text(mark, "link_id"))])
                await self._all_gone(conversation_id)
                return True
            await self.table.delete_many(left)
        return False

    async def _left(self, conversation_id: ConversationId) -> list[keys.Key]:
        items = await self.table.query_all(
            limit=BATCH,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues=pack({":p": keys.conversation_partition(conversation_id)}),
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        )
        mark = keys.conversation(conversation_id)
        return [item for item in items if item != mark]

    async def _all_gone(self, conversation_id: ConversationId) -> None:
        try:
            await self.table.update(
                keys.conversation(conversation_id),
                UpdateExpression="REMOVE user_pk, user_sk",
                ConditionExpression="attribute_exists(pk)",
            )
        except ConditionFailed:
            return


def _marking(conversation_id: ConversationId, now_ms: int) -> dict[str, Any]:
    return {
        "Update": {
            "Key": keys.conversation(conversation_id),
            "UpdateExpression": (
                "SET deleted = :yes, deleted_at = :now, user_pk = :d, user_sk = :s "
                "REMOVE title, #operator ADD operator_epoch :one"
            ),
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(deleted)",
            "ExpressionAttributeNames": {"#operator": "operator"},
            "ExpressionAttributeValues": pack(
                {
                    ":yes": True,
                    ":now": now_ms,
                    ":d": keys.DELETED,
                    ":s": list_sort(conversation_id, now_ms),
                    ":one": 1,
                }
            ),
        }
    }


def _is_marked(item: Item, before_ms: int) -> bool:
    return flag(item, "deleted") and number(item, "deleted_at") < before_ms
