"""The local run: its start, round trips through its gateway, a hundred people at once."""

import asyncio
import json
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from bench.report import Row, spread
from local.harness import Running, local_run

TRIPS = 300
CROWD = 100
RETRY_SECONDS = 5


@dataclass(slots=True)
class Person:
    """One connection; ``waiting`` are the answers by ``ref``, ``seen`` the events by seq."""

    socket: ClientConnection
    waiting: dict[str, "asyncio.Future[dict[str, Any]]"] = field(default_factory=dict)
    seen: dict[int, dict[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """Hear everything."""
        async for data in self.socket:
            frame = json.loads(data)
            if frame["type"] == "error":
                self.errors.append(frame["code"])
            for event in [frame["event"]] if frame["type"] == "event" else frame.get("events", []):
                self.seen[event["seq"]] = event
            self._heard.set()
            answered = self.waiting.get(frame.get("ref", ""))
            if answered is not None and not answered.done():
                answered.set_result(frame)

    async def sees(self, seq: int) -> None:
        """Wait until the event is here."""
        while seq not in self.seen:
            self._heard.clear()
            await self._heard.wait()

    async def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Send a frame, and again every 5 s, until it is answered."""
        ref = uuid.uuid4().hex
        answered = asyncio.get_running_loop().create_future()
        self.waiting[ref] = answered
        while True:
            await self.socket.send(json.dumps({"action": action, "ref": ref, **fields}))
            done, _ = await asyncio.wait({answered}, timeout=RETRY_SECONDS)
            if done:
                del self.waiting[ref]
                return dict(answered.result())


@asynccontextmanager
async def person(running: Running, name: str) -> AsyncIterator[Person]:
    """Connect somebody."""
    protocols: Any = ["wireside.v1", f"wireside.auth.{running.token(name)}"]
    async with connect(
        running.websocket_url, subprotocols=protocols, ping_interval=None, open_timeout=60
    ) as socket:
        somebody = Person(socket)
        listening = asyncio.create_task(somebody.listen())
        await somebody.ask("hello")
        yield somebody
    await listening


async def create(running: Running, owner: str, *members: str) -> str:
    """Create a conversation in which nobody but people speak."""
    headers = {"Authorization": f"Bearer {running.token(owner)}"}
    body = {"members": list(members), "reply_policy": "off"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{running.http_url}/v1/conversations", json=body, headers=headers) as answer,
    ):
        return str((await answer.json())["id"])


async def trips(running: Running) -> tuple[list[float], list[float]]:
    """Return the times of pings, and of messages until the other one has them."""
    room = await create(running, "ana", "ben")
    async with person(running, "ana") as ana, person(running, "ben") as ben:
        for each in (ana, ben):
            await each.ask("open", conversation_id=room)
        pings, messages = [], []
        for number in range(TRIPS):
            started = time.perf_counter()
            await ana.ask("ping")
            pings.append((time.perf_counter() - started) * 1_000)
            started = time.perf_counter()
            own = await ana.ask(
                "send",
                conversation_id=room,
                client_id=f"m{number}",
                after_seq=max(ana.seen, default=0),
                text="Good evening",
            )
            await ben.sees(own["event"]["seq"])
            messages.append((time.perf_counter() - started) * 1_000)
        return pings, messages


@dataclass(frozen=True, slots=True)
class Race:
    """What became of a hundred messages at once."""

    seconds: float
    acknowledged: int
    gapless: bool
    errors: int


async def race(running: Running) -> Race:
    """Let a hundred people send at once into one conversation."""
    names = [f"p{number}" for number in range(CROWD)]
    room = await create(running, names[0], *names[1:])
    async with AsyncExitStack() as stack:
        people = await asyncio.gather(
            *(stack.enter_async_context(person(running, name)) for name in names)
        )
        opened = [await each.ask("open", conversation_id=room) for each in people]
        head = max(each["head"] for each in opened)
        started = time.perf_counter()
        own = await asyncio.gather(
            *(
                each.ask("send", conversation_id=room, client_id="m", after_seq=head, text="hello")
                for each in people
            )
        )
        seconds = time.perf_counter() - started
    seqs = sorted(each["event"]["seq"] for each in own if each["type"] == "event")
    errors = sum(len(each.errors) for each in people)
    gapless = seqs == list(range(head + 1, head + 1 + CROWD))
    return Race(seconds, len(seqs), gapless, errors)


def rows() -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as data:
        started = time.perf_counter()
        with local_run(Path(data)) as running:
            yield Row("start until ready", f"{time.perf_counter() - started:.1f} s")
            pings, messages = asyncio.run(trips(running))
            yield Row(f"ping to pong, p50/p95/p99 of {TRIPS}", spread(pings))
            yield Row("send until the other has it", spread(messages))
            raced = asyncio.run(race(running))
            yield Row(f"{CROWD} people send at once", f"{raced.seconds:.1f} s for all of them")
            gaps = "no gap" if raced.gapless else "GAPS"
            told = f"{raced.acknowledged} stored, {gaps}, {raced.errors} errors"
            kept = raced.acknowledged == CROWD and raced.gapless and not raced.errors
            yield Row("  all stored, gapless, no error shown", told, f"{CROWD}, no gap, 0", kept)
