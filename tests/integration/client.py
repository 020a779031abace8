"""A plain client of the protocol: frames in, frames out, nothing clever."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from local.harness import Running
from tests.shapes import check_frame

ANSWER_SECONDS = 20
HEARTBEAT_SECONDS = 30
HEARTBEAT = "heartbeat"
"""The ``ref`` of pings whose answers nobody waits for."""

type Frame = dict[str, Any]


@dataclass(slots=True)
class Client:
    """One person's connection."""

    socket: ClientConnection
    heard: list[Frame] = field(default_factory=list)
    _arrived: "asyncio.Queue[Frame]" = field(default_factory=asyncio.Queue)

    async def listen(self) -> None:
        """Read all the time, as a browser does: a client that does not is a slow consumer."""
        async for data in self.socket:
            frame = json.loads(data)
            check_frame(frame)
            if frame.get("ref") != HEARTBEAT:
                self._arrived.put_nowait(frame)

    async def live(self) -> None:
        """Give a sign of life every 30 s, as every client has to."""
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            await self.send("ping", ref=HEARTBEAT)

    async def send(self, action: str, **fields: Any) -> None:
        """Send a frame."""
        await self.socket.send(json.dumps({"action": action, **fields}))

    async def until(
        self, wanted: Callable[[Frame], bool], *, seconds: float = ANSWER_SECONDS
    ) -> Frame:
        """Return the first frame, from now on, that is wanted."""
        async with asyncio.timeout(seconds):
            while True:
                frame = await self._arrived.get()
                self.heard.append(frame)
                if wanted(frame):
                    return dict(frame)

    async def ask(self, action: str, **fields: Any) -> Frame:
        """Send a frame and return what answers it, found by its ``ref``."""
        ref = uuid.uuid4().hex
        await self.send(action, ref=ref, **fields)
        return await self.until(lambda frame: frame.get("ref") == ref)

    async def enter(self, conversation_id: str, **position: Any) -> Frame:
        """Open a conversation; return the last page of events."""
        ref = uuid.uuid4().hex
        await self.send("open", ref=ref, conversation_id=conversation_id, **position)
        return await self.until(
            lambda frame: (
                frame.get("ref") == ref
                and (frame["type"] == "error" or (frame["type"] == "events" and not frame["more"]))
            )
        )


@asynccontextmanager
async def connected(
    running: Running, sub: str, *, greet: bool = True, token: str | None = None
) -> AsyncIterator[Client]:
    """Connect somebody, and say hello."""
    protocols: Any = ["wireside.v1", f"wireside.auth.{token or running.token(sub)}"]
    async with connect(
        running.websocket_url,
        subprotocols=protocols,
        max_size=None,
        ping_interval=None,
        close_timeout=2,
    ) as socket:
        client = Client(socket)
        listening = asyncio.create_task(client.listen())
        living = asyncio.create_task(client.live())
        try:
            if greet:
                welcome = await client.ask("hello")
                assert welcome["type"] == "welcome"
            yield client
        finally:
            living.cancel()
    await listening


async def request(
    running: Running,
    method: str,
    path: str,
    sub: str,
    body: object = None,
    *,
    key: str | None = None,
    token: str | None = None,
    origin: str | None = None,
) -> tuple[int, Any]:
    """Return status and body of an HTTP request."""
    headers = {"Authorization": f"Bearer {token or running.token(sub)}"}
    if origin is not None:
        headers["Origin"] = origin
    if key is not None:
        headers["Idempotency-Key"] = key
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, running.http_url + path, json=body, headers=headers) as answer,
    ):
        text = await answer.text()
        return answer.status, json.loads(text) if text else None


async def create(running: Running, owner: str, *members: str, policy: str = "always") -> str:
    """Create a conversation; return its id."""
    body = {"members": list(members), "reply_policy": policy}
    status, conversation = await request(running, "POST", "/v1/conversations", owner, body)
    assert status == 201, conversation
    return str(conversation["id"])
