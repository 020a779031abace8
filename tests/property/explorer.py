"""Runs actors through every interleaving of their port calls, with crashes and lost answers.

Each actor is a coroutine over ports wrapped in :class:`Stepped`; every port call is one atomic
step. A search by re-execution walks all choices: who steps next, and whether the step goes well,
is never made, is made and its maker dies, or is made and its answer gets lost.
"""

import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from wireside.domain.errors import Unavailable


class Fate(Enum):
    """What happens to one port call."""

    WELL = "well"
    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    ANSWER_LOST = "answer lost"


FAULTS = (Fate.CRASH_BEFORE, Fate.CRASH_AFTER, Fate.ANSWER_LOST)


class CrashedError(BaseException):
    """The process ended here. Not an ``Exception``: no code of ours may catch it."""


@types.coroutine
def _pause() -> Generator[None, Fate, Fate]:
    return (yield)


@dataclass(slots=True)
class Stepped:
    """A port whose every call waits for its turn, and for its fate."""

    port: object

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Wrap one method."""
        method = getattr(self.port, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            fate = await _pause()
            if fate is Fate.CRASH_BEFORE:
                raise CrashedError
            answer = await method(*args, **kwargs)
            if fate is Fate.CRASH_AFTER:
                raise CrashedError
            if fate is Fate.ANSWER_LOST:
                message = "the answer was lost"
                raise Unavailable(message)
            return answer

        return call


@dataclass(slots=True)
class Actor:
    """Somebody who tries a thing until it is answered.

    ``attempt`` makes the coroutine of one try. A try that crashes, or ends with Unavailable, is
    followed by the next one. ``answer`` is what the last one returned.
    """

    name: str
    attempt: Callable[[], Coroutine[Any, Fate, Any]]
    answer: Any = None
    done: bool = False
    _running: Coroutine[Any, Fate, Any] | None = None

    def begin(self) -> None:
        """Go to the first port call of a new try."""
        self._running = self.attempt()
        self._send(None)

    def step(self, fate: Fate) -> None:
        """Make one port call."""
        self._send(fate)

    def _send(self, fate: Fate | None) -> None:
        assert self._running is not None
        try:
            self._running.send(fate)  # type: ignore[arg-type]
        except StopIteration as stop:
            self.answer, self.done = stop.value, True
        except (CrashedError, Unavailable):
            self.begin()


@dataclass(slots=True)
class Choices:
    """A path through the tree of choices; ``widths`` tells how many there were at each."""

    path: list[int]
    widths: list[int] = field(default_factory=list)

    def pick(self, width: int) -> int:
        """Choose among ``width``: as the path says, and the first one beyond it."""
        depth = len(self.widths)
        self.widths.append(width)
        return self.path[depth] if depth < len(self.path) else 0

    def following(self) -> list[int] | None:
        """Return the next path in order; ``None`` after the last."""
        taken = self.path + [0] * (len(self.widths) - len(self.path))
        while taken:
            taken[-1] += 1
            if taken[-1] < self.widths[len(taken) - 1]:
                return taken
            taken.pop()
        return None


type Setup[World] = Callable[[], tuple[World, Sequence[Actor]]]


def histories[World](
    setup: Setup[World], *, faults: int, most: int = 1_000_000
) -> Iterator[tuple[World, Sequence[Actor]]]:
    """Yield the end of every history in which at most ``faults`` steps go wrong."""
    path: list[int] | None = []
    for _ in range(most):
        if path is None:
            return
        choices = Choices(path)
        world, actors = setup()
        _run(actors, choices, faults)
        yield world, actors
        path = choices.following()
    message = f"more than {most} histories"
    raise AssertionError(message)


def _run(actors: Sequence[Actor], choices: Choices, faults: int) -> None:
    left = faults
    for actor in actors:
        actor.begin()
    while waiting := [actor for actor in actors if not actor.done]:
        fates = (Fate.WELL, *FAULTS) if left else (Fate.WELL,)
        picked = choices.pick(len(waiting) * len(fates))
        actor, fate = waiting[picked // len(fates)], fates[picked % len(fates)]
        left -= fate is not Fate.WELL
        actor.step(fate)
