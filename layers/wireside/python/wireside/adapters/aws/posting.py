"""The HTTP client of fan-out: small requests to one address, of whose answers the status counts.

A general client costs three times the CPU for each post, and nearly as much as boto3 at import;
``make bench`` prints both. Answers are parsed by llhttp, the parser of Node.js, through httptools.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

from wireside.adapters.aws.calls import verified

MAX_CONNECTIONS = 128
IDLE_SECONDS = 20
"""A connection that was idle for longer may be closed at the other end by now, unnoticed."""
FIRST_FINAL_STATUS = 200


class _Connection(asyncio.Protocol):
    """One kept connection: one request at a time."""

    def __init__(self) -> None:
        self.is_open = False
        self.used_at = 0.0
        self._answer: asyncio.Future[int] | None = None
        self._parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.is_open = True

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        """Send a request; the future is the status, or a ConnectionError."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.drop()

    def on_message_complete(self) -> None:
        """Hand over the status; called by the parser."""
        status = self._parser.get_status_code()
        if status < FIRST_FINAL_STATUS:
            return
        if not self._parser.should_keep_alive():
            self.is_open = False
            self._transport.close()
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(status)

    def connection_lost(self, _error: Exception | None) -> None:
        self.is_open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("closed before it answered"))

    def drop(self) -> None:
        """Close at once."""
        self.is_open = False
        self._transport.abort()


@dataclass(slots=True)
class PostingClient:
    """Keeps up to 128 connections to one address, ``http[s]://host[:port]``."""

    address: str
    _idle: list[_Connection] = field(default_factory=list)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_CONNECTIONS))

    async def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """Return the status. ``headers`` have the host; the length of the body is added.

        Raises: OSError when nobody is there, or the connection ends before the answer. Whoever
        is cancelled here closes the connection.
        """
        fields = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
        head = f"{method} {path} HTTP/1.1\r\n{fields}content-length: {len(body)}\r\n\r\n"
        async with self._room:
            connection = self._kept() or await self._connect()
            try:
                status = await connection.ask(head.encode("ascii") + body)
            except BaseException:
                connection.drop()
                raise
            connection.used_at = time.monotonic()
            if connection.is_open:
                self._idle.append(connection)
            return status

    def _kept(self) -> _Connection | None:
        """Return the connection that was used last, if any can still be used."""
        oldest = time.monotonic() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and connection.used_at > oldest:
                return connection
            connection.drop()
        return None

    async def _connect(self) -> _Connection:
        parts = urlsplit(self.address)
        is_secure = parts.scheme == "https"
        _, connection = await asyncio.get_running_loop().create_connection(
            _Connection,
            parts.hostname or "",
            parts.port or (443 if is_secure else 80),
            ssl=verified() if is_secure else None,
        )
        return connection

    def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            self._idle.pop().drop()
