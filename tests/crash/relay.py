"""The little of HTTP/1.1 that SDKs speak: a server, and a client that passes requests on."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One request. Header names are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    raw: bytes


type Answer = bytes | None
"""A whole response, or nothing at all: the connection is closed in place of it."""


def response(status: int, body: bytes = b"", content_type: str = "application/json") -> bytes:
    """Return a response."""
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}"
    return head.encode() + END_OF_HEAD + body


async def serve(
    answer: Callable[[Request], Awaitable[Answer]],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Answer the requests of one connection until it ends, however it ends."""
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        while (answered := await answer(await _request(reader))) is not None:
            writer.write(answered)
            await writer.drain()
    writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> Request:
    raw, first, headers = await _head(reader)
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return Request(method, path, headers, body, raw + body)


async def _head(reader: asyncio.StreamReader) -> tuple[bytes, str, dict[str, str]]:
    raw = await reader.readuntil(END_OF_HEAD)
    first, *lines = raw.decode("latin-1").rstrip().split("\r\n")
    parted = (each.partition(":") for each in lines)
    return raw, first, {name.lower(): value.strip() for name, _, value in parted}


@dataclass(slots=True)
class Upstream:
    """Passes requests on as they are, over kept connections."""

    port: int
    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def pass_on(self, request: Request) -> bytes:
        """Return the response to a request."""
        if self._idle:
            reader, writer = self._idle.pop()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request.raw)
        raw, _, headers = await _head(reader)
        body = await reader.readexactly(int(headers["content-length"]))
        self._idle.append((reader, writer))
        return raw + body

    def close(self) -> None:
        """Close the kept connections."""
        for _, writer in self._idle:
            writer.transport.abort()
