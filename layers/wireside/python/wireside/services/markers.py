"""How far people have read: only ever forwards, and never beyond what there is."""

from dataclasses import dataclass

from wireside import frames, wire
from wireside.domain.events import ConnectionId, ConversationId, Event, UserId
from wireside.ports import Connections, Conversations, Log
from wireside.services.access import admit
from wireside.services.delivery import Delivery
from wireside.services.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Markers:
    """read."""

    sessions: Sessions
    conversations: Conversations
    connections: Connections
    log: Log
    delivery: Delivery

    async def read(
        self, connection_id: ConnectionId, conversation_id: ConversationId, seq: int
    ) -> None:
        """Keep that the user has read up to ``seq``, and tell their other connections there.

        A seq above the head counts as the head. An operator who is no member has no marker.
        Raises: Refused ``not_found``; Unavailable.
        """
        connection, event = await self.connections.frame_context(
            connection_id, conversation_id, seq
        )
        user = self.sessions.check(connection).user
        event = event or await self._head(conversation_id)
        await admit(self.conversations, user, conversation_id)
        if event is not None and await self.conversations.mark_read(
            conversation_id, user.id, seq=event.seq, n=event.n
        ):
            await self._tell(conversation_id, user.id, event, but=connection_id)

    async def _head(self, conversation_id: ConversationId) -> Event | None:
        newest = await self.log.before(conversation_id, None, limit=1)
        return newest[-1] if newest else None

    async def _tell(
        self, conversation_id: ConversationId, user_id: UserId, event: Event, *, but: ConnectionId
    ) -> None:
        told: frames.Read = {"type": "read", "conversation_id": conversation_id, "seq": event.seq}
        own = [
            each
            for each in await self.delivery.listeners(conversation_id)
            if each.user_id == user_id and each.connection_id != but
        ]
        await self.delivery.tell(conversation_id, own, wire.encoded(told))
