"""Who is on the line: who may come, and who only seems to be there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wireside.domain.conversation import User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConnectionId, UserId
from wireside.ports import Clock, Connection, Connections, Limits, Place, Places
from wireside.services.presence import HEARTBEAT_MS, STALE_MS, Presence

MAX_AGE_MS = 125 * 60_000
"""API Gateway closes a WebSocket after two hours; one that is older than this is none any more."""
HELLO_MS = 10_000
"""How long a connection may take for its ``hello`` before the next sweep ends it."""
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many connections there may be: of one user, and a minute from one address; 0: any."""

    connections_per_user: int
    connects_per_minute: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """The beginning and the end of connections."""

    connections: Connections
    places: Places
    limits: Limits
    presence: Presence
    clock: Clock
    allowance: Allowance

    async def enter(self, connection: Connection, address: str | None) -> None:
        """Keep a connection for which there is room.

        Raises: Refused ``rate_limited``; nothing of it is kept then.
        """
        await self._count(address)
        at_most = self.allowance.connections_per_user
        if at_most and not await self.places.claim(connection.place, at_most=at_most):
            await self._make_room(connection.user.id)
            if not await self.places.claim(connection.place, at_most=at_most):
                raise too_many_connections()
        await self.connections.keep(connection)

    async def expect(self, user: User) -> None:
        """Check that one more connection of the user would be let in.

        Raises: Refused ``rate_limited``.
        """
        at_most = self.allowance.connections_per_user
        if not at_most:
            return
        taken = await self.places.of_user(user.id)
        if len(taken) - len(await self._stale(taken)) >= at_most:
            raise too_many_connections()

    async def leave(self, connection_id: ConnectionId) -> None:
        """Remove what this connection had and nothing else, however late and often it is told."""
        await self.presence.end(connection_id)

    async def overdue(self) -> tuple[Place, ...]:
        """Return the connections to be ended: dumb, silent, too old, expired, or never kept.

        It reads everybody's connections, in about two calls for each hundred.
        """
        return tuple(await self._overdue(await self.places.all()))

    async def end(self, place: Place) -> None:
        """Hang up, remove what the connection had, and tell whoever saw it there."""
        await self.presence.lines.hang_up(place.connection_id)
        await self.leave(place.connection_id)
        await self.places.give_up(place)

    async def _count(self, address: str | None) -> None:
        per_minute, now_ms = self.allowance.connects_per_minute, self.clock.now_ms()
        if address is None or not per_minute:
            return
        if not await self.limits.count_connect(address, now_ms=now_ms, per_minute=per_minute):
            message = "Too many new connections from this address; wait a moment."
            left_ms = MINUTE_MS - now_ms % MINUTE_MS
            raise Refused(ErrorCode.RATE_LIMITED, message, retry_after_ms=left_ms)

    async def _make_room(self, user_id: UserId) -> None:
        """Remove the user's connections that only seem to be there."""
        for place in await self._stale(await self.places.of_user(user_id)):
            await self.end(place)

    async def _stale(self, places: tuple[Place, ...]) -> list[Place]:
        """Return those of the places whose connection was silent for three heartbeats."""
        before_ms = self.clock.now_ms() - STALE_MS
        old = [each for each in places if each.connected_at_ms <= before_ms]
        known = await self._known(old)
        return [
            each
            for each in old
            if (found := known.get(each.connection_id)) is None or found.last_seen_ms <= before_ms
        ]

    async def _overdue(self, places: tuple[Place, ...]) -> list[Place]:
        now_ms = self.clock.now_ms()
        old = [each for each in places if each.connected_at_ms <= now_ms - HELLO_MS]
        known = await self._known(old)
        return [each for each in old if _is_over(known.get(each.connection_id), now_ms)]

    async def _known(self, places: Sequence[Place]) -> Mapping[ConnectionId, Connection]:
        return await self.connections.read_many([each.connection_id for each in places])


def _is_over(connection: Connection | None, now_ms: int) -> bool:
    """Whether a connection that had time for its ``hello`` is of no use to anybody any more."""
    return (
        connection is None
        or not connection.greeted
        or connection.last_seen_ms <= now_ms - STALE_MS
        or connection.connected_at_ms <= now_ms - MAX_AGE_MS
        or connection.user.expires_at * 1_000 <= now_ms
    )


def too_many_connections() -> Refused:
    """Return the refusal of one connection more than a user may have."""
    message = "Too many connections; close another one first."
    return Refused(ErrorCode.RATE_LIMITED, message, retry_after_ms=HEARTBEAT_MS)
