"""Shares of a fan-out, handed to a function of their own by Lambda's Invoke, asynchronously.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from wireside.adapters.aws.posting import PostingClient
from wireside.adapters.aws.sigv4 import Signer, payload_hash
from wireside.domain.conversation import Subscription
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId, ConversationId, UserId
from wireside.domain.shares import Share

HTTP_ACCEPTED = 202
INVOKE_SECONDS = 1
ASYNCHRONOUSLY = {"x-amz-invocation-type": "Event"}


def to_payload(share: Share) -> bytes:
    """Return a share as the function is called with it.

    The frame is text within JSON, so it may double. A thousand listeners beside the largest frame
    stay below the 1 MB that an asynchronous call may bring.
    """
    payload = {
        "conversation_id": share.conversation_id,
        "listeners": [
            [each.user_id, each.connection_id, each.expires_at, each.connected_at_ms]
            for each in share.listeners
        ],
        "frame": share.frame.decode(),
        "until_ms": share.until_ms,
    }
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def from_payload(payload: Mapping[str, Any]) -> Share:
    """Return the share that the function was called with."""
    return Share(
        conversation_id=ConversationId(payload["conversation_id"]),
        listeners=tuple(
            Subscription(UserId(user_id), ConnectionId(connection_id), expires_at, connected_at_ms)
            for user_id, connection_id, expires_at, connected_at_ms in payload["listeners"]
        ),
        frame=str(payload["frame"]).encode(),
        until_ms=int(payload["until_ms"]),
    )


@dataclass(slots=True)
class LambdaFanOut:
    """``ports.FanOut`` on Lambda. ``endpoint`` is its URL, ``function`` who takes shares."""

    endpoint: str
    function: str
    signer: Signer
    _posting: PostingClient = field(init=False)

    def __post_init__(self) -> None:
        """Nothing is connected yet."""
        self._posting = PostingClient(self.endpoint)

    async def hand_on(self, share: Share) -> None:
        """Call the function, once; within a second it is accepted, or nobody has it.

        Raises: Unavailable.
        """
        body = to_payload(share)
        path = f"/2015-03-31/functions/{quote(self.function, safe='')}/invocations"
        url = f"{self.endpoint}{path}"
        headers = self.signer.headers("POST", url, payload_hash(body), extra=ASYNCHRONOUSLY)
        try:
            async with asyncio.timeout(INVOKE_SECONDS):
                status = await self._posting.request("POST", path, headers, body)
        except OSError as error:  # a TimeoutError is one
            message = "Lambda does not answer."
            raise Unavailable(message) from error
        if status != HTTP_ACCEPTED:
            message = f"Lambda does not take the call: {status}."
            raise Unavailable(message)

    def close(self) -> None:
        """Close the connections that are kept."""
        self._posting.close()
