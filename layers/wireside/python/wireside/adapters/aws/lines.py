"""API Gateway's connection management, through kept connections.

``post_to_connection`` of boto3 costs more than ten times the CPU of this; fan-out is what the
project exists for. ``make bench`` prints both.
Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote, urlsplit

from wireside.adapters.aws.posting import PostingClient
from wireside.adapters.aws.sigv4 import Signer, payload_hash
from wireside.domain.events import ConnectionId
from wireside.ports import PostOutcome

HTTP_OK = 200
HTTP_GONE = 410
HTTP_TOO_MANY = 429
HTTP_SERVER_ERROR = 500
HTTP_UNAVAILABLE = 503
MAX_TRIES = 3
FIRST_WAIT_SECONDS = 0.05
POST_SECONDS = 5


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
    _busy: dict[ConnectionId, _Posts] = field(default_factory=dict)
    _posting: PostingClient = field(init=False)
    _path: str = field(init=False)

    def __post_init__(self) -> None:
        """Take the endpoint apart."""
        parts = urlsplit(self.endpoint)
        self._posting = PostingClient(f"{parts.scheme}://{parts.netloc}")
        self._path = parts.path

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
        """Return the status; 503 for a gateway that cannot be reached or is silent for 5 s."""
        # ``@`` is encoded, as botocore sends it too.
        path = f"{self._path}/%40connections/{quote(connection_id, safe='')}"
        url = f"{self._posting.address}{path}"
        headers = self.signer.headers(method, url, _hash_of(body))
        try:
            async with asyncio.timeout(POST_SECONDS):
                return await self._posting.request(method, path, headers, body)
        except OSError:  # a TimeoutError is one
            return HTTP_UNAVAILABLE

    def close(self) -> None:
        """Close the connections that are kept."""
        self._posting.close()


@lru_cache(maxsize=32)
def _hash_of(body: bytes) -> str:
    return payload_hash(body)
