"""A server that speaks OpenAI's wire, byte by byte as a script says; for tests alone.

It is a real server on the loopback interface: what is tested goes through sockets.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http import HTTPStatus
from ssl import SSLContext
from typing import Any


class Mishap(Enum):
    """What a server may do in place of sending on."""

    HANG = "hang"
    RESET = "reset"
    CUT = "cut"


HANG, RESET, CUT = Mishap.HANG, Mishap.RESET, Mishap.CUT

type Step = bytes | Mishap


@dataclass(frozen=True, slots=True)
class Reply:
    """One response: its head, then its steps. Before the head comes nothing at all.

    ``keeps`` leaves the connection open for another request; ``leaves`` only says so.
    """

    steps: Sequence[Step] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Sequence[Step] = ()
    keeps: bool = False
    leaves: bool = False

    @property
    def head(self) -> bytes:
        """Return status line and headers."""
        lines = {"Content-Type": "text/event-stream", **self.headers}
        words = HTTPStatus(self.status).phrase if self.status in set(HTTPStatus) else "?"
        shown = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        connection = "keep-alive" if self.keeps or self.leaves else "close"
        return (
            f"HTTP/1.1 {self.status} {words}\r\n{shown}"
            f"Transfer-Encoding: chunked\r\nConnection: {connection}\r\n\r\n"
        ).encode()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request. Header names are in lower case; ``body`` is ``None`` where there was none."""

    target: str
    headers: Mapping[str, str]
    body: Any


def chunk(content: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """Return one event of a stream."""
    delta = {} if content is None else {"content": content}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "c", "object": "chat.completion.chunk", "choices": [choice], **more})


def calls(name: str, arguments: str) -> bytes:
    """Return one event of a stream, in which a tool is called."""
    function = {"name": name, "arguments": arguments}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    return event({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})


def event(data: Any) -> bytes:
    """Return an event with this JSON."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
USAGE = event(
    {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}
)


def says(*texts: str, finish: str = "stop") -> Reply:
    """Return a whole answer."""
    return Reply([*map(chunk, texts), chunk(finish=finish), USAGE, DONE])


def refuses(status: int, error: Any = None, **headers: str) -> Reply:
    """Return a refusal with a JSON body."""
    body = json.dumps({"error": error or {"message": "planted words"}}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([body], status, {"Content-Type": "application/json", **named})


@dataclass(slots=True)
class OpenAiServer:
    """Gives out its replies, one a request; the last one for ever. ``asked`` is what came."""

    replies: list[Reply]
    asked: list[Asked] = field(default_factory=list)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    connections: int = 0

    @property
    def base_url(self) -> str:
        """Return what to configure."""
        return f"http://127.0.0.1:{self.port}/v1"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer a connection's requests.

        ``gone`` tells that the client hung up on one, ``left`` that a connection is closed.
        """
        self.connections += 1
        try:
            while await self._answer(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            self.gone.set()
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
            self.left.set()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; return whether another may come."""
        self.asked.append(await _request(reader))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if not await self._play(reply.before, reader, writer):
            return False
        writer.write(reply.head)
        if not await self._play(reply.steps, reader, writer, framed=True):
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return reply.keeps

    async def _play(
        self,
        steps: Sequence[Step],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        framed: bool = False,
    ) -> bool:
        """Carry out steps; return whether the response goes on."""
        for step in steps:
            if step is CUT:
                return False
            if step is RESET:
                writer.transport.abort()
                return False
            if step is HANG:
                await reader.read()  # until the client goes
                self.gone.set()
                return False
            assert isinstance(step, bytes)
            writer.write(b"%x\r\n%s\r\n" % (len(step), step) if framed else step)
            await writer.drain()
            await asyncio.sleep(0)
        return True


async def _request(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(first.split()[1], headers, json.loads(body) if body else None)


@asynccontextmanager
async def serving(*replies: Reply, tls: SSLContext | None = None) -> AsyncIterator[OpenAiServer]:
    """Have a server inside a block."""
    server = OpenAiServer(list(replies))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        listening.close_clients()
