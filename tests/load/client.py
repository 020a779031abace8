"""A light client that keeps to the protocol: retries, gaps, one unanswered write at a time."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from local.harness import Running
from tests.load.book import Book

RETRY_SECONDS = 5
GAP_SECONDS = 0.3
FIRST_BACKOFF_SECONDS = 0.5
MOST_BACKOFF_SECONDS = 10
PING_SECONDS = 30
GIVE_UP_SECONDS = 60

type Frame = Mapping[str, Any]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody on one connection, who has one conversation open.

    ``shown`` are the seqs and senders' ids of what they show, in order: seq 1, 2, 3 and so on.
    """

    name: str
    room: str
    book: Book
    shown: list[str] = field(default_factory=list)
    head: int = 0
    _socket: ClientConnection | None = None
    _beyond: dict[int, Frame] = field(default_factory=dict)
    _epoch: str = ""
    _answers: dict[str, "asyncio.Future[Frame]"] = field(default_factory=dict)
    _tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    _count: int = 0
    _mending: bool = False
    _has_left: bool = False
    _running: Running | None = None

    async def enter(self, running: Running) -> None:
        """Connect, say hello, open the conversation and read what is there."""
        self._running = running
        await self._connect()
        self._spawn(self._stay())

    async def leave(self) -> None:
        """Close the connection."""
        self._has_left = True
        if self._socket is not None:
            await self._socket.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connect(self) -> None:
        assert self._running is not None
        protocols: Any = ["wireside.v1", f"wireside.auth.{self._running.token(self.name)}"]
        self._socket = await connect(
            self._running.websocket_url,
            subprotocols=protocols,
            compression=None,
            max_size=None,
            ping_interval=None,
            open_timeout=GIVE_UP_SECONDS,
            close_timeout=2,
        )
        self._spawn(self._listen(self._socket))
        await self._ask("hello")
        known = {"after_seq": len(self.shown), "epoch": self._epoch} if self._epoch else {}
        opened = await self._ask("open", conversation_id=self.room, **known)
        self._epoch, self.head = opened["epoch"], opened["head"]

    async def _stay(self) -> None:
        """Give a sign of life every 30 s, and see in the answer what is missing."""
        await asyncio.sleep(random.uniform(0, PING_SECONDS))
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.check()

    async def say(self, text: str) -> None:
        """Send a message until it is acknowledged, and count how long that took."""
        self._count += 1
        client_id = f"{self.name}-{self._count}"
        frame = {
            "action": "send",
            "conversation_id": self.room,
            "client_id": client_id,
            "after_seq": len(self.shown),
            "text": text,
        }
        self.book.sent(client_id)
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await self._until_answered(client_id, frame)
        except TimeoutError:
            self.book.errors.append("no acknowledgement")

    async def check(self) -> None:
        """Ask where the log ends, as everybody does every 30 s, and read what is missing."""
        try:
            pong = await self._pong()
            self.head = max(self.head, pong["heads"].get(self.room, 0))
            while len(self.shown) < self.head:
                await self._sync()
        except TimeoutError:
            self.book.errors.append("no answer in a minute")

    async def _until_answered(self, client_id: str, frame: Frame) -> None:
        for tried in range(1_000):
            answer = await self._answer_to(client_id, frame)
            if answer is None:
                self.book.retries += 1
            elif answer["type"] != "error":
                return
            else:
                self.book.errors.append(answer["code"])
                if not answer["retryable"]:
                    return
                longest = min(MOST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0**tried)
                wait_ms = answer.get("retry_after_ms", random.uniform(0, longest) * 1_000)
                await asyncio.sleep(wait_ms / 1_000)

    async def _ask(self, action: str, **fields: Any) -> Frame:
        """Send a frame until it is answered."""
        self._count += 1
        ref = f"r{self._count}"
        async with asyncio.timeout(GIVE_UP_SECONDS):
            while True:
                answer = await self._answer_to(ref, {"action": action, "ref": ref, **fields})
                if answer is not None and answer["type"] != "error":
                    return answer
                self.book.errors += [answer["code"]] if answer else []

    async def _pong(self) -> Frame:
        """Ping, once: a ping is not sent again. Return what answers within a minute."""
        self._count += 1
        ref = f"r{self._count}"
        answer = await self._answer_to(ref, {"action": "ping", "ref": ref}, GIVE_UP_SECONDS)
        if answer is None:
            raise TimeoutError
        return answer

    async def _answer_to(
        self, name: str, frame: Frame, seconds: float = RETRY_SECONDS
    ) -> Frame | None:
        """Send once; return what answers in time."""
        answer: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._answers[name] = answer
        assert self._socket is not None
        with contextlib.suppress(ConnectionClosed):
            await self._socket.send(json.dumps(frame))
        done, _ = await asyncio.wait({answer}, timeout=seconds)
        del self._answers[name]
        return answer.result() if done else None

    async def _listen(self, socket: ClientConnection) -> None:
        """Hear everything; when the connection ends, make another one."""
        with contextlib.suppress(ConnectionClosed):
            async for data in socket:
                self._heard(json.loads(data), time.perf_counter())
        while not self._has_left:
            self.book.reconnects += 1
            with contextlib.suppress(OSError, WebSocketException, TimeoutError):
                await self._connect()
                return
            await asyncio.sleep(random.uniform(0, MOST_BACKOFF_SECONDS))

    def _heard(self, frame: Frame, at: float) -> None:
        match frame.get("type"):
            case None:
                # The gateway's own word: the function failed, or took longer than 29 s.
                self.book.errors.append(frame["message"])
            case "event":
                self._show([frame["event"]], at)
            case "events":
                self.head = max(self.head, frame["head"])
                self._show(frame["events"], at)
        names = (frame.get("ref"), frame.get("client_id"))
        for name in names:
            self._resolve(name, frame)

    def _resolve(self, name: str | None, frame: Frame) -> None:
        answer = self._answers.get(name or "")
        if answer is not None and not answer.done():
            answer.set_result(frame)

    def _show(self, events: list[Frame], at: float) -> None:
        """Show what follows without a gap; keep what does not, and ask for what is missing."""
        for event in events:
            self.head = max(self.head, event["seq"])
            if event["seq"] <= len(self.shown):
                self.book.repeats += 1
            else:
                self._beyond[event["seq"]] = event
            self._arrived(event, at)
        while event := self._beyond.pop(len(self.shown) + 1, {}):
            self.shown.append(event.get("client_id", ""))
        if self._beyond and not self._mending:
            self._mending = True
            self._spawn(self._mend())

    def _arrived(self, event: Frame, at: float) -> None:
        client_id = event.get("client_id", "")
        if event["sender"]["id"] == self.name:
            self.book.acknowledged(client_id, at)
            self._resolve(client_id, {"type": "event"})
        else:
            self.book.delivered(client_id, self.name, at)

    async def _mend(self) -> None:
        """Wait a moment for what is missing, then ask for it; one does so at a time."""
        try:
            while self._beyond:
                missing = len(self.shown) + 1
                await asyncio.sleep(GAP_SECONDS)
                if self._beyond and len(self.shown) + 1 == missing:
                    self.book.syncs += 1
                    await self._sync()
        except TimeoutError:
            self.book.errors.append("no answer to sync")
        finally:
            self._mending = False

    async def _sync(self) -> None:
        await self._ask(
            "sync", conversation_id=self.room, epoch=self._epoch, after_seq=len(self.shown)
        )

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
