"""Links to what is shared, by the hashes of their tokens; the conversation names the one it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import (
    Item,
    Value,
    number,
    optional_number,
    optional_text,
    pack,
    text,
)
from wireside.adapters.dynamodb.changes import Write, request_item
from wireside.adapters.dynamodb.table import Conflict, Table, TransactionCancelled
from wireside.domain.changes import RememberRequest
from wireside.domain.events import ConversationId, UserId
from wireside.domain.links import SharedLink


def to_item(link: SharedLink) -> Item:
    """Return the item of a link."""
    attributes = pack(
        {
            "conversation_id": link.conversation_id,
            "through": link.through_seq,
            "created_at": link.created_at_ms,
            "veil": link.veil,
            "made_by": link.by,
            "title": link.title,
            "title_seq": link.title_seq,
        }
    )
    return keys.link(link.id) | attributes


def from_item(item: Item) -> SharedLink:
    """Return the link of an item."""
    return SharedLink(
        id=keys.link_of(text(item, "pk")),
        conversation_id=ConversationId(text(item, "conversation_id")),
        through_seq=number(item, "through"),
        created_at_ms=number(item, "created_at"),
        veil=text(item, "veil"),
        by=UserId(text(item, "made_by")),
        title=optional_text(item, "title"),
        title_seq=optional_number(item, "title_seq"),
    )


@dataclass(frozen=True, slots=True)
class DynamoLinks:
    """``ports.Links`` on the table."""

    table: Table

    async def put(
        self, link: SharedLink, request: RememberRequest | None, *, former: str | None
    ) -> bool:
        """Put the link, name it in the conversation, and delete the one before, in one step."""
        named: dict[str, Value] = {
            ":id": link.id,
            ":through": link.through_seq,
            ":at": link.created_at_ms,
        }
        sets = "SET link_id = :id, link_through = :through, link_at = :at"
        writes: list[Write] = [
            _renaming(link.conversation_id, sets, named, former),
            {"Put": {"Item": to_item(link)}},
            *_gone(former),
            *_remembering(link.conversation_id, request, link.created_at_ms),
        ]
        return await self._carried_out(writes)

    async def withdraw(
        self,
        conversation_id: ConversationId,
        request: RememberRequest | None,
        *,
        former: str | None,
        now_ms: int,
    ) -> bool:
        """Delete the link, and its name in the conversation with it."""
        unnaming = _renaming(conversation_id, "REMOVE link_id, link_through, link_at", {}, former)
        writes = [
            *([unnaming] if former is not None else []),
            *_gone(former),
            *_remembering(conversation_id, request, now_ms),
        ]
        return not writes or await self._carried_out(writes)

    async def _carried_out(self, writes: Sequence[Write]) -> bool:
        try:
            await self.table.transact(writes)
        except (TransactionCancelled, Conflict):
            return False
        return True

    async def read(self, link_id: str) -> SharedLink | None:
        """Read the link, strongly."""
        item = await self.table.get(keys.link(link_id))
        return from_item(item) if item is not None else None


def _renaming(
    conversation_id: ConversationId,
    expression: str,
    values: dict[str, Value],
    former: str | None,
) -> Write:
    """Return the update of a conversation that is there and shared as it was."""
    named = {**values, **({":former": former} if former is not None else {})}
    same = "attribute_not_exists(link_id)" if former is None else "link_id = :former"
    update: dict[str, Any] = {
        "Key": keys.conversation(conversation_id),
        "UpdateExpression": expression,
        "ConditionExpression": f"attribute_exists(pk) AND attribute_not_exists(deleted) AND {same}",
        "ExpressionAttributeValues": pack(named),
    }
    return {"Update": update}


def _gone(link_id: str | None) -> list[Write]:
    return [{"Delete": {"Key": keys.link(link_id)}}] if link_id is not None else []


def _remembering(
    conversation_id: ConversationId, request: RememberRequest | None, now_ms: int
) -> list[Write]:
    if request is None:
        return []
    item = request_item(conversation_id, request, now_ms=now_ms)
    return [{"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}]
