"""Time and chance, so that tests can hold both in their hands."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """What time it is, and what is due later. Times are in seconds."""

    def now(self) -> float:
        """Return seconds that only go forward."""

    def after(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Do something later; return how to cancel it."""

    def random(self) -> float:
        """Return a number from 0 to below 1."""


class SystemClock:
    """The clock of the running event loop."""

    def now(self) -> float:
        """Return the monotonic time."""
        return time.monotonic()

    def after(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        """Set a timer of the event loop."""
        return asyncio.get_running_loop().call_later(seconds, action).cancel

    def random(self) -> float:
        """Draw."""
        return random.random()


class Alarm:
    """A timer that holds at most one appointment."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._cancel: Callable[[], None] | None = None

    @property
    def is_set(self) -> bool:
        """Whether it is going to ring."""
        return self._cancel is not None

    def set(self, seconds: float, action: Callable[[], None]) -> None:
        """Ring once; what was set before is forgotten."""
        self.clear()

        def ring() -> None:
            self._cancel = None
            action()

        self._cancel = self._clock.after(seconds, ring)

    def clear(self) -> None:
        """Do not ring."""
        if self._cancel is not None:
            self._cancel()
        self._cancel = None


@dataclass(slots=True)
class Backoff:
    """Exponential backoff with full jitter: anything from nothing to the doubled, capped delay."""

    clock: Clock
    base_seconds: float = 0.5
    cap_seconds: float = 10.0
    attempts: int = 0

    def next(self) -> float:
        """Return the seconds to wait before the next attempt."""
        ceiling = min(self.cap_seconds, self.base_seconds * 2.0 ** min(self.attempts, 30))
        self.attempts += 1
        return self.clock.random() * ceiling

    def reset(self) -> None:
        """Begin anew: an attempt has succeeded."""
        self.attempts = 0
