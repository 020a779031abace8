"""Calls of AWS's JSON services without an SDK: event sources call them all the time."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from local.model import REGION

REFUSED = 400
UNAVAILABLE = "Unavailable"
_PROTOCOLS = {
    "sqs": ("sqs", "AmazonSQS", "1.0"),
    "dynamodb": ("dynamodb", "DynamoDB_20120810", "1.0"),
    "streams": ("dynamodb", "DynamoDBStreams_20120810", "1.0"),
}


class AwsError(Exception):
    """A service refused a call, or is not there. ``code`` is its error's name."""

    def __init__(self, code: str, message: str) -> None:
        """Args: code: error's name, without a namespace. message: its words."""
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(slots=True)
class Aws:
    """A client of all services at one address. ``close`` it."""

    url: str
    _session: aiohttp.ClientSession = field(
        default_factory=lambda: aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=60), connector=aiohttp.TCPConnector(limit=0)
        )
    )

    async def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return one operation's answer.

        Raises: AwsError.
        """
        scope, target, version = _PROTOCOLS[service]
        # ministack takes account and region from the scope, and checks no signature.
        credential = f"local/20000101/{REGION}/{scope}/aws4_request"
        headers = {
            "Content-Type": f"application/x-amz-json-{version}",
            "X-Amz-Target": f"{target}.{operation}",
            "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, Signature=0",
        }
        try:
            async with self._session.post(
                self.url, data=json.dumps(arguments).encode(), headers=headers
            ) as response:
                answer: dict[str, Any] = json.loads(await response.read() or b"{}")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise AwsError(code=UNAVAILABLE, message=type(error).__name__) from error
        if response.status >= REFUSED:
            raise _error(answer)
        return answer

    async def close(self) -> None:
        """Close its connections."""
        await self._session.close()


def _error(answer: Mapping[str, Any]) -> AwsError:
    code = str(answer.get("__type", "Unknown")).rpartition("#")[2]
    return AwsError(code, str(answer.get("message") or answer.get("Message") or ""))
