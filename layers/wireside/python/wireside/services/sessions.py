"""Connections: from the handshake to the last goodbye."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside import views, wire
from wireside.domain.conversation import Assistant, User
from wireside.domain.errors import ConnectionGone, ErrorCode, Refused
from wireside.domain.events import ConnectionId, ConversationId
from wireside.frames import Pong, Welcome
from wireside.ports import Clock, Connection, Connections, Conversations, Log
from wireside.services.attendance import Attendance

CONNECTION_SECONDS = 2 * 60 * 60
"""API Gateway closes a WebSocket after two hours.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""
ROTATE_EARLY_MS = 10 * 60 * 1_000
FILE_BYTES = 100_000_000
MAX_OPEN = 20
TEXT_CODE_POINTS = 10_000
FRAME_BYTES = 32_000


@dataclass(frozen=True, slots=True)
class Sessions:
    """Who is on the line, and what the line itself says: hello, ping."""

    connections: Connections
    conversations: Conversations
    log: Log
    clock: Clock
    assistants: Sequence[Assistant]
    messages_per_minute: int
    attendance: Attendance
    connection_seconds: int = CONNECTION_SECONDS

    async def connect(
        self, connection_id: ConnectionId, user: User, *, address: str | None = None
    ) -> None:
        """Keep a connection that the authorizer let in, from the address that it came from.

        Raises: Refused ``rate_limited``.
        """
        connection = Connection(connection_id, user, connected_at_ms=self.clock.now_ms())
        await self.attendance.enter(connection, address)

    async def disconnect(self, connection_id: ConnectionId) -> None:
        """Remove what this connection had and nothing else, however late and often it is told."""
        await self.attendance.leave(connection_id)

    async def greet(self, connection_id: ConnectionId) -> Welcome:
        """Answer ``hello``."""
        connection = await self.connections.greet(connection_id, now_ms=self.clock.now_ms())
        self.check(connection)
        if connection is None:
            raise ConnectionGone
        return {
            "type": "welcome",
            "connection_id": connection_id,
            "user": views.user_json(connection.user),
            "server_time": wire.timestamp(self.clock.now_ms()),
            "models": views.models_json(self.assistants),
            "limits": {
                "text_code_points": TEXT_CODE_POINTS,
                "frame_bytes": FRAME_BYTES,
                "open_conversations": MAX_OPEN,
                "file_bytes": FILE_BYTES,
                "messages_per_minute": self.messages_per_minute,
            },
            "expires_at": wire.timestamp(connection.user.expires_at * 1_000),
            "rotate_at": wire.timestamp(self._rotate_at_ms(connection)),
        }

    def _rotate_at_ms(self, connection: Connection) -> int:
        """Return when a client should have another connection: 10 minutes, or a tenth, early."""
        lifetime_ms = self.connection_seconds * 1_000
        early_ms = min(ROTATE_EARLY_MS, lifetime_ms // 10)
        return connection.connected_at_ms + lifetime_ms - early_ms

    async def resume(self, connection_id: ConnectionId) -> Connection:
        """Return the connection of a frame, once it may speak.

        Raises: Refused ``hello_required``, ``token_expired``; ConnectionGone.
        """
        return self.check(await self.connections.read(connection_id))

    async def hear_of(self, connection_id: ConnectionId) -> Connection:
        """Return the connection of a frame that is a sign of life, as ``resume`` does."""
        return self.check(await self.connections.see(connection_id, now_ms=self.clock.now_ms()))

    def check(self, connection: Connection | None) -> Connection:
        """Return the connection if it has said hello and its token has not expired."""
        if connection is None:
            raise ConnectionGone
        if not connection.greeted:
            raise Refused(ErrorCode.HELLO_REQUIRED, "The first frame is hello.")
        if connection.user.expires_at * 1_000 <= self.clock.now_ms():
            raise Refused(ErrorCode.TOKEN_EXPIRED, "The token has expired; connect with a new one.")
        return connection

    async def pong(self, connection_id: ConnectionId) -> Pong:
        """Answer ``ping``, with the heads of what is open."""
        connection = await self.hear_of(connection_id)
        heads: dict[str, int] = {}
        for conversation_id in sorted(connection.open):
            head = await self._head(connection.user, conversation_id)
            if head is not None:
                heads[conversation_id] = head
        return {
            "type": "pong",
            "server_time": wire.timestamp(self.clock.now_ms()),
            "heads": heads,
        }

    async def _head(self, user: User, conversation_id: ConversationId) -> int | None:
        """Return the head as a member sees it: log first, membership after it."""
        newest = await self.log.before(conversation_id, None, limit=1)
        access = await self.conversations.access(conversation_id, user.id)
        if access is None or access.member is None or access.conversation.deleted:
            return None
        return newest[-1].seq if newest else 0
