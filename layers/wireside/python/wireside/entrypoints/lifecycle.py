"""``$connect`` and ``$disconnect``."""

from typing import Any

from wireside.bootstrap import sessions, settings
from wireside.domain.errors import HTTP_STATUS, Refused
from wireside.domain.events import ConnectionId
from wireside.entrypoints.address import address_of
from wireside.entrypoints.headers import SUBPROTOCOL, lower
from wireside.entrypoints.identity import identity_of
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint, logger, websocket_keys

UNAVAILABLE = {"statusCode": 503}


@entrypoint(keys=websocket_keys, failed=lambda _event: UNAVAILABLE)
@on_loop
async def connect(event: Event) -> dict[str, Any]:
    """Store the connection; select ``wireside.v1`` where it was offered, never the token.

    Where there are too many, the handshake is answered 429.
    """
    connection_id = ConnectionId(event["requestContext"]["connectionId"])
    address = address_of(event, settings().trusted_proxies)
    try:
        await sessions().connect(connection_id, identity_of(event), address=address)
    except Refused as refused:
        logger.info("refused", code=refused.code.value)
        return {"statusCode": HTTP_STATUS[refused.code]}
    offered = lower(event.get("headers")).get("sec-websocket-protocol", "")
    if SUBPROTOCOL in {each.strip() for each in offered.split(",")}:
        return {"statusCode": 200, "headers": {"Sec-WebSocket-Protocol": SUBPROTOCOL}}
    return {"statusCode": 200}


@entrypoint(keys=websocket_keys)
@on_loop
async def disconnect(event: Event) -> dict[str, Any]:
    """Remove what the connection had."""
    await sessions().disconnect(ConnectionId(event["requestContext"]["connectionId"]))
    return {"statusCode": 200}
