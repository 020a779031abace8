"""What goes wrong, and how often: calls that take their time, fail, hang; processes that die."""

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from wireside.domain.errors import Refused, Unavailable

CALL_SECONDS = (0.001, 0.010)
STALL_SECONDS = (3.0, 25.0)


class KilledError(BaseException):
    """The process ended here. Not an ``Exception``: no code of ours may catch it."""


@dataclass(slots=True)
class Weather:
    """How likely each misfortune is. A calm weather only takes its time.

    Probabilities are for each call of a port (``refused``, ``lost``, ``stalled``), each process
    (``killed``), each post (``lagging``, ``hanging``), line (``cut``, ``mute``) or answer of a model.
    """

    chance: random.Random
    refused: float = 0.0
    lost: float = 0.0
    stalled: float = 0.0
    killed: float = 0.0
    lagging: float = 0.0
    hanging: float = 0.0
    cut: float = 0.0
    mute: float = 0.0
    farewells_lost: float = 0.0
    models_fail: float = 0.0
    models_stall: float = 0.0
    models_cut_off: float = 0.0
    repeated: float = 0.0

    @classmethod
    def of(cls, chance: random.Random) -> "Weather":
        """Return a weather in which some misfortunes are common and others never happen.

        Switching whole kinds off finds more than everything at once: one misfortune hides others.
        """

        def some(often: float) -> float:
            return often if chance.random() < 0.5 else 0.0

        return cls(
            chance,
            refused=some(0.02),
            lost=some(0.02),
            stalled=some(0.004),
            killed=some(0.2),
            lagging=some(0.1),
            hanging=some(0.03),
            cut=some(0.5),
            mute=some(0.3),
            farewells_lost=some(0.5),
            models_fail=some(0.5),
            models_stall=some(0.15),
            models_cut_off=some(0.2),
            repeated=some(0.3),
        )

    def clear_up(self) -> None:
        """Let nothing go wrong any more."""
        for name in self.__slots__:
            if name != "chance":
                setattr(self, name, 0.0)

    def happens(self, likelihood: float) -> bool:
        """Draw."""
        return likelihood > 0 and self.chance.random() < likelihood

    def seconds(self, between: tuple[float, float] = CALL_SECONDS) -> float:
        """Draw a time."""
        return self.chance.uniform(*between)


@dataclass(slots=True)
class Process:
    """One invocation of a function. Once it is dead none of its tasks gets through a port."""

    name: str
    calls_left: int | None = None
    dead: bool = False
    task: "asyncio.Task[Any] | None" = None

    def die(self) -> None:
        """End without another word."""
        self.dead = True
        if self.task is not None:
            self.task.cancel()

    def pass_point(self) -> None:
        """Go past a point at which the process may die."""
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0 and not self.dead:
                self.die()
        if self.dead:
            raise KilledError


INVOCATION: ContextVar[Process | None] = ContextVar("INVOCATION", default=None)


@dataclass(slots=True)
class Exposed:
    """A port in the weather: each call takes its time before and after it, or fails.

    The call itself is one atomic step, as it is in the store.
    """

    port: Any
    weather: Weather

    def __getattr__(self, name: str) -> Any:
        """Wrap one method; what is not asynchronous needs no time."""
        method = getattr(self.port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._before(name)
            answer = await method(*args, **kwargs)
            await self._after(name)
            return answer

        return call

    async def _before(self, name: str) -> None:
        await self._take_time()
        if self.weather.happens(self.weather.refused):
            message = f"{name} was refused"
            raise Unavailable(message)

    async def _after(self, name: str) -> None:
        await self._take_time()
        if self.weather.happens(self.weather.lost):
            message = f"the answer of {name} was lost"
            raise Unavailable(message)

    async def _take_time(self) -> None:
        weather = self.weather
        process = INVOCATION.get()
        if process is not None:
            process.pass_point()
        stalls = weather.happens(weather.stalled)
        await asyncio.sleep(weather.seconds(STALL_SECONDS if stalls else CALL_SECONDS))
        if process is not None:
            process.pass_point()


@dataclass(frozen=True, slots=True)
class Ended:
    """How an invocation ended: with a value, an error that it raised, or dead."""

    value: Any = None
    error: Exception | None = None
    died: bool = False


@dataclass(slots=True)
class Functions:
    """Where invocations run."""

    weather: Weather
    running: int = 0
    count: int = 0
    errors: list[str] = field(default_factory=list)

    async def invoke(
        self,
        name: str,
        make: Callable[[], Coroutine[Any, Any, Any]],
        *,
        timeout_seconds: float = 29,
    ) -> Ended:
        """Run one invocation to its end, which may be an early one."""
        process = self._process(name)
        token = INVOCATION.set(process)
        try:
            task = asyncio.get_running_loop().create_task(make())
        finally:
            INVOCATION.reset(token)
        task.add_done_callback(_look)
        process.task = task
        self._doom(process)
        self.running += 1
        try:
            done, _ = await asyncio.wait([task], timeout=timeout_seconds)
            if not done:
                process.die()
                await asyncio.wait([task])
        finally:
            self.running -= 1
        return self._ended(process, task)

    def _process(self, name: str) -> Process:
        self.count += 1
        process = Process(f"{name}-{self.count}")
        if self.weather.happens(self.weather.killed / 2):
            process.calls_left = self.weather.chance.randrange(40)
        return process

    def _doom(self, process: Process) -> None:
        """Let some processes die at some moment, whatever they do then."""
        if self.weather.happens(self.weather.killed / 2):
            asyncio.get_running_loop().call_later(self.weather.chance.uniform(0, 3), process.die)

    def _ended(self, process: Process, task: "asyncio.Task[Any]") -> Ended:
        if process.dead or task.cancelled():
            if not task.cancelled():
                task.exception()
            return Ended(died=True)
        error = task.exception()
        if error is None:
            return Ended(task.result())
        if not isinstance(error, Unavailable | Refused):
            self.errors.append(f"{process.name} raised {error!r}")
        return Ended(error=error if isinstance(error, Exception) else None, died=False)


type Maker = Callable[[], Awaitable[Any]]


def _look(task: "asyncio.Task[Any]") -> None:
    """See how an invocation has ended: whoever made it may have hung up meanwhile."""
    if not task.cancelled():
        task.exception()
