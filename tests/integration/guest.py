"""A client that stays, as the protocol says: reconnects, catches up, repeats until acknowledged."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from local.harness import Running
from tests.integration.client import Frame
from tests.shapes import check_frame

ANSWER_SECONDS = 5.0
GAP_SECONDS = 0.3
REOPEN_SECONDS = 1.0
TICK_SECONDS = 0.05
FIRST_BACKOFF_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 2.0
"""The protocol allows 30 s; a test has less patience."""


@dataclass(slots=True)
class Stream:
    """An answer as it grows, from its first code point; ``beyond`` waits for what is before it."""

    fence: int
    text: str = ""
    fences: set[int] = field(default_factory=set)
    beyond: list[tuple[int, str]] = field(default_factory=list)

    def take(self, fence: int, offset: int, text: str) -> bool:
        """Join a piece; return whether something is missing before what is held."""
        if fence < self.fence:
            return False
        if fence > self.fence:
            self.fence, self.text, self.beyond = fence, "", []
        self.fences.add(fence)
        self.beyond = sorted([*self.beyond, (offset, text)])
        for start, piece in self.beyond:
            if start <= len(self.text):
                held = self.text[start:]
                assert held[: len(piece)] == piece[: len(held)], "a character came otherwise"
                self.text += piece[len(held) :]
        self.beyond = [each for each in self.beyond if each[0] > len(self.text)]
        return bool(self.beyond)


@dataclass(slots=True)
class Asked:
    """A frame that is repeated as it is until it is answered."""

    frame: Frame
    due: float = 0.0
    is_sent: bool = False


@dataclass(slots=True)
class Guest:
    """Somebody in a room. ``log`` is contiguous from 1; ``acknowledged`` has the seqs of writes.

    ``failures`` counts the functions that died over a frame of theirs, ``repeats`` what was sent
    again, ``connections`` how often they were let in.
    """

    running: Running
    sub: str
    room: str
    chance: random.Random
    log: list[Frame] = field(default_factory=list)
    streams: dict[str, Stream] = field(default_factory=dict)
    acknowledged: dict[str, int] = field(default_factory=dict)
    connections: int = 0
    repeats: int = 0
    failures: int = 0
    _beyond: dict[int, Frame] = field(default_factory=dict)
    _epoch: str | None = None
    _socket: ClientConnection | None = None
    _opening: Asked | None = None
    _syncing: Asked | None = None
    _writing: Asked | None = None
    _gap_since: float | None = None
    _reopen: bool = False
    _opened_at: float = 0.0
    _is_live: bool = False
    _moved: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def through(self) -> int:
        """The last seq that is held without a gap."""
        return len(self.log)

    async def stay(self) -> None:
        """Be connected, again and again, until cancelled."""
        attempts = 0
        while True:
            before = self.connections
            with suppress(OSError, WebSocketException, TimeoutError):
                await self._visit()
            attempts = 0 if self.connections > before else attempts + 1
            self._leave()
            longest = min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2**attempts)
            await asyncio.sleep(self.chance.random() * longest)

    async def say(self, text: str) -> int:
        """Write a message, and return its seq once it is acknowledged."""
        client_id = f"{self.sub}-{len(self.acknowledged)}"
        frame = {"action": "send", "conversation_id": self.room, "client_id": client_id}
        self._writing = Asked(frame | {"after_seq": self.through, "text": text})
        await self.until(lambda: client_id in self.acknowledged)
        return self.acknowledged[client_id]

    async def until(self, happened: Callable[[], bool]) -> None:
        """Wait for something to be so, looking whenever a frame came."""
        async with self._moved:
            await self._moved.wait_for(happened)

    def drop(self) -> None:
        """Lose the connection without a word."""
        if self._socket is not None:
            self._socket.transport.abort()

    async def _visit(self) -> None:
        protocols: Any = ["wireside.v1", f"wireside.auth.{self.running.token(self.sub)}"]
        url = self.running.websocket_url
        async with connect(
            url, subprotocols=protocols, max_size=None, ping_interval=None, close_timeout=1
        ) as socket:
            self._socket = socket
            await socket.send(json.dumps({"action": "hello"}))
            ticking = asyncio.create_task(self._tick(socket))
            try:
                async for data in socket:
                    await self._receive(json.loads(data))
            finally:
                ticking.cancel()

    def _leave(self) -> None:
        self._socket = self._opening = self._syncing = self._gap_since = None
        self._is_live = self._reopen = False

    async def _tick(self, socket: ClientConnection) -> None:
        """Send what is due: what was asked for the first time, and what was never answered."""
        now = asyncio.get_running_loop().time
        welcome_by = now() + ANSWER_SECONDS
        while True:
            if self._opening is None and not self._is_live and now() > welcome_by:
                await socket.close()
            if self._gap_since is not None and now() - self._gap_since > GAP_SECONDS:
                self._syncing = self._syncing or Asked(self._place("sync"))
            if self._reopen and now() - self._opened_at > REOPEN_SECONDS:
                self._open()
            asked = [self._opening, self._syncing, self._writing if self._is_live else None]
            for each in asked:
                if each is not None and now() >= each.due:
                    self.repeats += each.is_sent
                    each.due, each.is_sent = now() + ANSWER_SECONDS, True
                    await socket.send(json.dumps(each.frame))
            await asyncio.sleep(TICK_SECONDS)

    def _place(self, action: str) -> Frame:
        ref = f"{action}-{self.chance.getrandbits(64):x}"
        place: Frame = {"action": action, "conversation_id": self.room, "ref": ref}
        return place | {"after_seq": self.through} | ({"epoch": self._epoch} if self._epoch else {})

    def _open(self) -> None:
        self._opening, self._reopen = Asked(self._place("open")), False
        self._opened_at = asyncio.get_running_loop().time()

    async def _receive(self, frame: Frame) -> None:
        if "type" in frame:
            check_frame(frame)
            self._take(frame)
        else:  # The gateway says that a function failed, but not over which frame.
            self.failures += 1
        async with self._moved:
            self._moved.notify_all()

    def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "welcome":
                self.connections += 1
                self._open()
            case "opened":
                self._epoch = frame["epoch"]
                for each in frame["runs"]:
                    self._stream(each)
            case "events":
                for each in frame["events"]:
                    self._enter(each)
                if not frame["more"]:
                    self._answered(frame.get("ref"))
            case "event":
                # It may come before what `open` is answered with, and show that something is missing.
                self._epoch = self._epoch or frame["epoch"]
                self._enter(frame["event"])
            case "run":
                self._stream(frame | {"offset": 0, "text": ""})
            case "delta":
                self._stream(frame)
            case "error":
                self._refused(frame)

    def _answered(self, ref: str | None) -> None:
        if self._syncing and self._syncing.frame["ref"] == ref:
            self._syncing = None
        if self._opening and self._opening.frame["ref"] == ref:
            self._opening = None
            if not self._is_live and self._writing is not None:
                # Everything up to here has been read, and it was not there.
                self._writing.frame["after_seq"], self._writing.due = self.through, 0.0
            self._is_live = True

    def _enter(self, event: Frame) -> None:
        seq = event["seq"]
        if seq <= self.through:
            assert self.log[seq - 1] == event, "a seq stands for one event, always"
            return
        self._beyond[seq] = event
        while (found := self._beyond.pop(self.through + 1, None)) is not None:
            self.log.append(found)
        now = asyncio.get_running_loop().time()
        self._gap_since = (self._gap_since or now) if self._beyond else None
        self._acknowledge(event)

    def _acknowledge(self, event: Frame) -> None:
        writing = self._writing
        own = event["sender"]["id"] == self.sub and event.get("client_id")
        if writing is not None and own == writing.frame["client_id"]:
            self.acknowledged[own] = event["seq"]
            self._writing = None

    def _stream(self, run: Frame) -> None:
        known = self.streams.setdefault(run["run_id"], Stream(run["fence"]))
        if known.take(run["fence"], run["offset"], run["text"]):
            self._reopen = True

    def _refused(self, error: Frame) -> None:
        assert error["retryable"], error
        wait_seconds = error.get("retry_after_ms", 500) / 1_000
        about = [self._opening, self._syncing, self._writing]
        for each in about:
            named = each and {each.frame.get("ref"), each.frame.get("client_id")} - {None}
            if each and named & {error.get("ref"), error.get("client_id")}:
                each.due = asyncio.get_running_loop().time() + wait_seconds


@asynccontextmanager
async def staying(guests: Sequence[Guest]) -> AsyncIterator[None]:
    """Have guests stay inside a block. What went wrong for one of them is raised."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each.stay()) for each in guests]
        yield
        for task in tasks:
            task.cancel()
