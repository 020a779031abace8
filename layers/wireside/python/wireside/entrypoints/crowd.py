"""Shares of a large fan-out."""

from wireside.adapters.aws.fanout import from_payload
from wireside.bootstrap import share_delivery
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint


def _keys(event: Event) -> dict[str, str]:
    return {"conversation_id": str(event.get("conversation_id"))}


@entrypoint(keys=_keys)
@on_loop
async def fanout(event: Event) -> None:
    """Push the frame of a share. Nobody waits for it, and a failure is not tried again."""
    await share_delivery().take(from_payload(event))
