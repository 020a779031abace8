"""Connections and limits in memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.conversation import Subscription, User
from wireside.domain.errors import ConnectionGone
from wireside.domain.events import ConnectionId, ConversationId, Event, UserId
from wireside.ports import Connection

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class MemoryConnections:
    """``ports.Connections``."""

    store: MemoryStore

    async def keep(self, connection: Connection) -> None:
        """Keep a new connection."""
        self.store.connections[connection.id] = connection

    async def read(self, connection_id: ConnectionId) -> Connection | None:
        """Return the connection."""
        return self.store.connections.get(connection_id)

    async def read_many(
        self, connection_ids: Collection[ConnectionId]
    ) -> Mapping[ConnectionId, Connection]:
        """Return those that are there."""
        known = self.store.connections
        return {each: known[each] for each in connection_ids if each in known}

    async def greet(self, connection_id: ConnectionId, *, now_ms: int) -> Connection | None:
        """Remember that ``hello`` came."""
        return self._mark(connection_id, greeted=True, seen_at_ms=now_ms)

    async def see(self, connection_id: ConnectionId, *, now_ms: int) -> Connection | None:
        """Remember the time."""
        return self._mark(connection_id, seen_at_ms=now_ms)

    def _mark(self, connection_id: ConnectionId, **fields: Any) -> Connection | None:
        connection = self.store.connections.get(connection_id)
        if connection is None:
            return None
        marked = replace(connection, **fields)
        self.store.connections[connection_id] = marked
        return marked

    async def frame_context(
        self, connection_id: ConnectionId, conversation_id: ConversationId, seq: int
    ) -> tuple[Connection | None, Event | None]:
        """Return the connection and the event."""
        log = self.store.log(conversation_id)
        event = log[seq - 1] if 1 <= seq <= len(log) else None
        return self.store.connections.get(connection_id), event

    async def subscribe(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        *,
        at_most: int,
        as_operator: bool = False,
    ) -> Literal["subscribed", "no_member", "too_many"]:
        """Open the conversation for the connection."""
        user = self.store.connections.get(connection.id, connection).user
        member = self.store.members.get((conversation_id, user.id))
        if not (self._is_held(conversation_id, user) if as_operator else member):
            return "no_member"
        known = self.store.connections.get(connection.id)
        if known is None:
            raise ConnectionGone
        if conversation_id not in known.open and len(known.open) >= at_most:
            return "too_many"
        if member is not None:
            self.store.members[conversation_id, user.id] = replace(member, name=user.name)
        self.store.subscriptions[conversation_id, user.id, connection.id] = Subscription(
            user.id, connection.id, user.expires_at, connection.connected_at_ms
        )
        self.store.typing.pop((conversation_id, connection.id), None)
        self.store.connections[connection.id] = replace(known, open=known.open | {conversation_id})
        return "subscribed"

    def _is_held(self, conversation_id: ConversationId, user: User) -> bool:
        conversation = self.store.conversations.get(conversation_id)
        operator = conversation.operator if conversation and not conversation.deleted else None
        return operator is not None and operator.id == user.id

    async def refresh(
        self, connection: Connection, user: User, ticket_id: str | None
    ) -> Connection | None:
        """Change the expiry and roles of the connection and of all that it has open."""
        known = self.store.connections.get(connection.id)
        if known is None or (ticket_id and self.store.tickets.pop(ticket_id, None) is None):
            return None
        refreshed = replace(known, user=user, refreshed_by=ticket_id or known.refreshed_by)
        self.store.connections[connection.id] = refreshed
        for each in known.open:
            key = (each, user.id, connection.id)
            if key in self.store.subscriptions:
                there = self.store.subscriptions[key]
                self.store.subscriptions[key] = replace(there, expires_at=user.expires_at)
        return refreshed

    async def silence(
        self, connection: Connection, conversation_ids: Collection[ConversationId]
    ) -> None:
        """Remove the subscriptions."""
        for each in conversation_ids:
            self.store.subscriptions.pop((each, connection.user.id, connection.id), None)

    async def unsubscribe(self, connection: Connection, conversation_id: ConversationId) -> None:
        """Close the conversation for the connection."""
        await self.silence(connection, [conversation_id])
        known = self.store.connections.get(connection.id)
        if known is not None:
            left = known.open - {conversation_id}
            self.store.connections[connection.id] = replace(known, open=left)

    async def forget(self, connection_id: ConnectionId) -> None:
        """Remove what this connection had."""
        connection = self.store.connections.pop(connection_id, None)
        if connection is None:
            return
        self.store.places.discard(connection.place)
        for each in connection.open:
            self.store.subscriptions.pop((each, connection.user.id, connection_id), None)

    async def drop(self, conversation_id: ConversationId, subscription: Subscription) -> None:
        """Remove one subscription."""
        key = (conversation_id, subscription.user_id, subscription.connection_id)
        self.store.subscriptions.pop(key, None)

    async def of_user(self, user_id: UserId) -> tuple[ConnectionId, ...]:
        """Return the user's connections."""
        return tuple(
            sorted(each.id for each in self.store.connections.values() if each.user.id == user_id)
        )

    async def claim_typing(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        *,
        on: bool,
        now_ms: int,
        every_ms: int,
    ) -> bool:
        """Let ``on`` through once in ``every_ms``, and ``off`` once after it."""
        if (conversation_id, connection.user.id, connection.id) not in self.store.subscriptions:
            return False
        key = (conversation_id, connection.id)
        at_ms, was_on = self.store.typing.get(key, (now_ms - every_ms, False))
        allowed = at_ms <= now_ms - every_ms if on else was_on
        if allowed:
            self.store.typing[key] = (now_ms, on)
        return allowed


@dataclass(frozen=True, slots=True)
class MemoryLimits:
    """``ports.Limits``."""

    store: MemoryStore

    async def count_message(self, user_id: UserId, *, now_ms: int, per_minute: int) -> bool:
        """Count one message."""
        key = (user_id, now_ms // MINUTE_MS)
        if self.store.messages.get(key, 0) >= per_minute:
            return False
        self.store.messages[key] = self.store.messages.get(key, 0) + 1
        return True

    async def count_connect(self, address: str, *, now_ms: int, per_minute: int) -> bool:
        """Count one new connection."""
        key = (address, now_ms // MINUTE_MS)
        if self.store.connects.get(key, 0) >= per_minute:
            return False
        self.store.connects[key] = self.store.connects.get(key, 0) + 1
        return True
