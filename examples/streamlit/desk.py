"""Somebody's client beside Streamlit: it lives on in a loop of its own while the script reruns."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import aiohttp

from wireside_client import Client, Conversation, Item, Refused, WiresideError
from wireside_client.sign_in import NameTokens, place_of, slug

ANSWER_SECONDS = 20.0
UNSEEN_SECONDS = 120.0
LATE = {"code": "unavailable", "message": "The service does not answer."}


@cache
def loop() -> asyncio.AbstractEventLoop:
    """Return the loop of all desks; it runs in a thread of its own."""
    made = asyncio.new_event_loop()
    threading.Thread(target=made.run_forever, name="wireside", daemon=True).start()
    return made


@dataclass(frozen=True, slots=True)
class View:
    """What is to be shown of a conversation, at one moment."""

    id: str
    info: dict[str, Any]
    items: Sequence[Item]
    answers: Sequence[tuple[str, str]]
    pending: Sequence[str]
    typing: Sequence[str]
    present: frozenset[str]
    is_online: bool


class Desk:
    """One person's. Every method may be called from any thread; they raise WiresideError.

    ``is_gone``: nobody looked for a while, so that its connection was closed.
    """

    def __init__(self, url: str, name: str) -> None:
        self.user_id = slug(name)
        self.complaints: list[str] = []
        self.is_gone = False
        self._url, self._name = url, name
        self._room: Conversation | None = None
        self._stack = AsyncExitStack()
        self._seen_at = time.monotonic()
        self._tasks: set[asyncio.Task[None]] = set()
        self._call(self._begin())

    def conversations(self) -> list[dict[str, Any]]:
        """Return this person's conversations."""
        return self._call(self._client.api.conversations())

    def create(self, title: str, people: Sequence[str]) -> None:
        """Begin a conversation with people, by their names, and go there."""
        members = tuple(slug(each) for each in people if slug(each))
        self.open(self._call(self._client.api.create(title or None, members))["id"])

    def open(self, id: str) -> None:
        """Go to a conversation."""
        self._call(self._open(id))

    def send(self, text: str) -> None:
        """Write a message, aside; what is refused is in ``complaints``."""
        self._call(self._aside(lambda room: room.send(text)))

    def stop(self) -> None:
        """Stop what is being answered, aside."""
        self._call(self._aside(lambda room: room.stop()))

    def view(self) -> View | None:
        """Return what there is to show; whoever looks is still there."""
        self._seen_at = time.monotonic()
        return self._call(self._view())

    async def _begin(self) -> None:
        try:
            await self._come_in()
        except BaseException:
            await self._stack.aclose()
            raise

    async def _come_in(self) -> None:
        session = await self._stack.enter_async_context(aiohttp.ClientSession())
        place = await place_of(session, self._url)
        self._client = await self._stack.enter_async_context(
            Client(
                http_url=place.http_url,
                websocket_url=place.websocket_url,
                user_id=self.user_id,
                token=NameTokens(session, self._url, self._name),
            )
        )
        await self._client.connected()
        self._keep(self._leave_unseen())

    async def _leave_unseen(self) -> None:
        """Close the connection of a page that nobody has open any more."""
        while True:
            await asyncio.sleep(UNSEEN_SECONDS / 4)
            if time.monotonic() - self._seen_at > UNSEEN_SECONDS:
                break
        self.is_gone = True
        await self._stack.aclose()

    async def _open(self, id: str) -> None:
        before, self._room = self._room, await self._client.open(id)
        if before is not None and before is not self._room:
            self._keep(before.close())

    async def _aside(self, work: Any) -> None:
        if self._room is not None:
            self._keep(work(self._room))

    async def _view(self) -> View | None:
        room = self._room
        if room is None or room.info is None:
            return None
        room.read()
        names = {each["id"]: each["name"] for each in room.info["members"]}
        return View(
            id=room.id,
            info=room.info,
            items=room.items,
            pending=[each["text"] for each in room.pending if each["action"] == "send"],
            answers=[(names.get(each.participant, "?"), each.text) for each in room.answers],
            typing=[names.get(each, each) for each in room.typing_ids if each != self.user_id],
            present=room.present,
            is_online=room.is_live,
        )

    def _keep(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(self._carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carefully(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except WiresideError as error:
            self.complaints.append(str(error))

    def _call[T](self, work: Coroutine[Any, Any, T]) -> T:
        doing = asyncio.run_coroutine_threadsafe(work, loop())
        try:
            return doing.result(ANSWER_SECONDS)
        except TimeoutError as late:
            doing.cancel()
            raise Refused(LATE) from late
