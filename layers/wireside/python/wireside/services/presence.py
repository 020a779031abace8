"""Who is there: everybody learns of whoever comes first and goes last.

Not of every connection, and not from every one of a crowd. Whoever comes looks after they have
subscribed, and whoever goes looks again after they have told it: what was told last is so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wireside import frames, wire
from wireside.domain.conversation import Subscription
from wireside.domain.events import ConnectionId, ConversationId, UserId
from wireside.ports import Clock, Connection, Connections, Conversations, Lines
from wireside.services import posting

HEARTBEAT_MS = 30_000
STALE_MS = 3 * HEARTBEAT_MS
"""A connection that was silent for three heartbeats counts as gone, whatever the gateway says."""
CROWD = 20
"""Among more connections than this nobody is told who types, comes and goes."""


@dataclass(frozen=True, slots=True)
class Presence:
    """Coming and going. ``until``, where it may be given, is the posts' own: see ``posting``."""

    conversations: Conversations
    connections: Connections
    lines: Lines
    clock: Clock

    async def among(self, listeners: Iterable[Subscription]) -> frozenset[UserId]:
        """Return whose connections among these were heard of within three heartbeats."""
        return frozenset(each.user_id for each in await self._lively(listeners))

    async def arrived(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        listeners: Sequence[Subscription],
    ) -> None:
        """Tell the others that the user is there, unless an earlier connection of theirs has.

        Of several that open it at once the first one in order tells it: ``listeners`` are as they
        were after the connection had subscribed, so that it cannot be left to one that has not.
        """
        if len(listeners) > CROWD:
            return
        own = await self._lively(each for each in listeners if each.user_id == connection.user.id)
        first = min(own, key=lambda each: (each.connected_at_ms, each.connection_id), default=None)
        if first is not None and first.connection_id == connection.id:
            await self._tell(conversation_id, listeners, connection.user.id, on=True)

    async def departed(
        self, conversation_id: ConversationId, user_id: UserId, *, until: float | None = None
    ) -> None:
        """Tell the others that the user is gone, unless a connection of theirs is still there."""
        on = False
        for _ in range(2):
            listeners = await self._listeners(conversation_id)
            own = [each for each in listeners if each.user_id == user_id]
            if len(listeners) > CROWD or bool(await self._lively(own)) is not on:
                return
            await self._tell(conversation_id, listeners, user_id, on=on, until=until)
            on = True  # who came back meanwhile may have been told of before this was

    async def close(self, connection: Connection, conversation_id: ConversationId) -> None:
        """Close a conversation for a connection; nobody is told where it was not open."""
        if conversation_id in connection.open:
            await self.connections.silence(connection, [conversation_id])
            await self.departed(conversation_id, connection.user.id)
        await self.connections.unsubscribe(connection, conversation_id)

    async def end(self, connection_id: ConnectionId, *, until: float | None = None) -> None:
        """Remove a connection and tell whoever saw it there; repeating it does nothing.

        It goes last itself: whoever repeats what was interrupted finds all that is left to tell.
        """
        connection = await self.connections.read(connection_id)
        if connection is None:
            return
        if connection.open:
            await self.connections.silence(connection, connection.open)
        for each in sorted(connection.open):
            await self.departed(each, connection.user.id, until=until)
        await self.connections.forget(connection_id)

    async def _listeners(self, conversation_id: ConversationId) -> tuple[Subscription, ...]:
        roster = await self.conversations.roster(conversation_id)
        return roster.listeners(now_seconds=self.clock.now_ms() / 1_000)

    async def _lively(self, listeners: Iterable[Subscription]) -> Sequence[Subscription]:
        before_ms, everybody = self.clock.now_ms() - STALE_MS, [*listeners]
        old = [each.connection_id for each in everybody if each.connected_at_ms <= before_ms]
        known = await self.connections.read_many(old) if old else {}
        return [
            each
            for each in everybody
            if each.connected_at_ms > before_ms
            or ((found := known.get(each.connection_id)) and found.last_seen_ms > before_ms)
        ]

    async def _tell(
        self,
        conversation_id: ConversationId,
        listeners: Sequence[Subscription],
        user_id: UserId,
        *,
        on: bool,
        until: float | None = None,
    ) -> None:
        others = [each.connection_id for each in listeners if each.user_id != user_id]
        told: frames.Presence = {
            "type": "presence",
            "conversation_id": conversation_id,
            "user_id": user_id,
            "on": on,
        }
        # Who of them is gone is found out by what has to reach them.
        await self.push(others, wire.encoded(told), until=until)

    async def push(
        self, connection_ids: Sequence[ConnectionId], frame: bytes, *, until: float | None
    ) -> None:
        """Push a frame to connections."""
        await posting.post(self.lines, connection_ids, frame, until=until)
