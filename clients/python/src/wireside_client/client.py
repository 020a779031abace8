"""The client: a connection, the conversations that are open on it, and what is being written."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Self

import aiohttp

from wireside_client.activity import Activity
from wireside_client.api import Api
from wireside_client.connection import Connection, State
from wireside_client.conversation import Conversation
from wireside_client.errors import Closed, Refused, WiresideError
from wireside_client.link import AiohttpDial, Dial
from wireside_client.log import Event
from wireside_client.outbox import Entry, Outbox, Shelf
from wireside_client.places import Places
from wireside_client.questions import Questions, settle
from wireside_client.renewal import Renewal
from wireside_client.requests import Requests
from wireside_client.timing import Clock, SystemClock
from wireside_client.unsent import Refusals, Unsent
from wireside_client.writes import LIMITS

type Frame = dict[str, Any]

REFUSALS = {
    401: {"code": "unauthorized", "message": "The token is not accepted."},
    403: {"code": "not_allowed", "message": "Connections from here are not allowed."},
}
"""What a refused handshake means; anything else is tried again in silence."""


class Client:
    """Connects, comes back, and keeps its conversations whole.

    ``token`` is asked for every connection and request, and five minutes before the token of the
    living connection expires: give a JWT that is fresh. It may raise WiresideError or OSError, and
    is asked again later. ``shelf`` keeps what was written and not acknowledged for the next
    process. ``refusal`` says why the service lets nobody in, since it does not. Raises:
    ShelfUnreadable.
    """

    def __init__(
        self,
        *,
        http_url: str,
        websocket_url: str,
        user_id: str,
        token: Callable[[], Awaitable[str]],
        shelf: Shelf | None = None,
        clock: Clock | None = None,
        dial: Dial | None = None,
    ) -> None:
        self.user_id = user_id
        self.clock = clock or SystemClock()
        self.outbox = Outbox(shelf)
        self._refusals = Refusals(self.outbox)
        self.welcome: Frame | None = None
        self.refusal: Refused | None = None
        self.limits: Frame = LIMITS
        self._http_url, self._websocket_url, self._token = http_url, websocket_url, token
        self._dialled = dial
        self.connection = Connection(self.clock, self._dial, self)
        self.requests = Requests(self.clock, self.connection.send)
        self._renewal = Renewal(self.clock, wanted=self._refresh, over=self.expired)
        self._places = Places(
            make=lambda id: Conversation(self, id),
            limit=lambda: int(self.limits["open_conversations"]),
        )
        self._questions = Questions(self.requests)
        self._greeted: list[asyncio.Future[Frame]] = []
        self._ponged: list[asyncio.Future[Frame]] = []
        self._activity = Activity()
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; nobody has to wait for it."""
        self._session = aiohttp.ClientSession()
        self.api = Api(self._session, self._http_url, self._token)
        self._dialled = self._dialled or AiohttpDial(
            self._session, self._websocket_url, self._token
        )
        for each in self.outbox.conversation_ids:
            self._places.found(each)
        self.connection.wake()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything. What is not acknowledged stays on the shelf, if there is one."""
        self._end(Closed("The client was closed."))
        self.connection.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    @property
    def state(self) -> State:
        """What the connection is doing."""
        return self.connection.state

    async def connected(self) -> Frame:
        """Return ``welcome`` once there is a connection.

        Raises: Refused (``unauthorized``, ``not_allowed``) where the service refuses it; Closed.
        """
        if self.welcome is not None and self.state is State.CONNECTED:
            return self.welcome
        greeted: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._greeted.append(greeted)
        return await greeted

    def wake(self) -> None:
        """Connect at once, where a next attempt is being waited for: the network is back."""
        self.connection.wake()

    async def open(self, id: str) -> Conversation:
        """Return a conversation once it has caught up; 20 may be open at once.

        Raises: Refused, also ``too_many_open``; Closed.
        """
        found = self.conversation(id)
        await found.until(lambda each: each.is_live)
        return found

    def conversation(self, id: str) -> Conversation:
        """Return a conversation; it is opened on whatever connection there is.

        One that was gone is looked for anew. Raises: Refused (``too_many_open``).
        """
        found = self._places.follow(id)
        self.admit()
        return found

    @property
    def is_kept(self) -> bool:
        """Whether there is a shelf, and what is not sent yet stands on it."""
        return self.outbox.is_kept

    @property
    def unsent(self) -> list[Unsent]:
        """What was refused where nobody waited for it, and was not dealt with yet."""
        return self._refusals.unsent

    def refusals(self) -> AsyncIterator[Unsent]:
        """Yield what is ``unsent``, and whatever joins it, each once.

        What is written is refused to whoever waits for it. This is for the rest: what an earlier
        process left on the shelf, and what nobody waits for any more.
        """
        return self._refusals.listen()

    async def retry(self, unsent: Unsent) -> Event:
        """Try a refused write again; return its event, as ``write`` does.

        Raises: Refused, also where it is not there any more (``not_found``); Closed.
        """
        entry = self.outbox.retry(unsent.client_id, uuid.uuid4().hex)
        if entry is None:
            raise Refused({"code": "not_found", "message": "This waits no longer to be sent."})
        found = self._places.found(entry.conversation_id)
        self.admit()
        return await found.settle(entry)

    def discard(self, unsent: Unsent) -> None:
        """Let go of a refused write for good."""
        if any(each.client_id == unsent.client_id for each in self.outbox.refused):
            self.outbox.remove(unsent.client_id)

    def activity(self) -> AsyncIterator[Frame | None]:
        """Yield an ``activity`` frame whenever something happens in what is not open here.

        ``None`` comes with every new line: whatever happened before it may have been missed.
        """
        return self._activity.listen()

    async def ask(self, frame: Frame) -> Frame:
        """Ask until it is answered, on whatever links there are; return the answer.

        Raises: Refused; Closed.
        """
        return await self._questions.ask(frame)

    async def pong(self) -> Frame:
        """Ask for a sign of life; return it: ``heads`` of what is open. Raises: Closed."""
        ponged: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self._ponged.append(ponged)
        self.connection.send({"action": "ping"})
        return await ponged

    def let_go(self, conversation: Conversation) -> None:
        """Close a conversation."""
        if not self._places.remove(conversation):
            return
        was_open = conversation.room.takes_place
        conversation.end(Closed("The conversation was closed."))
        if was_open and self.state is State.CONNECTED:
            frame = {"action": "close", "conversation_id": conversation.id}
            self.requests.ask(frame, lambda _: None)
        self.admit()

    def close_idle(self, conversation: Conversation) -> None:
        """Close what was open only to send what waited there."""
        if not self._places.is_needed(conversation):
            self.let_go(conversation)

    def unheard(self, entry: Entry, error: Refused) -> None:
        """Tell of a refusal that nobody waited for."""
        self._refusals.tell(entry, error)

    def admit(self) -> None:
        """Open what waits to be, where there is a place for it."""
        if self.state is State.CONNECTED:
            self._places.admit()

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Do something aside, until the client ends."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def caught_up(self) -> None:
        """Close the link that was taken over from, once all have caught up on the new one."""
        if self._places.are_settled:
            self.connection.retire_old()

    def became(self, _state: State) -> None:
        """Let whoever shows the state look at it."""
        for each in self._places:
            each.changed()

    def ready(self, welcome: Frame) -> None:
        """Ask and open everything again on the new link."""
        self.welcome, self.limits = welcome, {**LIMITS, **welcome.get("limits", {})}
        self.refusal = None
        self._renewal.greeted(welcome)
        self.requests.forget()
        self._questions.again()
        for each in self._places:
            if each.room.takes_place:
                each.room.open()
        self.admit()
        if not [*self._places]:
            self.connection.retire_old()
        if self._ponged:
            self.connection.send({"action": "ping"})
        settle(self._greeted, welcome)
        self._activity.tell(None)

    def came(self, frame: Frame) -> None:
        """Give a frame to whom it concerns."""
        self.requests.settle(frame)
        if frame["type"] == "pong":
            for each in self._places:
                each.room.note_head(frame.get("heads", {}).get(each.id))
            settle(self._ponged, frame)
        elif frame["type"] == "activity":
            self._activity.tell(frame)
        elif about := self._places.get(frame.get("conversation_id") or ""):
            about.receive(frame)

    def down(self, *, was_too_large: bool) -> None:
        """Keep what there is until there is a link again."""
        self._renewal.stop()
        self.requests.forget()
        for each in self._places:
            each.lost(was_too_large=was_too_large)

    def expired(self) -> None:
        """Come back with a fresh token."""
        self.down(was_too_large=False)
        self.connection.again()

    def not_welcome(self, status: int) -> None:
        """Tell whoever waits why nobody lets us in; it is tried again with another token."""
        if status in REFUSALS:
            error = self.refusal = Refused(REFUSALS[status])
            settle(self._greeted, error)
            for each in self._places:
                each.fail(error)
                each.changed()

    def dismissed(self, reason: str) -> None:
        """End: the service has said that nobody should come back.

        Who is ``removed`` has deleted their data: nothing of it stays here either.
        """
        self.down(was_too_large=False)
        if reason == "removed":
            self.outbox.clear()
        self._end(Closed(f"The service said goodbye: {reason}."))

    def _end(self, error: Closed) -> None:
        self._renewal.stop()
        for each in self._places:
            each.end(error)
        settle(self._greeted, error)
        settle(self._ponged, error)
        self._questions.end(error)
        self._refusals.end()
        self._activity.end()

    def _refresh(self) -> None:
        self.spawn(self._refreshed())

    async def _refreshed(self) -> None:
        """Bring a fresh token to the living connection; the renewal asks again where it fails."""
        with suppress(WiresideError, OSError):
            token = await self._token()
            self.requests.ask({"action": "refresh", "token": token}, self._take_expiry)

    def _take_expiry(self, answer: Frame) -> None:
        if answer["type"] == "refreshed":
            self._renewal.plan(answer["expires_at"])

    def _dial(self, **how: Any) -> Any:
        assert self._dialled is not None  # noqa: S101 - entered before anything connects
        return self._dialled(**how)
