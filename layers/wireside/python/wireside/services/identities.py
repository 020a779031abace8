"""Who somebody is: by a JWT, or by a ticket that was bought with one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wireside.domain.conversation import User
from wireside.domain.errors import unauthorized
from wireside.domain.tickets import LIFE_SECONDS, PREFIX, Ticket, is_ticket, ticket_id
from wireside.ports import Clock, Ids, Tickets, TicketTaker, Verifier

if TYPE_CHECKING:
    from wireside.services.attendance import Attendance


@dataclass(frozen=True, slots=True)
class Door:
    """The handshake."""

    verifier: Verifier
    tickets: TicketTaker
    clock: Clock

    def who(self, presented: str) -> User:
        """Return who presents a JWT or a ticket; a ticket is used up by it.

        Raises: Refused ``unauthorized``, ``token_expired``; Unavailable.
        """
        if not is_ticket(presented):
            return self.verifier.verify(presented)
        return valid(self.tickets.take(ticket_id(presented)), self.clock).user


@dataclass(frozen=True, slots=True)
class BoxOffice:
    """Where tickets are sold."""

    tickets: Tickets
    clock: Clock
    ids: Ids
    attendance: "Attendance"

    async def sell(self, user: User) -> tuple[str, int]:
        """Return a ticket for somebody, and until when it can be used, in seconds.

        Raises: Refused ``rate_limited`` where they have as many connections as they may.
        """
        await self.attendance.expect(user)
        presented = f"{PREFIX}{self.ids.new()}"
        until = min(self.clock.now_ms() // 1_000 + LIFE_SECONDS, user.expires_at)
        await self.tickets.keep(Ticket(ticket_id(presented), user, until))
        return presented, until


def valid(ticket: Ticket | None, clock: Clock) -> Ticket:
    """Return the ticket if it can be used.

    Raises: Refused ``unauthorized``.
    """
    if ticket is None or ticket.until * 1_000 <= clock.now_ms():
        raise unauthorized()
    return ticket
