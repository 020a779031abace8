"""Orders to forget people, and traces of where they were, in the table."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import (
    Item,
    Value,
    attribute,
    flag,
    number,
    optional_number,
    optional_text,
    pack,
    text,
)
from wireside.adapters.dynamodb.changes import body_text
from wireside.adapters.dynamodb.table import ConditionFailed, Conflict, Table
from wireside.domain.conversation import Conversation
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId, Event, UserId
from wireside.domain.forgetting import Order, Titled, Trace

DAY_MS = 24 * 60 * 60 * 1_000
KEEP_SECONDS = 7 * 24 * 60 * 60
"""How long it can be asked whether an order was carried out."""
TRIES = 5


def order_from_item(item: Item) -> Order:
    """Return the order of an item."""
    return Order(
        user_id=keys.order_of(text(item, "pk")),
        asked_at_ms=number(item, "asked_at"),
        by=text(item, "by"),
        key=optional_text(item, "key"),
        done_at_ms=optional_number(item, "done_at"),
    )


def trace_from_item(user_id: UserId, item: Item) -> Trace:
    """Return the trace of an item."""
    return Trace(
        user_id=user_id,
        conversation_id=keys.conversation_of(text(item, "pk")),
        left_at_ms=number(item, "left_at"),
        owned=flag(item, "owned"),
        through_seq=number(item, "through"),
        titled=Titled(text(item, "titled", Titled.BY_NOBODY)),
    )


@dataclass(frozen=True, slots=True)
class DynamoOrders:
    """``ports.Orders`` on the table."""

    table: Table

    async def give(self, order: Order) -> Order:
        """Put the order on the condition that none holds; else read that one."""
        values = pack(
            {
                "asked_at": order.asked_at_ms,
                "by": order.by,
                "key": order.key,
                "user_pk": keys.FORGET,
                "user_sk": keys.order_sort(order.user_id, order.asked_at_ms),
            }
        )
        holds_not = "attribute_not_exists(pk) OR attribute_exists(done_at)"
        more: dict[str, Any] = {}
        if order.key is not None:
            holds_not = (
                "attribute_not_exists(pk) OR (attribute_exists(done_at) AND NOT #key = :key)"
            )
            more["ExpressionAttributeNames"] = {"#key": "key"}
            more["ExpressionAttributeValues"] = pack({":key": order.key})
        try:
            await self.table.put(
                keys.order(order.user_id) | values, ConditionExpression=holds_not, **more
            )
        except ConditionFailed:
            return await self._holding(order)
        return order

    async def _holding(self, order: Order) -> Order:
        item = await self.table.get(keys.order(order.user_id))
        if item is None:
            message = "The order could not be stored."
            raise Unavailable(message)
        return order_from_item(item)

    async def under_way(self, *, limit: int) -> tuple[Order, ...]:
        """Query the index for orders."""
        items = await self.table.query_all(
            limit=limit,
            IndexName=keys.BY_USER,
            KeyConditionExpression="user_pk = :p",
            ExpressionAttributeValues=pack({":p": keys.FORGET}),
        )
        return tuple(map(order_from_item, items))

    async def queue_up(self, order: Order, *, now_ms: int) -> None:
        """Move the order to the end of the index."""
        await self._move(order, now_ms, "")

    async def postpone(self, order: Order, *, now_ms: int) -> None:
        """Do so, and write when they were somewhere."""
        await self._move(order, now_ms, ", left_at = :now")

    async def _move(self, order: Order, now_ms: int, more: str) -> None:
        values: dict[str, Value] = {":s": keys.order_sort(order.user_id, now_ms)}
        if more:
            values[":now"] = now_ms
        try:
            await self.table.update(
                keys.order(order.user_id),
                UpdateExpression=f"SET user_sk = :s{more}",
                ConditionExpression="attribute_exists(pk) AND attribute_not_exists(done_at)",
                ExpressionAttributeValues=pack(values),
            )
        except ConditionFailed:
            return

    async def settle(self, order: Order, *, before_ms: int, now_ms: int) -> bool:
        """Take the order out of the index; the item goes by itself later."""
        try:
            await self.table.update(
                keys.order(order.user_id),
                UpdateExpression="SET done_at = :now, #ttl = :ttl REMOVE user_pk, user_sk",
                ConditionExpression=(
                    "asked_at = :asked AND attribute_not_exists(done_at)"
                    " AND (attribute_not_exists(left_at) OR left_at <= :before)"
                ),
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=pack(
                    {
                        ":now": now_ms,
                        ":ttl": now_ms // 1_000 + KEEP_SECONDS,
                        ":asked": order.asked_at_ms,
                        ":before": before_ms,
                    }
                ),
            )
        except ConditionFailed:
            return False
        return True


@dataclass(frozen=True, slots=True)
class DynamoTraces:
    """``ports.Traces`` on the table."""

    table: Table

    async def of_user(self, user_id: UserId, *, limit: int) -> tuple[Trace, ...]:
        """Query the index for what stands in conversations."""
        items = await self._in_index(user_id, keys.CONVERSATION_PREFIX, limit)
        return tuple(trace_from_item(user_id, each) for each in items)

    async def _in_index(self, user_id: UserId, prefix: str, limit: int | None = None) -> list[Item]:
        return await self.table.query_all(
            limit=limit,
            IndexName=keys.BY_USER,
            KeyConditionExpression="user_pk = :p AND begins_with(user_sk, :s)",
            ExpressionAttributeValues=pack({":p": keys.person_partition(user_id), ":s": prefix}),
        )

    async def rewrite(self, conversation_id: ConversationId, event: Event) -> None:
        """Update body and name; other writers of the event's item are waited for."""
        values: dict[str, Value] = {":body": body_text(event.body), ":name": event.sender.name}
        sets = "SET body = :body, sender_name = :name"
        if event.is_deleted:
            values[":yes"] = True
            sets += ", deleted = :yes"
        for _ in range(TRIES):
            try:
                await self.table.update(
                    keys.event(conversation_id, event.seq),
                    UpdateExpression=sets,
                    # An update of what was purged would bring it back.
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues=pack(values),
                )
            except ConditionFailed:
                return
            except Conflict:
                continue
            return
        message = "The event is too busy."
        raise Unavailable(message)

    async def advance(self, trace: Trace) -> None:
        """Write how far it is."""
        try:
            await self.table.update(
                keys.trace(trace.conversation_id, trace.user_id),
                UpdateExpression="SET through = :through, titled = :titled",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=pack(
                    {":through": trace.through_seq, ":titled": trace.titled.value}
                ),
            )
        except ConditionFailed:
            return

    async def renew(self, conversation: Conversation, *, untitled: bool) -> Conversation | None:
        """Update the conversation item, if epoch and title are as they were read."""
        values: dict[str, Value] = {":new": conversation.next_epoch, ":old": conversation.epoch}
        same = "attribute_not_exists(title)"
        if conversation.title is not None:
            same, values[":title"] = "title = :title", conversation.title
        try:
            await self.table.update(
                keys.conversation(conversation.id),
                UpdateExpression="SET epoch = :new" + (" REMOVE title, title_seq" * untitled),
                ConditionExpression=(
                    f"attribute_exists(pk) AND attribute_not_exists(deleted)"
                    f" AND epoch = :old AND {same}"
                ),
                ExpressionAttributeValues=pack(values),
            )
        except (ConditionFailed, Conflict):
            return None
        renewed = replace(conversation, epoch=conversation.next_epoch)
        return replace(renewed, title=None, title_seq=None) if untitled else renewed

    async def untitle(self, link_id: str) -> None:
        """Remove the title of a link that is there."""
        try:
            await self.table.update(
                keys.link(link_id),
                UpdateExpression="REMOVE title",
                ConditionExpression="attribute_exists(pk)",
            )
        except ConditionFailed:
            return

    async def end(self, trace: Trace) -> None:
        """Delete the trace last: with it goes what leads to the rest."""
        partition = keys.conversation_partition(trace.conversation_id)
        for prefix in (keys.requests_prefix(trace.user_id), keys.PROVIDER_MEMORY_PREFIX):
            left = [each async for each in self._beneath(partition, prefix)]
            await self.table.delete_many(left)
        try:
            await self.table.delete(
                keys.trace(trace.conversation_id, trace.user_id),
                ConditionExpression="left_at = :at",
                ExpressionAttributeValues={":at": attribute(trace.left_at_ms)},
            )
        except ConditionFailed:
            return

    async def unlist(self, conversation_id: ConversationId, user_id: UserId) -> None:
        """Delete the member, which is also the entry in their list."""
        await self.table.delete_many([keys.member(conversation_id, user_id)])

    async def clear(self, user_id: UserId, *, now_ms: int) -> None:
        """Delete what stands beneath the user, and what the index has of them."""
        for prefix in (keys.TICKET_PREFIX, keys.INVITE_PREFIX):
            found = await self._in_index(user_id, prefix)
            await self.table.delete_many([{"pk": each["pk"], "sk": each["sk"]} for each in found])
        today = now_ms // DAY_MS
        beneath = self._beneath(keys.user_partition(user_id), "")
        left = [each async for each in beneath if not keys.outlives_order(text(each, "sk"), today)]
        await self.table.delete_many(left)

    async def _beneath(self, partition: str, prefix: str) -> AsyncIterator[keys.Key]:
        """Yield the keys of a partition that begin so."""
        narrowed = " AND begins_with(sk, :s)" if prefix else ""
        values = {":p": partition, **({":s": prefix} if prefix else {})}
        for item in await self.table.query_all(
            KeyConditionExpression=f"pk = :p{narrowed}",
            ExpressionAttributeValues=pack(values),
            ProjectionExpression="pk, sk",
            ConsistentRead=True,
        ):
            yield {"pk": item["pk"], "sk": item["sk"]}
