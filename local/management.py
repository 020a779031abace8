"""The connection management API: POST, GET and DELETE ``/@connections/<id>``, signed.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, unquote

from aiohttp import web

from local.gateway import Gateway
from local.stack import REGION
from local.websocket import MAX_MESSAGE_BYTES

SECRET_KEY = "local"  # noqa: S105 - it guards nothing: only loopback reaches it
ALGORITHM = "AWS4-HMAC-SHA256"
CONNECTION_ID_BYTES = 11
CLOSED_BY_SERVER = 1000
PAGE = "/@connections/"


class Management:
    """The management API of a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        """Args: gateway: whose connections these are."""
        self._gateway = gateway

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        body = await request.read()
        if not is_signed(request.method, request.raw_path, request.headers, body):
            return _error(403, "ForbiddenException", "The request signature does not match.")
        connection_id = unquote(request.raw_path.rsplit("/", 1)[-1])
        if not _well_formed(connection_id):
            return _error(400, "BadRequestException", "Invalid connectionId: " + connection_id)
        line = self._gateway.lines.get(connection_id)
        if line is None or line.closed.is_set():
            return _error(410, "GoneException", "")
        match request.method:
            case "POST":
                if len(body) > MAX_MESSAGE_BYTES:
                    return _error(413, "PayloadTooLargeException", "")
                if not line.send(body):
                    return _error(429, "LimitExceededException", "")
                return web.Response(status=200)
            case "DELETE":
                line.close(CLOSED_BY_SERVER, "")
                return web.Response(status=204)
            case "GET":
                connected = datetime.fromtimestamp(line.connected_at_ms / 1_000, UTC)
                return web.json_response({"connectedAt": connected.isoformat()})
            case _:
                return _error(405, "MethodNotAllowed", "")


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status, headers={"x-amzn-ErrorType": kind})


def _well_formed(connection_id: str) -> bool:
    try:
        return len(base64.b64decode(connection_id, b"-_", validate=True)) == CONNECTION_ID_BYTES
    except (ValueError, binascii.Error):
        return False


def is_signed(method: str, raw_path: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the request carries signature version 4 by the local run's key."""
    authorization = headers.get("Authorization", "")
    if not authorization.startswith(ALGORITHM):
        return False
    parts = dict(
        each.strip().split("=", 1) for each in authorization[len(ALGORITHM) :].split(",") if "=" in each
    )
    names = parts.get("SignedHeaders", "").split(";")
    area = parts.get("Credential", "").split("/")[1:]
    stamp = headers.get("X-Amz-Date", "")
    if len(area) != 4 or "host" not in names:  # noqa: PLR2004 - date, region, service, request
        return False
    canonical = "\n".join(
        (
            method,
            quote(raw_path, safe="/-_.~"),
            "",
            *(f"{name}:{headers.get(name, '').strip()}" for name in names),
            "",
            ";".join(names),
            hashlib.sha256(body).hexdigest(),
        )
    )
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{stamp}\n{'/'.join(area)}\n{hashed}"
    expected = hmac.new(_key(area[0], area[2]), to_sign.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, parts.get("Signature", ""))


@lru_cache(maxsize=8)
def _key(day: str, service: str) -> bytes:
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, REGION, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
