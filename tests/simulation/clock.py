"""Virtual time: an event loop that never waits, and takes its steps in an order of chance."""

import asyncio
import heapq
import random
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from wireside.adapters.memory.wire import START_MS

MAX_STEPS = 1_000_000
"""More steps than any story has: who spins without sleeping is found out."""


class StuckError(Exception):
    """Nothing will ever happen again, or far too much does."""


class VirtualLoop(asyncio.BaseEventLoop):
    """An event loop on which time passes only while nothing is ready.

    It knows no files, sockets, threads or signals. Among what is ready ``chance`` picks, so that
    two tasks that could go on at the same moment do so in either order, the same for each seed.
    """

    def __init__(self, chance: random.Random) -> None:
        """Args: chance: the only source of order."""
        super().__init__()
        self._chance = chance
        self._now_seconds = 0.0
        self._steps = 0
        self.complaints: list[dict[str, Any]] = []
        self.set_exception_handler(lambda _loop, context: self.complaints.append(context))

    def time(self) -> float:
        """Return seconds since the loop was made."""
        return self._now_seconds

    def _run_once(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            message = f"{MAX_STEPS} steps, and no end"
            raise StuckError(message)
        ready = self._ready
        if not ready:
            self._jump()
        if len(ready) > 1:
            ready.rotate(-self._chance.randrange(len(ready)))
        handle = ready.popleft()
        if not handle.cancelled():
            handle._run()

    def _jump(self) -> None:
        """Go to the next moment for which something is planned."""
        planned = self._scheduled
        while planned and planned[0].cancelled():
            heapq.heappop(planned)._scheduled = False
        if not planned:
            message = "everybody waits for somebody"
            raise StuckError(message)
        self._now_seconds = max(self._now_seconds, planned[0].when())
        while planned and planned[0].when() <= self._now_seconds:
            timer = heapq.heappop(planned)
            timer._scheduled = False
            self._ready.append(timer)

    def _timer_handle_cancelled(self, _handle: asyncio.TimerHandle) -> None:
        """Leave it where it is: its time comes."""


@dataclass(frozen=True, slots=True)
class LoopClock:
    """``ports.Clock`` on the loop's own time."""

    loop: asyncio.AbstractEventLoop

    def now_ms(self) -> int:
        """Return the time."""
        return START_MS + round(self.loop.time() * 1_000)

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds`` of the loop."""
        await asyncio.sleep(seconds)


def play[Result](loop: VirtualLoop, story: Awaitable[Result]) -> Result:
    """Run a story to its end, and whatever it left running to its own."""
    try:
        return loop.run_until_complete(story)
    finally:
        left = asyncio.all_tasks(loop)
        for each in left:
            each.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
