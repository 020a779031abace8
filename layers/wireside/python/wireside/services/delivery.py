"""Bringing frames to those who listen, without one of them holding up the others."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wireside.domain.conversation import Roster, Subscription
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId, ConversationId
from wireside.ports import Clock, Connections, Conversations, Lines, PostOutcome

FAN_OUT_SECONDS = 2
YOUNG_MS = 5_000
"""API Gateway answers 410 for a connection that is still being made; so young ones are spared."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Fan-out."""

    conversations: Conversations
    connections: Connections
    lines: Lines
    clock: Clock

    async def listeners(self, conversation_id: ConversationId) -> tuple[Subscription, ...]:
        """Return who may hear now, from a strongly consistent read."""
        roster = await self.conversations.roster(conversation_id)
        return self.hearing(roster)

    def hearing(self, roster: Roster) -> tuple[Subscription, ...]:
        """Return who of the roster may hear now."""
        return roster.listeners(now_seconds=self.clock.now_ms() / 1_000)

    async def tell_all(
        self,
        conversation_id: ConversationId,
        frame: bytes,
        *,
        but: ConnectionId | None = None,
    ) -> None:
        """Push a frame to everybody who listens, except one connection."""
        listeners = await self.listeners(conversation_id)
        await self.tell(
            conversation_id, [each for each in listeners if each.connection_id != but], frame
        )

    async def tell(
        self, conversation_id: ConversationId, listeners: Sequence[Subscription], frame: bytes
    ) -> None:
        """Push a frame to these listeners, for 2 s in total; who is late repairs by ``sync``."""
        outcomes = await self.post([each.connection_id for each in listeners], frame)
        for each in listeners:
            if each.connection_id in outcomes:
                await self.heed(conversation_id, each, outcomes[each.connection_id])

    async def post(
        self, connection_ids: Sequence[ConnectionId], frame: bytes
    ) -> Mapping[ConnectionId, PostOutcome]:
        """Push a frame to connections, for 2 s in total; return what became of each in time."""
        if not connection_ids:
            return {}
        tasks = {
            asyncio.ensure_future(self.lines.post(each, frame)): each for each in connection_ids
        }
        done, late = await asyncio.wait(tasks, timeout=FAN_OUT_SECONDS)
        for task in late:
            task.cancel()
        return {tasks[task]: task.result() for task in done}

    async def answer(self, connection_id: ConnectionId, frame: bytes) -> None:
        """Push a frame to the connection that asked; if it is gone, it will ask again."""
        await self.lines.post(connection_id, frame)

    async def heed(
        self, conversation_id: ConversationId, listener: Subscription, outcome: PostOutcome
    ) -> None:
        """Remove a connection that is gone; where the table is busy, the next post tries again."""
        age_ms = self.clock.now_ms() - listener.connected_at_ms
        if outcome is PostOutcome.GONE and age_ms >= YOUNG_MS:
            with contextlib.suppress(Unavailable):
                await self.connections.forget(listener.connection_id)
                await self.connections.drop(conversation_id, listener)
