"""The reply queue's consumer."""

from typing import Any

from wireside.adapters.aws.reply_queue import from_body
from wireside.bootstrap import runs
from wireside.domain.errors import Unavailable
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint, logger
from wireside.services.runs import Settled


def _keys(event: Event) -> dict[str, str]:
    records = event.get("Records") or [{}]
    return {"message_id": str(records[0].get("messageId"))}


@entrypoint(keys=_keys)
@on_loop
async def reply(event: Event) -> dict[str, Any]:
    """Settle jobs; those that are to stay in the queue are reported as failed.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    kept = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if await _settle(record) is Settled.KEEP
    ]
    return {"batchItemFailures": kept}


async def _settle(record: Event) -> Settled:
    try:
        return await runs().settle(from_body(record["body"]), record["receiptHandle"])
    except Unavailable as unavailable:
        logger.warning("kept", reason=str(unavailable))
        return Settled.KEEP
