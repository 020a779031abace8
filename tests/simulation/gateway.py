"""The gateway of the simulation: lines between clients and functions, and what becomes of them."""

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.weather import INVOCATION, Functions, Weather
from wireside.bootstrap import Application
from wireside.domain.conversation import User
from wireside.domain.events import ConnectionId
from wireside.entrypoints.websocket import answer_frame
from wireside.ports import PostOutcome

NETWORK_SECONDS = (0.001, 0.040)
UNNOTICED_SECONDS = (0.0, 6.0)
FAREWELL_SECONDS = (0.0, 40.0)
HANG_SECONDS = (0.5, 5.0)

type Frame = dict[str, Any]


@dataclass(slots=True)
class Line:
    """One WebSocket, seen from its client's end."""

    id: ConnectionId
    hear: Callable[[Frame], None]
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    mute: bool = False
    known_closed: bool = False
    last_at: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether frames still get through."""
        return not self.mute and not self.closed.is_set()


@dataclass(slots=True)
class Gateway:
    """``ports.Lines``, and the way in: handshakes, frames, lost lines, farewells."""

    weather: Weather
    functions: Functions
    app: Application | None = None
    lines: dict[ConnectionId, Line] = field(default_factory=dict)
    owners: dict[ConnectionId, User] = field(default_factory=dict)
    tried: list[tuple[float, ConnectionId, bytes]] = field(default_factory=list)
    posted: list[tuple[int, str, Frame]] = field(default_factory=list)
    numbers: Any = field(default_factory=itertools.count)
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    async def connect(self, user: User, hear: Callable[[Frame], None]) -> Line | None:
        """Make a line; ``None``: the handshake failed."""
        assert self.app is not None
        app = self.app
        line = Line(ConnectionId(f"line-{next(self.numbers)}"), hear)
        self.lines[line.id] = line
        self.owners[line.id] = user
        await asyncio.sleep(self.weather.seconds(NETWORK_SECONDS))
        ended = await self.functions.invoke("connect", lambda: app.sessions.connect(line.id, user))
        if ended.died or ended.error:
            self.cut(line)
            return None
        if self.weather.happens(self.weather.cut):
            moment = self.weather.chance.uniform(0.1, 15)
            lose = self.mute if self.weather.happens(self.weather.mute) else self.cut
            asyncio.get_running_loop().call_later(moment, lose, line)
        return line

    def say(self, line: Line, frame: Frame) -> None:
        """Send a frame from the client. Frames of one line are handled concurrently."""
        self.begin(self._frame(line, json.dumps(frame)))

    async def _frame(self, line: Line, body: str) -> None:
        await asyncio.sleep(self.weather.seconds(NETWORK_SECONDS))
        if not line.is_open:
            return
        assert self.app is not None
        app = self.app
        event = {"requestContext": {"connectionId": line.id}, "body": body}
        ended = await self.functions.invoke("message", lambda: answer_frame(app, event))
        if ended.died and line.is_open:
            # What API Gateway says where the function did not answer.
            self._deliver(line, {"message": "Internal server error"})

    def cut(self, line: Line) -> None:
        """Lose a line: its client notices at once, the gateway later."""
        if not line.closed.is_set():
            line.closed.set()
            self._lose(line)

    def mute(self, line: Line) -> None:
        """Lose a line in such a way that its client hears nothing more, and is not told."""
        if line.is_open:
            line.mute = True
            self._lose(line)

    def _lose(self, line: Line) -> None:
        """Let the gateway notice after a while; it may never tell anybody."""
        loop, weather = asyncio.get_running_loop(), self.weather
        noticed = weather.chance.uniform(*UNNOTICED_SECONDS)
        loop.call_later(noticed, lambda: setattr(line, "known_closed", True))
        if not weather.happens(weather.farewells_lost):
            self.begin(self._farewell(line, weather.chance.uniform(*FAREWELL_SECONDS)))

    async def _farewell(self, line: Line, seconds: float) -> None:
        assert self.app is not None
        app = self.app
        await asyncio.sleep(seconds)
        await self.functions.invoke("disconnect", lambda: app.sessions.disconnect(line.id))

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Push one frame, as ``ports.Lines`` says."""
        process, weather = INVOCATION.get(), self.weather
        self.tried.append((asyncio.get_running_loop().time(), connection_id, frame))
        if process is not None:
            process.pass_point()
        hangs = weather.happens(weather.hanging)
        await asyncio.sleep(weather.seconds(HANG_SECONDS) if hangs else weather.seconds())
        if process is not None:
            process.pass_point()
        line = self.lines[connection_id]
        if line.known_closed:
            return PostOutcome.GONE
        if weather.happens(weather.lagging):
            return PostOutcome.LAGGING
        self._deliver(line, json.loads(frame))
        await asyncio.sleep(weather.seconds())
        return PostOutcome.SENT

    async def hang_up(self, connection_id: ConnectionId) -> None:
        """Close the line from here."""
        line = self.lines[connection_id]
        line.known_closed = True
        self.cut(line)

    def _deliver(self, line: Line, frame: Frame) -> None:
        """Let the client hear it a moment later, in the order in which it was posted."""
        loop = asyncio.get_running_loop()
        self.posted.append((round(loop.time() * 1_000), line.id, frame))
        line.last_at = max(line.last_at, loop.time() + self.weather.seconds(NETWORK_SECONDS))
        loop.call_at(line.last_at, self._arrive, line, frame)

    def _arrive(self, line: Line, frame: Frame) -> None:
        if line.is_open:
            line.hear(frame)

    def begin(self, work: Any) -> None:
        """Run something beside everything else."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
