"""What runs take: tokens, time and money, and how well that is known.

Money is counted in whole nano-dollars: sums of it are exact.
"""

from dataclasses import dataclass
from enum import StrEnum

NANO = 1_000_000_000
MILLION = 1_000_000
MOST_TOKENS = NANO
"""Nobody reads or says more in one answer: a server that counts more has counted wrong."""


class Known(StrEnum):
    """How well it is known what a run used. The numbers of what is unknown are not invented.

    ``REPORTED``: by the provider, for all of it. ``ESTIMATED``: some of it. ``UNKNOWN``: of some
    of it nothing is known, and the numbers are those of the rest.
    """

    REPORTED = "reported"
    ESTIMATED = "estimated"
    UNKNOWN = "unknown"


_WORSE = (Known.REPORTED, Known.ESTIMATED, Known.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Used:
    """Tokens that providers read and said, of one try or of several."""

    input_tokens: int = 0
    output_tokens: int = 0
    known: Known = Known.REPORTED

    def __add__(self, other: "Used") -> "Used":
        """Return the sum, known as well as the less known of both."""
        return Used(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            max(self.known, other.known, key=_WORSE.index),
        )


NOTHING = Used()
"""What is used where no provider was asked, or where it refused."""
UNTOLD = Used(known=Known.UNKNOWN)
"""What somebody used who is not there to tell."""


@dataclass(frozen=True, slots=True)
class Prices:
    """Nano-dollars for a million tokens each."""

    input_nano_dollars: int
    output_nano_dollars: int

    def cost(self, input_tokens: int, output_tokens: int) -> int:
        """Return what so many tokens cost in nano-dollars, rounded up."""
        whole = input_tokens * self.input_nano_dollars + output_tokens * self.output_nano_dollars
        return -(-whole // MILLION)


@dataclass(frozen=True, slots=True)
class Spent:
    """What one run took, all its tries together.

    ``outcome`` is the answer's ``finish_reason``, the code of its failure, or ``silenced``.
    ``first_text_ms`` runs from asking the provider to its first text, in the try that ended the
    run; ``None`` where there was none. ``total_ms`` runs from when the first message of the turn
    was stored to its outcome: the input window and every wait are part of it.
    ``cost_nano_dollars`` is ``None`` where the assistant has no prices.
    """

    provider: str
    model: str
    outcome: str
    used: Used
    tries: int
    first_text_ms: int | None
    total_ms: int
    cost_nano_dollars: int | None
