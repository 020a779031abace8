"""A FIFO queue as SQS keeps it, and the worker that Lambda makes of the reply function."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.weather import Functions, Weather
from wireside.domain.errors import Unavailable
from wireside.domain.runs import Job
from wireside.services.runs import Settled

MAX_RECEIVES = 5
DEDUPLICATION_SECONDS = 300


@dataclass(slots=True)
class Received:
    """A message of the queue. It is hidden until ``visible_at``, in seconds of the loop."""

    job: Job
    receives: int = 0
    visible_at: float = 0.0
    receipt: str = ""


type Settle = Callable[[Job, str], Awaitable[Settled]]


@dataclass(slots=True)
class FifoQueue:
    """``ports.JobQueue``: groups in order, one message of a group in flight, repeats dropped.

    What was received five times goes to ``dead_letters``, where there are any.
    """

    visibility_seconds: float = 300
    dead_letters: "FifoQueue | None" = None
    groups: dict[tuple[str, str], list[Received]] = field(default_factory=dict)
    seen: dict[Job, float] = field(default_factory=dict)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    numbers: Any = field(default_factory=itertools.count)

    async def send(self, job: Job) -> None:
        """Enqueue, unless the same was sent within five minutes."""
        now = asyncio.get_running_loop().time()
        if now - self.seen.get(job, -DEDUPLICATION_SECONDS) < DEDUPLICATION_SECONDS:
            return
        self.seen[job] = now
        self.put(job)

    def put(self, job: Job) -> None:
        """Enqueue."""
        self.groups.setdefault((job.conversation_id, job.assistant_id), []).append(Received(job))
        self.came.set()

    async def extend(self, receipt: str, seconds: int) -> None:
        """Hide a received message for ``seconds`` from now.

        Raises: Unavailable for a receipt that has run out.
        """
        received = self._by(receipt)
        if received is None:
            message = "The receipt handle has expired."
            raise Unavailable(message)
        received.visible_at = asyncio.get_running_loop().time() + seconds

    async def delete(self, receipt: str) -> None:
        """Delete a received message; a receipt that has run out deletes nothing."""
        received = self._by(receipt)
        if received is not None:
            key = (received.job.conversation_id, received.job.assistant_id)
            self.groups[key].remove(received)

    def receive(self) -> Received | None:
        """Return the first message of a group of which none is in flight."""
        now = asyncio.get_running_loop().time()
        for group in self.groups.values():
            self._give_up(group, now)
            if group and group[0].visible_at <= now:
                return self._received(group[0], now)
        return None

    def _give_up(self, group: list[Received], now: float) -> None:
        dead = self.dead_letters
        while dead and group and group[0].visible_at <= now and group[0].receives >= MAX_RECEIVES:
            dead.put(group.pop(0).job)

    def _received(self, first: Received, now: float) -> Received:
        first.receives += 1
        first.visible_at = now + self.visibility_seconds
        first.receipt = f"receipt-{next(self.numbers)}"
        return first

    def _by(self, receipt: str) -> Received | None:
        now = asyncio.get_running_loop().time()
        for group in self.groups.values():
            for each in group[:1]:
                if each.receipt == receipt and each.visible_at > now:
                    return each
        return None

    @property
    def next_at(self) -> float | None:
        """When the next hidden message appears."""
        return min((group[0].visible_at for group in self.groups.values() if group), default=None)

    @property
    def is_empty(self) -> bool:
        """Whether no job waits or is under way."""
        return not any(self.groups.values())


@dataclass(slots=True)
class Workers:
    """Lambda's poller of the queue: a process for each received message."""

    name: str
    timeout_seconds: float
    queue: FifoQueue
    settle: Settle
    weather: Weather
    functions: Functions
    begin: Callable[[Any], None]

    async def poll(self) -> None:
        """Hand out messages for ever."""
        loop = asyncio.get_running_loop()
        while True:
            self.queue.came.clear()
            while received := self.queue.receive():
                self.begin(self._work(received.job, received.receipt))
            next_at = self.queue.next_at
            seconds = None if next_at is None else max(0.001, next_at - loop.time())
            try:
                await asyncio.wait_for(self.queue.came.wait(), seconds)
            except TimeoutError:
                continue

    async def _work(self, job: Job, receipt: str) -> None:
        await asyncio.sleep(self.weather.seconds())
        ended = await self.functions.invoke(
            self.name, lambda: self.settle(job, receipt), timeout_seconds=self.timeout_seconds
        )
        deletion_fails = self.weather.happens(self.weather.lost)
        if ended.value is Settled.DELETE and not deletion_fails:
            await self.queue.delete(receipt)
        # The group's next one may come now.
        self.queue.came.set()
