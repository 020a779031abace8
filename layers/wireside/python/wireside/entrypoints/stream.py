"""The table's stream: what follows from each stored event."""

from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.log import from_item
from wireside.bootstrap import application
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint
from wireside.services.indexing import StoredEvent


def _keys(event: Event) -> dict[str, str]:
    records = event.get("Records") or [{}]
    return {"event_id": str(records[0].get("eventID"))}


@entrypoint(keys=_keys)
@on_loop
async def outbox(event: Event) -> dict[str, Any]:
    """Follow what was stored or changed in logs. A failure makes Lambda try the batch again."""
    await application().following.take(
        [_stored(each["dynamodb"], each["eventName"]) for each in event["Records"]]
    )
    return {"batchItemFailures": []}


def _stored(about: Event, name: str) -> StoredEvent:
    item = about["NewImage"]
    return StoredEvent(
        keys.conversation_of(item["pk"]["S"]), from_item(item), is_new=name == "INSERT"
    )
