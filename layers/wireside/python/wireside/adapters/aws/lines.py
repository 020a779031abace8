"""API Gateway's connection management, through one pooled asynchronous HTTP client.

``post_to_connection`` of boto3 costs about seven times the CPU of this; fan-out is what the
project exists for. ``make bench`` prints both.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote

import aiohttp
from yarl import URL

from wireside.adapters.aws.sigv4 import Signer, payload_hash
from wireside.adapters.http import HttpClient
from wireside.domain.events import ConnectionId
from wireside.ports import PostOutcome

HTTP_OK = 200
HTTP_GONE = 410
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
MAX_TRIES = 3
FIRST_WAIT_SECONDS = 0.05
PATIENCE = aiohttp.ClientTimeout(total=5)


@dataclass(slots=True)
class _Posts:
    """The posts to one connection: the one in flight and those that wait for their turn.

    They are counted, because a lock that was just released does not tell of its waiters.
    """

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    count: int = 0


@dataclass(slots=True)
class ManagementLines:
    """``ports.Lines`` over HTTP.

    ``endpoint`` is ``https://<api>.execute-api.<region>.amazonaws.com/<stage>``. One post is in
    flight for each connection, because posts that run beside each other may overtake each other.
    """

    endpoint: str
    signer: Signer
    http: HttpClient = field(default_factory=HttpClient)
    _busy: dict[ConnectionId, _Posts] = field(default_factory=dict)

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Post one frame, up to three times where the gateway is busy."""
        queue = self._busy.setdefault(connection_id, _Posts())
        queue.count += 1
        try:
            async with queue.turn:
                return await self._tries(connection_id, frame)
        finally:
            queue.count -= 1
            if not queue.count:
                del self._busy[connection_id]

    async def _tries(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        wait_seconds = FIRST_WAIT_SECONDS
        for attempt in range(MAX_TRIES):
            status = await self._request("POST", connection_id, frame)
            if status == HTTP_OK:
                return PostOutcome.SENT
            if status == HTTP_GONE:
                return PostOutcome.GONE
            if status != HTTP_TOO_MANY and status < HTTP_SERVER_ERROR:
                break
            if attempt + 1 < MAX_TRIES:
                await asyncio.sleep(wait_seconds)
                wait_seconds *= 2
        return PostOutcome.LAGGING

    async def hang_up(self, connection_id: ConnectionId) -> None:
        """Close the connection."""
        await self._request("DELETE", connection_id, b"")

    async def _request(self, method: str, connection_id: ConnectionId, body: bytes) -> int:
        """Return the status; 503 for a gateway that cannot be reached."""
        url = f"{self.endpoint}/@connections/{quote(connection_id, safe='')}"
        headers = self.signer.headers(method, _encoded_at(url), _hash_of(body))
        try:
            async with self.http.session().request(
                method, _as_is(url), data=body or None, headers=headers, timeout=PATIENCE
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError):
            return HTTP_SERVER_ERROR + 3


def _encoded_at(url: str) -> str:
    """Return the URL as it goes over the wire: ``@`` encoded, as botocore sends it too."""
    return url.replace("/@connections/", "/%40connections/")


def _as_is(url: str) -> URL:
    return URL(_encoded_at(url), encoded=True)


@lru_cache(maxsize=32)
def _hash_of(body: bytes) -> str:
    return payload_hash(body)
