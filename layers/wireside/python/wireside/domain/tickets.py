"""One-time tickets: what a browser shows at the handshake in place of its token."""

import hashlib
from dataclasses import dataclass

from wireside.domain.conversation import User

PREFIX = "wst_"
"""No JWT begins so: in base64 a JWT's first letters are those of ``{``."""
LIFE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sold ticket. ``id`` is its hash; the ticket itself is nobody's but the buyer's.

    ``until`` is in seconds since the epoch, exclusive.
    """

    id: str
    user: User
    until: int


def is_ticket(presented: str) -> bool:
    """Whether this is meant to be a ticket, rather than a JWT."""
    return presented.startswith(PREFIX)


def ticket_id(presented: str) -> str:
    """Return under which id a ticket is kept."""
    return hashlib.sha256(presented.encode("utf-8", "surrogatepass")).hexdigest()
