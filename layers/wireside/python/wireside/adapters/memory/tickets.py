"""Tickets and tokens in memory."""

from dataclasses import dataclass, field

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.conversation import User
from wireside.domain.errors import unauthorized
from wireside.domain.tickets import Ticket


@dataclass(frozen=True, slots=True)
class MemoryTickets:
    """``ports.Tickets`` and ``ports.TicketTaker``."""

    store: MemoryStore

    async def keep(self, ticket: Ticket) -> None:
        """Keep the ticket."""
        self.store.tickets[ticket.id] = ticket

    async def read(self, ticket_id: str) -> Ticket | None:
        """Return the ticket."""
        return self.store.tickets.get(ticket_id)

    def take(self, ticket_id: str) -> Ticket | None:
        """Remove the ticket, and return it."""
        return self.store.tickets.pop(ticket_id, None)


@dataclass(slots=True)
class KnownTokens:
    """``ports.Verifier`` that knows users by their tokens."""

    users: dict[str, User] = field(default_factory=dict)

    def verify(self, token: str) -> User:
        """Return whose token it is."""
        if token not in self.users:
            raise unauthorized()
        return self.users[token]
