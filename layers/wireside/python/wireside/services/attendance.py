"""Who is on the line: who may come, and who only seems to be there."""

from dataclasses import dataclass

from wireside.domain.conversation import User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConnectionId, UserId
from wireside.ports import Clock, Connection, Connections, Limits, Lines, Place, Places

HEARTBEAT_MS = 30_000
STALE_MS = 3 * HEARTBEAT_MS
"""A connection that was silent for three heartbeats counts as gone, whatever the gateway says."""
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
    lines: Lines
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
        await self.connections.forget(connection_id)

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
            await self.leave(place.connection_id)
            await self.places.give_up(place)
            await self.lines.hang_up(place.connection_id)

    async def _stale(self, places: tuple[Place, ...]) -> list[Place]:
        """Return those of the places whose connection was silent for three heartbeats."""
        before_ms = self.clock.now_ms() - STALE_MS
        old = [each for each in places if each.connected_at_ms <= before_ms]
        known = await self.connections.read_many([each.connection_id for each in old])
        return [
            each
            for each in old
            if each.connection_id not in known
            or known[each.connection_id].last_seen_ms <= before_ms
        ]


def too_many_connections() -> Refused:
    """Return the refusal of one connection more than a user may have."""
    message = "Too many connections; close another one first."
    return Refused(ErrorCode.RATE_LIMITED, message, retry_after_ms=HEARTBEAT_MS)
