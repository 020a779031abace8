"""The table's stream: what follows from each stored event."""

from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.log import from_item
from wireside.bootstrap import application
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint


def _keys(event: Event) -> dict[str, str]:
    records = event.get("Records") or [{}]
    return {"event_id": str(records[0].get("eventID"))}


@entrypoint(keys=_keys)
@on_loop
async def outbox(event: Event) -> dict[str, Any]:
    """Follow each new event of a log, in order. A failure makes Lambda try the batch again."""
    for record in event["Records"]:
        item = record["dynamodb"]["NewImage"]
        conversation_id = keys.conversation_of(item["pk"]["S"])
        await application().activity.follow(conversation_id, from_item(item))
    return {"batchItemFailures": []}
