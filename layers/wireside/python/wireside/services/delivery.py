"""Bringing frames to those who listen, without one of them holding up the others."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from wireside.domain.conversation import Roster, Subscription
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId, ConversationId
from wireside.domain.shares import Share
from wireside.ports import Clock, Connections, Conversations, FanOut, Lines, PostOutcome
from wireside.services import posting
from wireside.services.posting import FAN_OUT_SECONDS
from wireside.services.presence import Presence

YOUNG_MS = 5_000
"""API Gateway answers 410 for a connection that is still being made; so young ones are spared."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Fan-out. Of more listeners than ``at_once`` the rest is handed on, if there is to whom."""

    conversations: Conversations
    connections: Connections
    lines: Lines
    clock: Clock
    fan_out: FanOut | None = None
    at_once: int = 300

    @property
    def presence(self) -> Presence:
        """Who is there."""
        return Presence(self.conversations, self.connections, self.lines, self.clock)

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
        own, shares = self.parted(conversation_id, listeners, frame)
        await asyncio.gather(
            self._push(conversation_id, own, frame), *(self._share(each) for each in shares)
        )

    def parted(
        self, conversation_id: ConversationId, listeners: Sequence[Subscription], frame: bytes
    ) -> tuple[Sequence[Subscription], Sequence[Share]]:
        """Return whom to push to from here, and shares for others, which run out after 2 s."""
        if self.fan_out is None:
            return listeners, ()
        until_ms = self.clock.now_ms() + FAN_OUT_SECONDS * 1_000
        others = batched(listeners[self.at_once :], self.at_once, strict=False)
        shares = [Share(conversation_id, each, frame, until_ms) for each in others]
        return listeners[: self.at_once], shares

    async def hand_on(self, share: Share) -> None:
        """Have somebody else push it.

        Raises: Unavailable.
        """
        if self.fan_out is None:
            message = "Nobody takes shares."
            raise Unavailable(message)
        await self.fan_out.hand_on(share)

    async def take(self, share: Share) -> None:
        """Push what somebody handed on, unless it is too late for it or for a listener's token."""
        now_ms = self.clock.now_ms()
        if now_ms <= share.until_ms:
            hearing = [each for each in share.listeners if each.expires_at * 1_000 > now_ms]
            await self._push(share.conversation_id, hearing, share.frame)

    async def _share(self, share: Share) -> None:
        try:
            await self.hand_on(share)
        except Unavailable:
            await self._push(share.conversation_id, share.listeners, share.frame)

    async def _push(
        self, conversation_id: ConversationId, listeners: Sequence[Subscription], frame: bytes
    ) -> None:
        until = posting.time_is_up()
        outcomes = await self.post([each.connection_id for each in listeners], frame)
        for each in listeners:
            if each.connection_id in outcomes:
                outcome = outcomes[each.connection_id]
                await self.heed(conversation_id, each, outcome, until=until)

    async def post(
        self, connection_ids: Sequence[ConnectionId], frame: bytes
    ) -> Mapping[ConnectionId, PostOutcome]:
        """Push a frame to connections, for 2 s in total; return what became of each in time."""
        return await posting.post(self.lines, connection_ids, frame)

    async def answer(self, connection_id: ConnectionId, frame: bytes) -> None:
        """Push a frame to the connection that asked; if it is gone, it will ask again."""
        await self.lines.post(connection_id, frame)

    async def heed(
        self,
        conversation_id: ConversationId,
        listener: Subscription,
        outcome: PostOutcome,
        *,
        until: float | None = None,
    ) -> None:
        """Remove a connection that is gone; where the table is busy, the next post tries again."""
        if outcome is not PostOutcome.GONE:
            return
        if self.clock.now_ms() - listener.connected_at_ms < YOUNG_MS:
            return
        with contextlib.suppress(Unavailable):
            await self.presence.end(listener.connection_id, until=until)
            await self.connections.drop(conversation_id, listener)
