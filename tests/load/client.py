"""Somebody under load: the Python client, with a line that keeps the book."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from local.harness import Running
from tests.load.book import Book
from wireside_client import Client, Conversation, WiresideError
from wireside_client.link import AiohttpDial, Dial, Socket

GIVE_UP_SECONDS = 60

type Frame = dict[str, Any]


@dataclass(slots=True, eq=False)
class Person:
    """Somebody on one connection, who has one conversation open."""

    name: str
    room: str
    book: Book
    _client: Client | None = None
    _conversation: Conversation | None = None
    _session: aiohttp.ClientSession | None = None

    @property
    def shown(self) -> list[str]:
        """The senders' ids of what they show, in order: seq 1, 2, 3 and so on."""
        return [each.get("client_id", "") for each in self._here.events]

    @property
    def _here(self) -> Conversation:
        assert self._conversation is not None
        return self._conversation

    async def enter(self, running: Running) -> None:
        """Connect, say hello, open the conversation and read what is there."""

        async def token() -> str:
            return running.token(self.name)

        self._session = aiohttp.ClientSession()
        self._client = Client(
            http_url=running.http_url,
            websocket_url=running.websocket_url,
            user_id=self.name,
            token=token,
            dial=Ledger(AiohttpDial(self._session, running.websocket_url, token), self),
        )
        await self._client.__aenter__()
        async with asyncio.timeout(GIVE_UP_SECONDS):
            self._conversation = await self._client.open(self.room)

    async def leave(self) -> None:
        """Close the connection."""
        if self._client is not None and self._session is not None:
            await self._client.__aexit__()
            await self._session.close()

    async def say(self, text: str) -> None:
        """Send a message until it is acknowledged; the line counts how long that took."""
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await self._here.send(text)
        except TimeoutError:
            self.book.errors.append("no acknowledgement")
        except WiresideError:
            # Its code is in the book: the line has seen it.
            return

    async def check(self) -> None:
        """Read all that is stored by now, from the first event on."""
        try:
            async with asyncio.timeout(GIVE_UP_SECONDS):
                await self._here.catch_up()
                while await self._here.load_earlier():
                    pass
        except (TimeoutError, WiresideError):
            self.book.errors.append("no answer in a minute")


@dataclass(slots=True)
class Ledger:
    """``Dial`` that writes down what goes over its lines."""

    dial: Dial
    person: Person
    _dialled: int = 0
    _sent: set[str] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)

    def __call__(
        self,
        *,
        on_open: Callable[[], None],
        on_text: Callable[[str], None],
        on_close: Callable[[int | None], None],
    ) -> Socket:
        """Dial."""
        if self._dialled:
            self.person.book.reconnects += 1
        self._dialled += 1

        def heard(text: str) -> None:
            self._heard(text)
            on_text(text)

        return Counted(self.dial(on_open=on_open, on_text=heard, on_close=on_close), self)

    def sent(self, frame: Frame) -> None:
        """Note a frame of ours."""
        book, client_id = self.person.book, frame.get("client_id", "")
        if frame["action"] == "sync":
            book.syncs += 1
        elif client_id in self._sent:
            book.retries += 1
        elif client_id:
            self._sent.add(client_id)
            book.sent(client_id)

    def _heard(self, text: str) -> None:
        frame, at = json.loads(text), time.perf_counter()
        match frame.get("type"):
            case None:
                # The gateway's own word: the function failed, or took longer than 29 s.
                self.person.book.errors.append(frame["message"])
            case "error":
                self.person.book.errors.append(frame["code"])
            case "event":
                self._arrived(frame["event"], at)
            case "events":
                for event in frame["events"]:
                    self._arrived(event, at)

    def _arrived(self, event: Frame, at: float) -> None:
        book, client_id = self.person.book, event.get("client_id", "")
        if event["seq"] in self._seen:
            book.repeats += 1
        self._seen.add(event["seq"])
        if event["sender"]["id"] == self.person.name:
            book.acknowledged(client_id, at)
        else:
            book.delivered(client_id, self.person.name, at)


@dataclass(slots=True)
class Counted:
    """``Socket`` whose frames are written down."""

    socket: Socket
    ledger: Ledger

    def send(self, text: str) -> None:
        """Send."""
        self.ledger.sent(json.loads(text))
        self.socket.send(text)

    def close(self) -> None:
        """Be closed now."""
        self.socket.close()
