"""What a client keeps of each conversation, whatever becomes of its lines."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from tests.simulation.gateway import Frame
from tests.simulation.invariants import Shown
from tests.simulation.view import View
from wireside.domain.conversation import User

REOPEN_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Page:
    """What ``GET …/events`` answers."""

    epoch: str
    events: Sequence[Shown]
    head: int


type Pages = Callable[[User, str, int | None], Awaitable[Page | None]]
"""Reads the page below a seq, or the newest, over HTTP; ``None``: it has to be asked again."""


@dataclass(slots=True)
class Write:
    """Something to append. ``frame`` has its ``after_seq`` once it was sent for the first time."""

    frame: Frame
    begun_ms: int = 0
    known_ms: int | None = None
    refused: str | None = None

    @property
    def client_id(self) -> str:
        """The name under which its sender knows it."""
        return str(self.frame["client_id"])

    @property
    def is_settled(self) -> bool:
        """Whether it needs no more tries."""
        return self.known_ms is not None or self.refused is not None


@dataclass(slots=True)
class Room:
    """One conversation, as the client keeps it over all its lines."""

    id: str
    view: View = field(default_factory=View)
    outbox: list[Write] = field(default_factory=list)
    wants_open: bool = True
    head: int = 0
    gone: bool = False
    known_runs: tuple[str, ...] = ()
    opened_at: float = -REOPEN_SECONDS
    member_seq: int = 0
    heard: list[int] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    stir: asyncio.Event = field(default_factory=asyncio.Event)
    mail: asyncio.Event = field(default_factory=asyncio.Event)
    reloading: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_behind(self) -> bool:
        """Whether something is known to be missing."""
        return self.view.has_base and (self.view.has_gap or self.head > self.view.held)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to do here."""
        settled = all(each.is_settled for each in self.outbox)
        return self.gone or (
            settled and self.view.has_base and not self.is_behind and not self.wants_open
        )

    def knows(self, head: int) -> None:
        """Learn how far the log goes."""
        self.head = max(self.head, head)
        self.wake()

    def wake(self) -> None:
        """Let both who keeps it and who writes look again."""
        self.stir.set()
        self.mail.set()

    def reopen(self) -> None:
        """Ask to be opened, also where it was given up."""
        self.gone, self.wants_open = False, True
        self.wake()

    def membership(self, seq: int, kind: str) -> None:
        """Learn that its owner came or went."""
        if seq > self.member_seq:
            self.member_seq = seq
            self.gone = kind != "joined"
            self.wants_open = self.wants_open or kind == "joined"
