"""Going on with a newer token on the same connection."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from wireside import wire
from wireside.domain.conversation import User
from wireside.domain.errors import ConnectionGone, unauthorized
from wireside.domain.events import ConnectionId
from wireside.domain.tickets import is_ticket, ticket_id
from wireside.frames import Refreshed
from wireside.ports import Connection, Tickets, Verifier
from wireside.services.identities import valid
from wireside.services.sessions import Sessions


@dataclass(frozen=True, slots=True)
class Renewals:
    """refresh. ``verifier`` is asked for when the first JWT comes."""

    sessions: Sessions
    tickets: Tickets
    verifier: Callable[[], Verifier]

    async def refresh(self, connection_id: ConnectionId, presented: str) -> Refreshed:
        """Answer ``refresh``.

        Everything that the connection has open expires with the new token from here on. A ticket
        is used up in the same step, and remembered: the same frame sent again is answered again.
        Raises: Refused ``unauthorized``, ``token_expired``; Unavailable; ConnectionGone.
        """
        connection = await self.sessions.resume(connection_id)
        if not is_ticket(presented):
            return await self._renew(connection, self.verifier().verify(presented), None)
        used = ticket_id(presented)
        if used == connection.refreshed_by:
            return _refreshed(connection)
        ticket = valid(await self.tickets.read(used), self.sessions.clock)
        return await self._renew(connection, ticket.user, used)

    async def _renew(self, connection: Connection, user: User, used: str | None) -> Refreshed:
        if user.id != connection.user.id:
            raise unauthorized()
        roles = connection.user.roles & user.roles
        stricter = replace(connection.user, roles=roles, expires_at=user.expires_at)
        renewed = await self.sessions.connections.refresh(connection, stricter, used)
        return _refreshed(renewed or await self._used_already(connection.id, used))

    async def _used_already(self, connection_id: ConnectionId, used: str | None) -> Connection:
        """Return the connection if it was this frame's own twin that used the ticket."""
        known = await self.sessions.connections.read(connection_id)
        if known is None:
            raise ConnectionGone
        if used is None or known.refreshed_by != used:
            raise unauthorized()
        return known


def _refreshed(connection: Connection) -> Refreshed:
    expires_at = wire.timestamp(connection.user.expires_at * 1_000)
    return {"type": "refreshed", "expires_at": expires_at}
