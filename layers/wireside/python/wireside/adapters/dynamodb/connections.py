"""Connections and what each has open."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import batched
from typing import Literal

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import (
    Item,
    Value,
    flag,
    number,
    optional_text,
    pack,
    text,
    texts,
)
from wireside.adapters.dynamodb.log import from_item as event_from_item
from wireside.adapters.dynamodb.places import KEEP_SECONDS, free, live_entry
from wireside.adapters.dynamodb.subscriptions import refreshing, subscribing
from wireside.adapters.dynamodb.table import (
    MAX_BATCH_KEYS,
    ConditionFailed,
    Conflict,
    Table,
    TransactionCancelled,
)
from wireside.adapters.dynamodb.users import user_of, user_values
from wireside.domain.conversation import Subscription, User
from wireside.domain.errors import ConnectionGone, Unavailable
from wireside.domain.events import ConnectionId, ConversationId, Event, UserId
from wireside.ports import Connection

SUBSCRIBE_TRIES = 5


def to_item(connection: Connection) -> Item:
    """Return the item of a connection."""
    attributes = pack(
        {
            **user_values(connection.user),
            "connected_at": connection.connected_at_ms,
            "seen_at": connection.seen_at_ms or None,
            "greeted": connection.greeted,
            "refreshed_by": connection.refreshed_by,
            "open": frozenset(connection.open),
            "ttl": connection.connected_at_ms // 1_000 + KEEP_SECONDS,
        }
    )
    return keys.connection(connection.id) | attributes


def from_item(item: Item) -> Connection:
    """Return the connection of an item."""
    return Connection(
        id=ConnectionId(text(item, "pk").removeprefix("N#")),
        user=user_of(item),
        connected_at_ms=number(item, "connected_at"),
        seen_at_ms=number(item, "seen_at"),
        greeted=flag(item, "greeted"),
        refreshed_by=optional_text(item, "refreshed_by"),
        open=frozenset(ConversationId(each) for each in texts(item, "open")),
    )


@dataclass(frozen=True, slots=True)
class DynamoConnections:
    """``ports.Connections`` on the table."""

    table: Table

    async def keep(self, connection: Connection) -> None:
        """Put the connection, and its entry beneath its user first."""
        await self.table.put(live_entry(connection.place))
        await self.table.put(to_item(connection))

    async def read(self, connection_id: ConnectionId) -> Connection | None:
        """Read the connection."""
        item = await self.table.get(keys.connection(connection_id))
        return from_item(item) if item is not None else None

    async def read_many(
        self, connection_ids: Collection[ConnectionId]
    ) -> Mapping[ConnectionId, Connection]:
        """Read the connections, 100 in a call."""
        found: dict[ConnectionId, Connection] = {}
        for wanted in batched(connection_ids, MAX_BATCH_KEYS, strict=False):
            items = await self.table.get_many([keys.connection(each) for each in wanted])
            found |= {known.id: known for known in map(from_item, filter(None, items))}
        return found

    async def greet(self, connection_id: ConnectionId, *, now_ms: int) -> Connection | None:
        """Set the flag on a connection that exists."""
        changes = "SET greeted = :yes, seen_at = :now"
        return await self._mark(connection_id, changes, {":yes": True, ":now": now_ms})

    async def see(self, connection_id: ConnectionId, *, now_ms: int) -> Connection | None:
        """Write the time and read the connection in one call."""
        return await self._mark(connection_id, "SET seen_at = :now", {":now": now_ms})

    async def _mark(
        self, connection_id: ConnectionId, changes: str, values: Mapping[str, Value]
    ) -> Connection | None:
        for _ in range(SUBSCRIBE_TRIES):
            try:
                item = await self.table.update(
                    keys.connection(connection_id),
                    UpdateExpression=changes,
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues=pack(values),
                    ReturnValues="ALL_NEW",
                )
            except ConditionFailed:
                return None
            except Conflict:
                continue  # it opens something, or is refreshed, at this moment
            return from_item(item)
        message = "The connection is too busy."
        raise Unavailable(message)

    async def frame_context(
        self, connection_id: ConnectionId, conversation_id: ConversationId, seq: int
    ) -> tuple[Connection | None, Event | None]:
        """Read both in one call."""
        wanted = [keys.connection(connection_id)]
        if seq:
            wanted.append(keys.event(conversation_id, seq))
        connection, *events = await self.table.get_many(wanted)
        event = next((event_from_item(each) for each in events if each), None)
        return from_item(connection) if connection else None, event

    async def subscribe(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        *,
        at_most: int,
        as_operator: bool = False,
    ) -> Literal["subscribed", "no_member", "too_many"]:
        """Put the subscription on the condition that its member and its connection exist."""
        for _ in range(SUBSCRIBE_TRIES):
            try:
                await self.table.transact(
                    subscribing(connection, conversation_id, at_most, as_operator=as_operator)
                )
            except Conflict:
                continue
            except TransactionCancelled as cancelled:
                if cancelled.failed(0):
                    return "no_member"
                known = await self.read(connection.id)
                if known is None:
                    raise ConnectionGone from cancelled
                if known.user.expires_at == connection.user.expires_at:
                    return "too_many"
                connection = known  # it was refreshed meanwhile
                continue
            return "subscribed"
        message = "The conversation is too busy."
        raise Unavailable(message)

    async def refresh(
        self, connection: Connection, user: User, ticket_id: str | None
    ) -> Connection | None:
        """Write the connection, its subscriptions and the ticket's end in one transaction."""
        gone: frozenset[ConversationId] = frozenset()
        for _ in range(SUBSCRIBE_TRIES):
            used = ticket_id or connection.refreshed_by
            refreshed = replace(connection, user=user, refreshed_by=used)
            listening = sorted(connection.open - gone)
            try:
                await self.table.transact(refreshing(refreshed, listening, ticket_id))
            except Conflict:
                continue
            except TransactionCancelled as cancelled:
                if ticket_id and cancelled.failed(len(listening) + 1):
                    return None
                known = await self.read(connection.id)
                if known is None:
                    return None
                gone |= {each for index, each in enumerate(listening, 1) if cancelled.failed(index)}
                connection = known
                continue
            return refreshed
        message = "The connection is too busy."
        raise Unavailable(message)

    async def silence(
        self, connection: Connection, conversation_ids: Collection[ConversationId]
    ) -> None:
        """Delete the subscriptions."""
        user_id = connection.user.id
        await self.table.delete_many(
            [keys.subscription(each, user_id, connection.id) for each in conversation_ids]
        )

    async def unsubscribe(self, connection: Connection, conversation_id: ConversationId) -> None:
        """Delete the subscription, then its mention in the connection."""
        await self.silence(connection, [conversation_id])
        try:
            await self.table.update(
                keys.connection(connection.id),
                UpdateExpression="DELETE #open :c",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={"#open": "open"},
                ExpressionAttributeValues=pack({":c": frozenset({conversation_id})}),
            )
        except ConditionFailed:
            return

    async def forget(self, connection_id: ConnectionId) -> None:
        """Free its place; delete its subscriptions, its entry beneath its user, and itself."""
        connection = await self.read(connection_id)
        if connection is None:
            return
        await free(self.table, connection.place)
        user_id = connection.user.id
        await self.table.delete_many(
            [
                *(keys.subscription(each, user_id, connection_id) for each in connection.open),
                keys.user_connection(user_id, connection_id),
                keys.connection(connection_id),
            ]
        )

    async def drop(self, conversation_id: ConversationId, subscription: Subscription) -> None:
        """Delete one subscription."""
        await self.table.delete_many(
            [keys.subscription(conversation_id, subscription.user_id, subscription.connection_id)]
        )

    async def of_user(self, user_id: UserId) -> tuple[ConnectionId, ...]:
        """Query the user's connections."""
        items = await self.table.query_all(
            KeyConditionExpression="pk = :u AND begins_with(sk, :n)",
            ExpressionAttributeValues=pack({":u": keys.user_partition(user_id), ":n": "N#"}),
            ConsistentRead=True,
        )
        return tuple(ConnectionId(text(item, "sk").removeprefix("N#")) for item in items)

    async def claim_typing(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        *,
        on: bool,
        now_ms: int,
        every_ms: int,
    ) -> bool:
        """Mark the subscription: ``on`` once in ``every_ms``, ``off`` once after each ``on``."""
        condition = (
            "attribute_not_exists(typing_at) OR typing_at <= :before" if on else "typing_on = :yes"
        )
        values = {":now": now_ms, ":on": on}
        values |= {":before": now_ms - every_ms} if on else {":yes": True}
        try:
            await self.table.update(
                keys.subscription(conversation_id, connection.user.id, connection.id),
                UpdateExpression="SET typing_at = :now, typing_on = :on",
                ConditionExpression=f"attribute_exists(pk) AND ({condition})",
                ExpressionAttributeValues=pack(values),
            )
        except ConditionFailed:
            return False
        return True
