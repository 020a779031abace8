"""Lines, queue, clock, ids and a provider in memory."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from wireside.domain.conversation import Assistant
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId
from wireside.domain.runs import Job
from wireside.domain.shares import Share
from wireside.domain.usage import Spent
from wireside.ports import Piece, PostOutcome, Provider, Question

START_MS = 1_800_000_000_000


@dataclass(slots=True)
class MemoryLines:
    """``ports.Lines`` that keeps what was posted. ``gone`` and ``lagging`` name the troubled."""

    frames: dict[ConnectionId, list[bytes]] = field(default_factory=dict)
    gone: set[ConnectionId] = field(default_factory=set)
    lagging: set[ConnectionId] = field(default_factory=set)

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Keep the frame."""
        if connection_id in self.gone:
            return PostOutcome.GONE
        if connection_id in self.lagging:
            return PostOutcome.LAGGING
        self.frames.setdefault(connection_id, []).append(frame)
        return PostOutcome.SENT

    async def hang_up(self, connection_id: ConnectionId) -> None:
        """Close the connection."""
        self.gone.add(connection_id)


@dataclass(slots=True)
class MemoryFanOut:
    """``ports.FanOut`` that has a share taken at once, and keeps it; nobody does while it is down.

    What becomes of a share is not told to whoever hands it on, an error neither.
    """

    take: Callable[[Share], Awaitable[None]] | None = None
    shares: list[Share] = field(default_factory=list)
    is_down: bool = False

    async def hand_on(self, share: Share) -> None:
        """Keep the share, and have it taken."""
        if self.is_down:
            message = "Nobody takes shares."
            raise Unavailable(message)
        self.shares.append(share)
        if self.take is not None:
            with suppress(Unavailable):
                await self.take(share)


@dataclass(slots=True)
class MemoryJobQueue:
    """``ports.JobQueue`` that keeps jobs in order and drops repeats of the same attempt."""

    jobs: list[Job] = field(default_factory=list)
    extended: list[tuple[str, int]] = field(default_factory=list)

    async def send(self, job: Job) -> None:
        """Keep the job."""
        if job not in self.jobs:
            self.jobs.append(job)

    async def extend(self, receipt: str, seconds: int) -> None:
        """Keep what was asked for."""
        self.extended.append((receipt, seconds))


@dataclass(slots=True)
class ManualClock:
    """``ports.Clock`` that moves when told to, and by the whole of every sleep."""

    time_ms: int = START_MS

    def now_ms(self) -> int:
        """Return the time."""
        return self.time_ms

    async def sleep(self, seconds: float) -> None:
        """Move on at once."""
        self.time_ms += round(seconds * 1_000)


@dataclass(slots=True)
class CountingIds:
    """``ports.Ids`` that counts."""

    count: int = 0

    def new(self) -> str:
        """Return the next id."""
        self.count += 1
        return f"id-{self.count:04d}"


@dataclass(slots=True)
class ScriptedProvider:
    """``ports.Provider`` that says what it was given; an error in the script is raised.

    ``later`` are the scripts of the answers after the first; the last script is played for ever.
    """

    script: Sequence[Piece | Exception]
    asked: list[Question] = field(default_factory=list)
    later: Sequence[Sequence[Piece | Exception]] = ()

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Play the script."""
        scripts = [self.script, *self.later]
        script = scripts[min(len(self.asked), len(scripts) - 1)]
        self.asked.append(question)
        for step in script:
            if isinstance(step, Exception):
                raise step
            yield step


@dataclass(slots=True)
class ScriptedProviders:
    """``ports.Providers`` in which one provider speaks for every assistant."""

    assistants: Sequence[Assistant]
    provider: Provider

    def of(self, _assistant: Assistant) -> Provider:
        """Return the provider."""
        return self.provider


@dataclass(slots=True)
class MemoryMeter:
    """``ports.Meter`` that keeps what was counted."""

    runs: list[Spent] = field(default_factory=list)

    def ended(self, spent: Spent) -> None:
        """Keep it."""
        self.runs.append(spent)


@dataclass(slots=True)
class MemoryJournal:
    """``ports.Journal`` that keeps what was noted, errors by their class."""

    notes: list[dict[str, str | int]] = field(default_factory=list)

    def failed(self, what: str, error: BaseException, **about: str | int) -> None:
        """Keep the note."""
        self.notes.append({"what": what, "error": type(error).__name__, **about})

    def noted(self, what: str, **about: str | int) -> None:
        """Keep the note."""
        self.notes.append({"what": what, **about})
