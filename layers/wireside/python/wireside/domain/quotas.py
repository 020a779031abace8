"""What may be used in a day: by one person, and in one conversation.

A question is reserved at its most before it is asked, and settled to what it took. What nobody can
tell any more stays reserved: no quota is ever exceeded for want of news.
"""

from dataclasses import dataclass, replace

from wireside.domain.events import UserId

DAY_MS = 24 * 60 * 60 * 1_000


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens, read and said, and what they cost."""

    tokens: int = 0
    nano_dollars: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        """Return the sum."""
        return Amount(self.tokens + other.tokens, self.nano_dollars + other.nano_dollars)

    def __sub__(self, other: "Amount") -> "Amount":
        """Return the difference, which may be below 0."""
        return Amount(self.tokens - other.tokens, self.nano_dollars - other.nano_dollars)

    def covers(self, other: "Amount") -> bool:
        """Whether it is at least as much, of both."""
        return self.tokens >= other.tokens and self.nano_dollars >= other.nano_dollars

    def has_room(self, used: "Amount", more: "Amount") -> bool:
        """Whether, as a limit, it lets ``more`` be added to ``used``. What is 0 limits nothing."""
        total = used + more
        is_within = not self.tokens or total.tokens <= self.tokens
        return is_within and (not self.nano_dollars or total.nano_dollars <= self.nano_dollars)


NO_AMOUNT = Amount()


@dataclass(frozen=True, slots=True)
class Quotas:
    """The limits of a UTC day."""

    user: Amount = NO_AMOUNT
    conversation: Amount = NO_AMOUNT

    @property
    def are_set(self) -> bool:
        """Whether there are any."""
        return self != Quotas()


@dataclass(frozen=True, slots=True)
class Reservation:
    """What stands in the counters for one run.

    ``day`` counts from the epoch. ``user_id`` is whose counter it stands in, if in any;
    ``in_conversation`` whether in the conversation's.
    """

    amount: Amount
    day: int
    user_id: UserId | None
    in_conversation: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """What is added to the counters in which ``reservation`` stands; mostly it is below 0."""

    reservation: Reservation
    amount: Amount

    @property
    def settled(self) -> Reservation:
        """What stands in the counters from then on."""
        return replace(self.reservation, amount=self.reservation.amount + self.amount)
