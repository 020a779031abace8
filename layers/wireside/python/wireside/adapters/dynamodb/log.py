"""The log: one item an event, put on the condition that nothing is there."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import batched
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import (
    Item,
    number,
    number_set,
    optional_text,
    pack,
    text,
)
from wireside.adapters.dynamodb.changes import body_text, transact_items
from wireside.adapters.dynamodb.table import (
    MAX_BATCH_KEYS,
    ConditionFailed,
    Conflict,
    Table,
    TransactionCancelled,
)
from wireside.domain.changes import Change, Contended, Outcome, Stale, Stored, Taken
from wireside.domain.events import (
    ClientId,
    ConversationId,
    Event,
    Kind,
    Participant,
    SenderType,
)

FREE = "attribute_not_exists(pk)"


def to_item(conversation_id: ConversationId, event: Event) -> Item:
    """Return the item of an event. ``llm`` marks those that address an assistant."""
    attributes = pack(
        {
            "seq": event.seq,
            "n": event.n,
            "kind": event.kind.value,
            "at": event.at_ms,
            "sender_id": event.sender.id,
            "sender_name": event.sender.name,
            "sender_type": event.sender.type.value,
            "client_id": event.client_id,
            "body": body_text(event.body),
            "llm": "1" if event.addressed else None,
            "edits": event.edits,
            "decided": True if event.decided else None,
        }
    )
    return keys.event(conversation_id, event.seq) | attributes


def from_item(item: Item) -> Event:
    """Return the event of an item."""
    client_id = optional_text(item, "client_id")
    return Event(
        seq=number(item, "seq"),
        n=number(item, "n"),
        kind=Kind(text(item, "kind")),
        at_ms=number(item, "at"),
        sender=Participant(
            text(item, "sender_id"),
            text(item, "sender_name"),
            SenderType(text(item, "sender_type")),
        ),
        body=json.loads(text(item, "body", "{}")),
        client_id=ClientId(client_id) if client_id is not None else None,
        edits=number_set(item, "edits"),
        decided="decided" in item,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The events from ``low`` to ``high``, in one direction or the other."""

    conversation_id: ConversationId
    low: int
    high: int
    ascending: bool

    def query(self) -> dict[str, Any]:
        """Return how the table is asked for them."""
        return {
            "KeyConditionExpression": "pk = :p AND sk BETWEEN :low AND :high",
            "ExpressionAttributeValues": {
                ":p": {"S": keys.conversation_partition(self.conversation_id)},
                ":low": {"S": keys.event_sort(self.low)},
                ":high": {"S": keys.event_sort(self.high)},
            },
            "ConsistentRead": True,
            "ScanIndexForward": self.ascending,
        }


@dataclass(frozen=True, slots=True)
class DynamoLog:
    """``ports.Log`` on the table."""

    table: Table

    async def read(self, conversation_id: ConversationId, seq: int) -> Event | None:
        """Return the event with that seq."""
        item = await self.table.get(keys.event(conversation_id, seq))
        return from_item(item) if item is not None else None

    async def read_many(
        self, conversation_id: ConversationId, seqs: Collection[int]
    ) -> Mapping[int, Event]:
        """Read events, a hundred in a call."""
        found: dict[int, Event] = {}
        for part in batched(sorted(set(seqs)), MAX_BATCH_KEYS, strict=False):
            items = await self.table.get_many([keys.event(conversation_id, seq) for seq in part])
            found |= {seq: from_item(item) for seq, item in zip(part, items, strict=True) if item}
        return found

    async def after(
        self,
        conversation_id: ConversationId,
        seq: int,
        *,
        limit: int,
        enough_bytes: int | None = None,
    ) -> tuple[Event, ...]:
        """Return events above ``seq``; what is not contiguous is read again, never skipped."""
        part = _Part(conversation_id, seq + 1, keys.LAST_SEQ, ascending=True)
        while True:
            items = await self._read(part, limit, enough_bytes)
            events = tuple(from_item(item) for item in items)
            if _contiguous(events) and (not events or events[0].seq == seq + 1):
                return events

    async def before(
        self,
        conversation_id: ConversationId,
        seq: int | None,
        *,
        limit: int,
        enough_bytes: int | None = None,
    ) -> tuple[Event, ...]:
        """Return the newest events below ``seq``, ascending."""
        highest = keys.LAST_SEQ if seq is None else seq - 1
        if highest < 1:
            return ()
        part = _Part(conversation_id, 1, highest, ascending=False)
        while True:
            items = await self._read(part, limit, enough_bytes)
            events = tuple(from_item(item) for item in reversed(items))
            if _contiguous(events):
                return events

    async def _read(self, part: "_Part", limit: int, enough_bytes: int | None) -> list[Item]:
        """Read page after page of at most 1 MB, up to ``limit`` items or enough bytes of bodies."""
        items: list[Item] = []
        size = 0
        async with aclosing(self.table.items(limit=limit, **part.query())) as found:
            async for item in found:
                items.append(item)
                size += len(text(item, "body", "{}").encode())
                if enough_bytes is not None and size >= enough_bytes:
                    break
        return items

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        """Put the event, with its changes in one transaction where there are any."""
        item = to_item(conversation_id, event)
        try:
            if changes:
                await self._transact(conversation_id, item, event, changes)
            else:
                await self.table.put(
                    item,
                    ConditionExpression=FREE,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
        except ConditionFailed as failed:
            return Taken(from_item(failed.item)) if failed.item else Contended()
        except TransactionCancelled as cancelled:
            there = cancelled.reasons[0][1]
            if cancelled.failed(0):
                return Taken(from_item(there)) if there else Contended()
            return Stale()
        except Conflict:
            return Contended()
        return Stored()

    async def _transact(
        self, conversation_id: ConversationId, item: Item, event: Event, changes: Sequence[Change]
    ) -> None:
        put: dict[str, Any] = {
            "Put": {
                "Item": item,
                "ConditionExpression": FREE,
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        }
        await self.table.transact([put, *transact_items(conversation_id, changes, event)])


def _contiguous(events: Sequence[Event]) -> bool:
    return all(event.seq == events[0].seq + index for index, event in enumerate(events))
