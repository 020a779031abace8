"""The client: a connection, the conversations that are open on it, and what is being written."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Self

import aiohttp

from wireside_client.api import Api
from wireside_client.connection import Connection, State
from wireside_client.errors import Closed, Refused
from wireside_client.link import AiohttpSocket, Dial, Socket
from wireside_client.log import Event
from wireside_client.outbox import Entry, Outbox, Shelf
from wireside_client.requests import Requests
from wireside_client.room import Phase, Room
from wireside_client.streams import Run
from wireside_client.timing import Clock, SystemClock
from wireside_client.writer import Writer

type Frame = dict[str, Any]


class Conversation:
    """One conversation, as this client has it.

    ``events`` is a contiguous window of its log, ``answers`` what assistants are saying right now.
    """

    def __init__(self, client: "Client", id: str) -> None:
        self.id = id
        self._client = client
        self._waiting: dict[str, asyncio.Future[Event]] = {}
        self._refused: Frame | None = None
        self._watched: list[tuple[Callable[[Conversation], bool], asyncio.Future[None]]] = []
        self._fresh: list[asyncio.Queue[Event | None]] = []
        self.room = Room(
            id,
            api=client.api,
            requests=client.requests,
            clock=client.clock,
            spawn=client.spawn,
            events=self,
        )
        self.writer = Writer(
            self.room,
            outbox=client.outbox,
            user_id=client.user_id,
            clock=client.clock,
            spawn=client.spawn,
            send=client.connection.send,
            settled=self._settled,
        )

    @property
    def events(self) -> Sequence[Event]:
        """The window of the log, ascending."""
        return self.room.log.events

    @property
    def answers(self) -> Sequence[Run]:
        """What is being answered, in the order in which it was asked."""
        return self.room.streams.in_flight

    async def send(self, text: str, **fields: Any) -> Event:
        """Write a message; return its event once it is stored.

        ``fields`` are those of the frame: ``mentions``, ``reply_to``.
        Raises: Refused; Closed when the client ends before the answer came.
        """
        return await self.write({"action": "send", "text": text, **fields})

    async def write(self, write: Frame) -> Event:
        """Write anything: ``action`` and its fields, as the protocol has them.

        Raises: Refused; Closed.
        """
        if self._refused is not None:
            raise Refused(self._refused)
        client_id = uuid.uuid4().hex
        seen_in = self.room.epoch if "target_seq" in write else None
        stored: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting[client_id] = stored
        self._client.outbox.add(Entry(self.id, client_id, write, seen_in))
        self.writer.pump()
        return await stored

    async def stop(self) -> None:
        """Stop every answer to what is there by now.

        Raises: Refused.
        """
        through = max([self.room.log.through, *(each.trigger_seq for each in self.answers)])
        await self._client.ask({"action": "stop", "conversation_id": self.id, "after_seq": through})

    async def until(self, is_so: Callable[["Conversation"], bool]) -> None:
        """Wait for something to be so, looking whenever anything changed.

        Raises: Refused where the conversation is gone; Closed.
        """
        if is_so(self):
            return
        if self._refused is not None:
            raise Refused(self._refused)
        happened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watched.append((is_so, happened))
        await happened

    async def follow(self) -> AsyncIterator[Event]:
        """Yield every event that enters the log from now on, each once, in order."""
        coming: asyncio.Queue[Event | None] = asyncio.Queue()
        self._fresh.append(coming)
        try:
            while (event := await coming.get()) is not None:
                yield event
        finally:
            self._fresh.remove(coming)

    def changed(self) -> None:
        """Wake whoever waits for what is so by now."""
        for watched in [*self._watched]:
            is_so, happened = watched
            if happened.done() or is_so(self):
                self._watched.remove(watched)
                with suppress(asyncio.InvalidStateError):
                    happened.set_result(None)

    def read(self, events: Sequence[Event]) -> None:
        """Let the writer find its own."""
        self.writer.read(events)

    def entered(self, events: Sequence[Event]) -> None:
        """Hand events to whoever follows."""
        for each in self._fresh:
            for event in events:
                each.put_nowait(event)

    def live(self) -> None:
        """Send what waits."""
        self._client.caught_up()
        self.writer.pump()

    def gone(self, error: Frame) -> None:
        """Tell everybody that there is no more."""
        self._refused = error
        self.writer.give_up(error)
        self._fail(Refused(error))
        for each in self._fresh:
            each.put_nowait(None)

    def end(self) -> None:
        """Let go of everything: the client is closed."""
        self.writer.pause()
        self.room.dispose()
        closed = Closed("The client was closed.")
        self._fail(closed)
        for each in self._waiting.values():
            if not each.done():
                each.set_exception(closed)
        for queue in self._fresh:
            queue.put_nowait(None)

    def _fail(self, error: Exception) -> None:
        """Tell whoever waits that it will not happen."""
        for _, happened in self._watched:
            if not happened.done():
                happened.set_exception(error)
        self._watched.clear()

    def _settled(self, client_id: str, outcome: Event | Refused) -> None:
        waiting = self._waiting.pop(client_id, None)
        if waiting is None or waiting.done():
            return
        if isinstance(outcome, Refused):
            waiting.set_exception(outcome)
        else:
            waiting.set_result(outcome)


class Client:
    """Connects, comes back, and keeps its conversations whole.

    ``token`` is asked for every connection and every request: a JWT, fresh enough to live on.
    ``shelf`` keeps what was written and not acknowledged, for the next process.
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
        self._http_url, self._websocket_url, self._token = http_url, websocket_url, token
        self.connection = Connection(self.clock, dial or self._dial, self)
        self.requests = Requests(self.clock, self.connection.send)
        self.welcome: Frame | None = None
        self._conversations: dict[str, Conversation] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Begin to connect; nobody has to wait for it."""
        self._session = aiohttp.ClientSession()
        self.api = Api(self._session, self._http_url, self._token)
        for each in self.outbox.conversation_ids:
            self.conversation(each)
        self.connection.wake()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything. What is not acknowledged stays on the shelf, if there is one."""
        self.connection.stop()
        for each in self._conversations.values():
            each.end()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    @property
    def state(self) -> State:
        """What the connection is doing."""
        return self.connection.state

    async def open(self, id: str) -> Conversation:
        """Return a conversation once it has caught up.

        Raises: Refused.
        """
        found = self.conversation(id)
        await found.until(lambda each: each.room.phase is Phase.LIVE)
        return found

    def conversation(self, id: str) -> Conversation:
        """Return a conversation; it is opened on whatever connection there is."""
        if id not in self._conversations:
            self._conversations[id] = Conversation(self, id)
            if self.state is State.CONNECTED:
                self._conversations[id].room.open()
        return self._conversations[id]

    async def ask(self, frame: Frame) -> Frame:
        """Ask on the link of now until it is answered; return the answer.

        Raises: Refused.
        """
        answered: asyncio.Future[Frame] = asyncio.get_running_loop().create_future()
        self.requests.ask(frame, lambda answer: _resolve(answered, answer))
        answer = await answered
        if answer["type"] == "error":
            raise Refused(answer)
        return answer

    def spawn(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        """Do something aside, until the client ends."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def caught_up(self) -> None:
        """Close the link that was taken over from, once all have caught up on the new one."""
        if all(each.room.is_settled for each in self._conversations.values()):
            self.connection.retire_old()

    def became(self, _state: State) -> None:
        """Nothing: conversations tell what they are."""

    def ready(self, welcome: Frame) -> None:
        """Open everything on the new link."""
        self.welcome = welcome
        self.requests.forget()
        for each in self._conversations.values():
            if each.room.phase is not Phase.GONE:
                each.room.open()
        if not self._conversations:
            self.connection.retire_old()

    def came(self, frame: Frame) -> None:
        """Give a frame to whom it concerns."""
        self.requests.settle(frame)
        if frame["type"] == "pong":
            for each in self._conversations.values():
                each.room.note_head(frame.get("heads", {}).get(each.id))
            return
        about = self._conversations.get(frame.get("conversation_id", ""))
        if about is None:
            return
        if frame["type"] == "error":
            about.writer.refuse(frame)
        else:
            about.room.receive(frame)

    def down(self, *, was_too_large: bool) -> None:
        """Keep what there is until there is a link again."""
        self.requests.forget()
        for each in self._conversations.values():
            if was_too_large:
                each.writer.refuse_too_large()
            each.writer.pause()
            each.room.leave()

    def expired(self) -> None:
        """Come back with a fresh token."""
        self.down(was_too_large=False)
        self.connection.stop()
        self.connection.wake()

    def _dial(
        self,
        *,
        on_open: Callable[[], None],
        on_text: Callable[[str], None],
        on_close: Callable[[int | None], None],
    ) -> Socket:
        async def address() -> tuple[str, str]:
            return self._websocket_url, await self._token()

        assert self._session is not None  # noqa: S101 - entered before anything connects
        return AiohttpSocket(
            self._session,
            lambda: asyncio.ensure_future(address()),
            on_open=on_open,
            on_text=on_text,
            on_close=on_close,
        )


def _resolve(future: "asyncio.Future[Frame]", answer: Frame) -> None:
    with suppress(asyncio.InvalidStateError):
        future.set_result(answer)
