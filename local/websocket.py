"""One WebSocket, as API Gateway keeps it: frames of 32 KB, messages of 128 KB, limits on time.

aiohttp answers the handshake; from then on the bytes go through the sans-I/O protocol of the
``websockets`` library, because aiohttp does not show where a frame ends.
"""

import asyncio
import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web
from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol
from websockets.utils import accept_key

MAX_FRAME_BYTES = 32 * 1024
MAX_MESSAGE_BYTES = 128 * 1024
MAX_BUFFER_BYTES = 1024 * 1024
CLOSE_TOO_BIG = 1009
CLOSE_GOING_AWAY = 1001
CLOSE_ABNORMAL = 1006


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sent. ``data`` is text, or base64 of a binary message."""

    data: str
    is_base64: bool


def new_connection_id() -> str:
    """Return an id as API Gateway makes them: base64 that ends in ``=``."""
    return base64.urlsafe_b64encode(secrets.token_bytes(11)).decode()


class Transport(Protocol):
    """The part of asyncio's transports that is needed here."""

    def write(self, data: bytes) -> None:
        """Send."""

    def close(self) -> None:
        """Close after what was written is sent."""

    def abort(self) -> None:
        """Close at once."""

    def get_write_buffer_size(self) -> int:
        """Return how much waits to be sent."""


@dataclass(slots=True)
class Line:
    """An open WebSocket. ``on_message`` is called for every message, in order."""

    id: str
    on_message: Callable[["Line", Message], None]
    connected_at_ms: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    last_active: float = field(default_factory=time.monotonic)
    closed: asyncio.Event = field(default_factory=asyncio.Event)
    close_code: int = CLOSE_ABNORMAL
    close_reason: str = ""
    _transport: Transport | None = None
    _protocol: ServerProtocol = field(
        default_factory=lambda: ServerProtocol(state=State.OPEN, max_size=MAX_MESSAGE_BYTES)
    )
    _parts: list[bytes] = field(default_factory=list)
    _binary: bool = False

    async def answer(self, request: web.Request, subprotocol: str | None) -> web.StreamResponse:
        """Complete the handshake and take over the bytes that follow."""
        headers = {
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Accept": accept_key(request.headers["Sec-WebSocket-Key"]),
        }
        if subprotocol is not None:
            headers["Sec-WebSocket-Protocol"] = subprotocol
        response = web.StreamResponse(status=101, headers=headers)
        await response.prepare(request)
        assert request.transport is not None
        self._transport = request.transport  # type: ignore[assignment]
        request.protocol.set_parser(self)
        request.protocol.keep_alive(val=False)
        return response

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Take bytes from the client (aiohttp's parser interface)."""
        self._protocol.receive_data(data)
        for frame in self._protocol.events_received():
            self._take(frame)  # type: ignore[arg-type]
        self._flush()
        return False, b""

    def feed_eof(self) -> None:
        """Hear that the client is gone (aiohttp's parser interface)."""
        if not self.closed.is_set():
            self._protocol.receive_eof()
            self._note_close()

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.CLOSE:
            self._note_close()
            return
        if frame.opcode not in {Opcode.TEXT, Opcode.BINARY, Opcode.CONT}:
            return
        self.last_active = time.monotonic()
        if len(frame.data) > MAX_FRAME_BYTES:
            self.close(CLOSE_TOO_BIG, "Message too long")
            return
        if frame.opcode is not Opcode.CONT:
            self._binary = frame.opcode is Opcode.BINARY
        self._parts.append(bytes(frame.data))
        if frame.fin and not self.closed.is_set():
            whole = b"".join(self._parts)
            self._parts.clear()
            self.on_message(self, _message(whole, binary=self._binary))

    def send(self, data: bytes) -> bool:
        """Send one text message; ``False`` when the client does not keep up."""
        if self._transport is None or self._transport.get_write_buffer_size() > MAX_BUFFER_BYTES:
            return False
        self.last_active = time.monotonic()
        if self._protocol.state is State.OPEN:
            self._protocol.send_text(data)
            self._flush()
        return True

    def close(self, code: int, reason: str) -> None:
        """Close from this side."""
        if self._protocol.state is State.OPEN:
            self.close_code, self.close_reason = code, reason
            self._protocol.send_close(code, reason)
            self._flush()
        self._note_close()

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
                self._transport.close()
            else:
                self._transport.write(data)

    def _note_close(self) -> None:
        received = self._protocol.close_rcvd
        if received is not None and self.close_code == CLOSE_ABNORMAL:
            self.close_code, self.close_reason = received.code, received.reason
        self.closed.set()


def _message(whole: bytes, *, binary: bool) -> Message:
    if binary:
        return Message(base64.b64encode(whole).decode(), is_base64=True)
    return Message(whole.decode("utf-8", "replace"), is_base64=False)
