"""One WebSocket, as API Gateway keeps it: frames of 32 KB, messages of 128 KB, limits on time.

aiohttp answers the handshake; from then on the bytes go through the sans-I/O protocol of the
``websockets`` library, because aiohttp does not show where a frame ends.
"""

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol
from websockets.utils import accept_key

MAX_FRAME_BYTES = 32 * 1024
MAX_MESSAGE_BYTES = 128 * 1024
MAX_BUFFER_BYTES = 1024 * 1024
DRAIN_SECONDS = 1
CLOSE_GOING_AWAY = 1001
CLOSE_UNSUPPORTED = 1003
CLOSE_ABNORMAL = 1006
CLOSE_NOT_TEXT = 1007


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent. ``data`` is text, or base64 of a binary message."""

    data: str
    is_base64: bool


def new_connection_id() -> str:
    """Return an id as API Gateway makes them: base64 that ends in ``=``."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


def _protocol() -> ServerProtocol:
    """Return a protocol past its handshake that refuses what is too big with 1009."""
    return ServerProtocol(state=State.OPEN, max_size=(MAX_MESSAGE_BYTES, MAX_FRAME_BYTES))


@dataclass(slots=True)
class Line:
    """A WebSocket. ``on_message`` is called for every message, in order.

    ``closed`` is set once nothing more is exchanged, ``gone`` when the bytes below have ended too.
    """

    id: str
    on_message: Callable[["Line", Message], None]
    buffer_bytes: int = MAX_BUFFER_BYTES
    refuses_binary: bool = False
    connected_at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    last_active: float = field(default_factory=time.monotonic)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int = CLOSE_ABNORMAL
    close_reason: str = ""
    _transport: asyncio.Transport | None = None
    _protocol: ServerProtocol = field(default_factory=_protocol)
    _parts: list[bytes] = field(default_factory=list)
    _binary: bool = False

    @property
    def last_active_ms(self) -> int:
        """Return when something last went either way, in milliseconds since the epoch."""
        return time.time_ns() // 1_000_000 - round((time.monotonic() - self.last_active) * 1_000)

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self._transport is not None and not self.closed.is_set()

    async def answer(self, request: web.Request, subprotocol: str | None) -> web.StreamResponse:
        """Complete the handshake and take over the bytes that follow.

        Raises: ConnectionError when the client did not wait for it.
        """
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept_key(request.headers["Sec-WebSocket-Key"]),
        }
        if subprotocol is not None:
            headers["Sec-WebSocket-Protocol"] = subprotocol
        response = web.StreamResponse(status=101, headers=headers)
        await response.prepare(request)
        if request.transport is None:
            raise ConnectionResetError
        assert isinstance(request.transport, asyncio.Transport)
        self._transport = request.transport
        request.protocol.set_parser(self)  # type: ignore[arg-type]
        request.protocol.keep_alive(val=False)
        return response

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes from the client (aiohttp's parser interface)."""
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            assert isinstance(frame, Frame)
            self._take(frame)
        self._flush()
        if self._protocol.state is not State.OPEN:
            self._note_close()
        return False, b""

    def feed_eof(self) -> None:
        """Hear that the client is gone (aiohttp's parser interface)."""
        self._note_close()
        self.gone.set()

    def _take(self, frame: Frame) -> None:
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT} or self.closed.is_set():
            return
        self.last_active = time.monotonic()
        if frame.opcode is not Opcode.CONT:
            self._binary = frame.opcode is Opcode.BINARY
        self._parts.append(bytes(frame.data))
        if frame.fin:
            whole = b"".join(self._parts)
            self._parts.clear()
            self._hand_on(whole)

    def _hand_on(self, whole: bytes) -> None:
        if self._binary and self.refuses_binary:
            self.close(CLOSE_UNSUPPORTED, "Binary is not supported")
            return
        try:
            message = _message(whole, binary=self._binary)
        except UnicodeDecodeError:
            self.close(CLOSE_NOT_TEXT, "Invalid UTF-8")
            return
        self.on_message(self, message)

    def send(self, data: bytes) -> bool:
        """Send one text message; ``False`` when the client does not keep up."""
        if self._transport is None or self._protocol.state is not State.OPEN:
            return True
        if self._transport.get_write_buffer_size() > self.buffer_bytes:
            return False
        self.last_active = time.monotonic()
        self._protocol.send_text(data)
        self._flush()
        return True

    def close(self, code: int, reason: str) -> None:
        """Close from this side."""
        if self._protocol.state is State.OPEN:
            self.close_code, self.close_reason = code, reason
            self._protocol.send_close(code, reason)
            self._protocol.send_eof()
            self._flush()
        self._note_close()

    async def drained(self) -> None:
        """Wait until the client has ended too: closing on unread bytes loses the close code."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.gone.wait(), DRAIN_SECONDS)

    def cut(self) -> None:
        """Drop the connection without a word, as a broken network does."""
        if self._transport is not None:
            self._transport.abort()
        self._note_close()

    def _flush(self) -> None:
        if self._transport is None:
            return
        for data in self._protocol.data_to_send():
            if data is SEND_EOF or not data:
                if self._transport.can_write_eof() and not self._transport.is_closing():
                    self._transport.write_eof()
            else:
                self._transport.write(data)

    def _note_close(self) -> None:
        if self.closed.is_set():
            return
        first = self._protocol.close_rcvd
        if first is None or not self._protocol.close_rcvd_then_sent:
            first = self._protocol.close_sent or first
        if first is not None:
            self.close_code, self.close_reason = first.code, first.reason
        self.closed.set()


def _message(whole: bytes, *, binary: bool) -> Message:
    if binary:
        return Message(base64.b64encode(whole).decode(), is_base64=True)
    return Message(whole.decode(), is_base64=False)
