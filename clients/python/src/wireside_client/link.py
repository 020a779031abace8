"""One WebSocket: says hello, pings, and notices when the other side has fallen silent."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import aiohttp

from wireside_client.errors import WiresideError
from wireside_client.timing import Alarm, Clock
from wireside_client.writes import encoded

type Frame = dict[str, Any]
type Token = Callable[[], Awaitable[str]]

PING_SECONDS = 30.0
DEAD_SECONDS = 75.0
WELCOME_SECONDS = 15.0


class LinkEvents(Protocol):
    """Who is told. ``closed`` comes once, and nothing after it."""

    def welcomed(self, link: "Link", welcome: Frame) -> None:
        """The service has said ``welcome``."""

    def received(self, link: "Link", frame: Frame) -> None:
        """Any other frame has come."""

    def closed(self, link: "Link", *, code: int | None) -> None:
        """It has ended: with a WebSocket's code, or the HTTP status that refused it."""


class Socket(Protocol):
    """What a link needs of a WebSocket."""

    def send(self, text: str) -> None:
        """Send, sooner or later, in order."""

    def close(self) -> None:
        """Be closed now."""


class Dial(Protocol):
    """Opens a WebSocket and tells what comes of it."""

    def __call__(
        self,
        *,
        on_open: Callable[[], None],
        on_text: Callable[[str], None],
        on_close: Callable[[int | None], None],
    ) -> Socket:
        """Begin to connect; ``on_close`` comes once, also where there was no connection.

        It gets the WebSocket's close code, or the HTTP status of a refused handshake.
        """


class Link:
    """One connection, from its first frame to its last."""

    def __init__(self, clock: Clock, dial: Dial, events: LinkEvents) -> None:
        self._clock = clock
        self._events = events
        self._heard_at = clock.now()
        self._pulse = Alarm(clock)
        self._is_closed = False
        self.is_welcome = False
        self._pulse.set(WELCOME_SECONDS, self.close)
        self._socket = dial(
            on_open=self._greet,
            on_text=self._receive,
            on_close=self._end,
        )

    def send(self, frame: Frame) -> bool:
        """Send a frame; return whether it went out: not before ``welcome``."""
        return self.is_welcome and self._transmit(frame)

    def close(self) -> None:
        """Be closed now; a dead line would take long to say so itself."""
        self._socket.close()
        self._end(None)

    def _greet(self) -> None:
        self._transmit({"action": "hello"})

    def _transmit(self, frame: Frame) -> bool:
        if self._is_closed:
            return False
        self._socket.send(encoded(frame))
        return True

    def _receive(self, text: str) -> None:
        if self._is_closed:
            return
        self._heard_at = self._clock.now()
        frame = _decoded(text)
        if frame is None:
            return
        if frame["type"] == "welcome":
            self.is_welcome = True
            self._beat()
            self._events.welcomed(self, frame)
        else:
            self._events.received(self, frame)

    def _beat(self) -> None:
        self._pulse.set(PING_SECONDS, self._ping)

    def _ping(self) -> None:
        if self._clock.now() - self._heard_at > DEAD_SECONDS:
            self.close()
            return
        self._transmit({"action": "ping"})
        self._beat()

    def _end(self, code: int | None) -> None:
        if self._is_closed:
            return
        self._is_closed, self.is_welcome = True, False
        self._pulse.clear()
        self._events.closed(self, code=code)


def _decoded(text: str) -> Frame | None:
    """Return a frame; ``None`` for what this client cannot read, such as the gateway's errors."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_frame = isinstance(frame, dict) and isinstance(frame.get("type"), str)
    return frame if is_frame else None


class AiohttpDial:
    """``Dial`` on aiohttp. ``token`` is asked for every connection."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: Token) -> None:
        self._session, self._url, self._token = session, url, token

    def __call__(
        self,
        *,
        on_open: Callable[[], None],
        on_text: Callable[[str], None],
        on_close: Callable[[int | None], None],
    ) -> Socket:
        """Begin to connect."""
        return AiohttpSocket(
            self._session,
            self._url,
            self._token,
            on_open=on_open,
            on_text=on_text,
            on_close=on_close,
        )


class AiohttpSocket:
    """``Socket`` on aiohttp, by tasks of the running event loop."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: Token,
        *,
        on_open: Callable[[], None],
        on_text: Callable[[str], None],
        on_close: Callable[[int | None], None],
    ) -> None:
        self._outgoing: asyncio.Queue[str] = asyncio.Queue()
        self._on_open, self._on_text, self._on_close = on_open, on_text, on_close
        self._task = asyncio.ensure_future(self._run(session, url, token))

    def send(self, text: str) -> None:
        """Queue what is to be sent."""
        self._outgoing.put_nowait(text)

    def close(self) -> None:
        """Let go of the connection."""
        self._task.cancel()

    async def _run(self, session: aiohttp.ClientSession, url: str, token: Token) -> None:
        code = None
        try:
            protocols = ("wireside.v1", f"wireside.auth.{await token()}")
            async with session.ws_connect(url, protocols=protocols, max_msg_size=0) as socket:
                self._on_open()
                writing = asyncio.ensure_future(self._write(socket))
                try:
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            self._on_text(message.data)
                finally:
                    writing.cancel()
                code = socket.close_code
        except aiohttp.WSServerHandshakeError as refused:
            code = refused.status
        except (aiohttp.ClientError, OSError, WiresideError):
            pass
        finally:
            self._on_close(code)

    async def _write(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        while True:
            await socket.send_str(await self._outgoing.get())
