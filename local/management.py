"""The connection management API: POST, GET and DELETE ``/@connections/<id>``, signed.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
"""

import re
from datetime import UTC, datetime
from urllib.parse import unquote

from aiohttp import web

from local.gateway import Gateway
from local.sigv4 import UnsignedError, verify
from local.websocket import MAX_MESSAGE_BYTES, Line

CONNECTION_ID = re.compile(r"[A-Za-z0-9_-]{15}=")
CLOSED_BY_SERVER = 1000


class Management:
    """The management API of a gateway."""

    def __init__(self, gateway: Gateway) -> None:
        """Args: gateway: whose connections these are."""
        self._gateway = gateway

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one call."""
        body = await request.read()
        try:
            verify(request.method, request.raw_path, request.headers, body)
        except UnsignedError as error:
            return _error(403, error.kind, str(error))
        return self._answer(request.method, unquote(request.raw_path.rsplit("/", 1)[-1]), body)

    def _answer(self, method: str, connection_id: str, body: bytes) -> web.Response:
        if not CONNECTION_ID.fullmatch(connection_id):
            return _error(400, "BadRequestException", f"Invalid connectionId: {connection_id}")
        line = self._gateway.lines.get(connection_id)
        if line is None or not line.is_open:
            return _error(410, "GoneException", "Gone")
        match method:
            case "POST":
                return _post(line, body)
            case "DELETE":
                line.close(CLOSED_BY_SERVER, "Connection Closed Normally")
                return web.Response(status=204)
            case "GET":
                return web.json_response(self._described(line))
            case _:
                return _error(405, "MethodNotAllowedException", "Method not allowed")

    def _described(self, line: Line) -> dict[str, object]:
        caller = self._gateway.caller_of(line.id)
        return {
            "connectedAt": _moment(line.connected_at_ms),
            "identity": {"sourceIp": caller.source_ip, "userAgent": caller.user_agent},
            "lastActiveAt": _moment(line.last_active_ms),
        }


def _post(line: Line, body: bytes) -> web.Response:
    if len(body) > MAX_MESSAGE_BYTES:
        return _error(413, "PayloadTooLargeException", "Message is too long")
    if not line.send(body):
        return _error(429, "LimitExceededException", "The client does not keep up")
    return web.Response(status=200)


def _moment(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _error(status: int, kind: str, message: str) -> web.Response:
    return web.json_response(
        {"message": message}, status=status, headers={"x-amzn-ErrorType": kind}
    )
