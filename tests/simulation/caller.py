"""The end of a line at which a client sits: connecting, asking, staying, coming back."""

import asyncio
import itertools
import random
from abc import abstractmethod
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.gateway import Frame, Gateway, Line
from wireside.domain.conversation import User

ANSWER_SECONDS = 5
PING_SECONDS = 30
SILENCE_SECONDS = 75
MAX_WAIT_SECONDS = 30


@dataclass(slots=True)
class Caller:
    """Somebody who is connected whenever that is possible. ``wrong``: what must never happen."""

    name: str
    user: User
    gateway: Gateway
    chance: random.Random
    line: Line | None = None
    waiting: dict[str, asyncio.Future[Frame | None]] = field(default_factory=dict)
    numbers: Any = field(default_factory=itertools.count)
    last_heard_at: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @abstractmethod
    def hear(self, frame: Frame) -> None:
        """Take a frame."""

    @abstractmethod
    def works(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what is to be done for as long as a line lasts."""

    async def live(self) -> None:
        """Connect, stay, reconnect with full jitter, for ever."""
        tries = 0
        while True:
            line = await self.gateway.connect(self.user, self.hear)
            if line is not None and await self._greet(line):
                tries = 0
                await self._stay(line)
            self._lose_line()
            ceiling = min(MAX_WAIT_SECONDS, 0.5 * 2**tries)
            tries += 1
            await asyncio.sleep(self.chance.uniform(0, ceiling))

    async def _greet(self, line: Line) -> bool:
        answer = await self._ask(line, {"action": "hello"}, self._ref())
        if answer is None or answer["type"] != "welcome":
            self.gateway.cut(line)
            return False
        self.line = line
        return True

    async def _stay(self, line: Line) -> None:
        tasks = [asyncio.create_task(each) for each in (self._ping(line), *self.works())]
        closed = asyncio.create_task(line.closed.wait())
        await asyncio.wait([closed, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for each in (closed, *tasks):
            each.cancel()
        results = await asyncio.gather(closed, *tasks, return_exceptions=True)
        self.wrong += [
            f"{self.name} broke: {each!r}" for each in results if isinstance(each, Exception)
        ]

    def _lose_line(self) -> None:
        if self.line is not None:
            self.gateway.cut(self.line)
        self.line = None
        for each in self.waiting.values():
            if not each.done():
                each.set_result(None)

    async def _ping(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        self.last_heard_at = loop.time()
        while True:
            await asyncio.sleep(PING_SECONDS)
            if loop.time() - self.last_heard_at > SILENCE_SECONDS:
                self.gateway.cut(line)
            self.gateway.say(line, {"action": "ping"})

    def _ref(self) -> str:
        return f"r{next(self.numbers)}"

    async def ask(self, frame: Frame, ref: str) -> Frame | None:
        """Send a frame; return what answers it, ``None`` after 5 s or where the line is lost."""
        return None if self.line is None else await self._ask(self.line, frame, ref)

    async def _ask(self, line: Line, frame: Frame, ref: str) -> Frame | None:
        future = asyncio.get_running_loop().create_future()
        self.waiting[ref] = future
        self.gateway.say(line, {**frame, "ref": ref})
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await future
        except TimeoutError:
            return None
        finally:
            self.waiting.pop(ref, None)

    def _resolve(self, ref: str | None, frame: Frame) -> None:
        future = self.waiting.get(ref or "")
        if future is not None and not future.done():
            future.set_result(frame)

    def _now_ms(self) -> int:
        return round(asyncio.get_running_loop().time() * 1_000)
