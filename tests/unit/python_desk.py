"""A service in the hands of a test, and somebody's Python client beside it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from wireside_client import Client, Conversation

type Frame = dict[str, Any]

EPOCH = "g.1"
ANA = {"id": "ana", "name": "Ana", "type": "human"}
BEN = {"id": "ben", "name": "Ben", "type": "human"}


@dataclass
class Hours:
    """A clock that goes on when it is told to."""

    time: float = 0.0
    due: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    set: int = 0

    def now(self) -> float:
        return self.time

    def after(self, seconds: float, action: Callable[[], None]) -> Callable[[], None]:
        self.set += 1
        appointment = (self.time + seconds, self.set, action)
        self.due.append(appointment)
        return lambda: self.due.remove(appointment) if appointment in self.due else None

    def random(self) -> float:
        return 0.5

    def go(self, seconds: float) -> None:
        until = self.time + seconds
        while ready := sorted(each for each in self.due if each[0] <= until):
            self.due.remove(ready[0])
            self.time = max(self.time, ready[0][0])
            ready[0][2]()
        self.time = until


@dataclass
class Line:
    """One socket that somebody dialled."""

    on_open: Callable[[], None]
    on_text: Callable[[str], None]
    on_close: Callable[[int | None], None]
    sent: list[Frame] = field(default_factory=list)
    answered: int = 0
    is_closed: bool = False

    def send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    def close(self) -> None:
        self.is_closed = True

    def tell(self, **frame: Any) -> None:
        self.on_text(json.dumps(frame))

    def frames(self, action: str) -> list[Frame]:
        return [each for each in self.sent if each["action"] == action]


def message(seq: int, text: str, sender: Frame = BEN, **more: Any) -> Frame:
    """Return a stored message."""
    at = "2026-01-01T12:00:00.000Z"
    body = {"text": text, "addressed": []}
    return {
        "seq": seq,
        "n": seq,
        "kind": "message",
        "at": at,
        "sender": sender,
        "body": body,
    } | more


@dataclass
class Desk:
    """Plays the service: ``log`` is what is stored of the one conversation, ``c``."""

    hours: Hours = field(default_factory=Hours)
    lines: list[Line] = field(default_factory=list)
    log: list[Frame] = field(default_factory=list)
    tokens: int = 0
    token_seconds: int = 7_200
    read_seq: int = 0

    def dial(self, **how: Any) -> Line:
        self.lines.append(Line(**how))
        return self.lines[-1]

    @property
    def line(self) -> Line:
        return self.lines[-1]

    async def token(self) -> str:
        self.tokens += 1
        return f"token {self.tokens}"

    def time(self, ahead: float = 0) -> str:
        seconds = int(self.hours.time + ahead)
        day, rest = divmod(seconds, 86_400)
        hour, minute = divmod(rest // 60, 60)
        return f"2026-01-{day + 1:02}T{hour:02}:{minute:02}:{rest % 60:02}.000Z"

    def greet(self, rotate_seconds: float = 6_600, **more: Any) -> None:
        line = self.line
        line.on_open()
        rotate_at, expires_at = self.time(rotate_seconds), self.time(self.token_seconds)
        ends = {"rotate_at": rotate_at, "expires_at": expires_at}
        line.tell(type="welcome", server_time=self.time(), **ends, **more)

    def info(self) -> Frame:
        head = len(self.log)
        about = {"id": "c", "title": None, "head": head, "n": head, "members": [ANA, BEN]}
        return about | {"unread": head - self.read_seq, "read_seq": self.read_seq}

    def answer_open(self, line: Line | None = None, *, epoch: str = EPOCH) -> None:
        """Answer the last ``open``; every conversation has the same log."""
        line = line or self.line
        asked, head = line.frames("open")[-1], len(self.log)
        about = {"conversation_id": asked["conversation_id"], "epoch": epoch}
        after = asked.get("after_seq", max(0, head - 50))
        opened = {"conversation": self.info(), "head": head, "n": head, "runs": []}
        there = {"read_seq": self.read_seq, "present": ["ana"]}
        line.tell(type="opened", ref=asked["ref"], **about, **opened, **there)
        line.tell(type="events", **about, events=self.log[after:], head=head, more=False)

    def store(self, text: str, sender: Frame = ANA, **more: Any) -> Frame:
        """Store a message and tell of it."""
        event = message(len(self.log) + 1, text, sender, **more)
        self.log.append(event)
        self.line.tell(type="event", conversation_id="c", epoch=EPOCH, event=event)
        return event

    def refuse(self, sent: Frame, code: str, **more: Any) -> None:
        """Refuse a frame for good."""
        about = {key: sent[key] for key in ("conversation_id", "client_id", "ref") if key in sent}
        said = {"code": code, "message": f"It is {code}.", "retryable": False, "fatal": False}
        self.line.tell(type="error", **about, **said, **more)

    async def conversation(self, _id: str) -> Frame:
        return self.info()

    async def events(self, _id: str, where: Frame, limit: int) -> Frame:
        after, before = where.get("after_seq"), where.get("before_seq", len(self.log) + 1)
        page = self.log[: before - 1][-limit:] if after is None else self.log[after:][:limit]
        return {"events": page, "head": len(self.log), "epoch": EPOCH}


@asynccontextmanager
async def at_desk(desk: Desk, **how: Any) -> AsyncIterator[Client]:
    """Have Ana's client inside a block, dialled and not welcome yet."""
    async with Client(
        http_url="http://desk.example",
        websocket_url="ws://desk.example/ws",
        user_id="ana",
        token=desk.token,
        clock=desk.hours,
        dial=desk.dial,
        **how,
    ) as client:
        client.api = desk  # type: ignore[assignment]
        for each in client._places:
            each.room._api = desk  # type: ignore[assignment]
        yield client


async def seated(desk: Desk, client: Client) -> Conversation:
    """Open the conversation."""
    conversation = client.conversation("c")
    desk.greet()
    desk.answer_open()
    assert conversation.is_live
    return conversation


async def settled() -> None:
    """Let everything happen that is due now."""
    for _ in range(20):
        await asyncio.sleep(0)
