"""The reply queue's consumer."""

from collections.abc import Callable
from typing import Any

from wireside.adapters.aws.reply_queue import from_body
from wireside.bootstrap import dead_letters, runs
from wireside.domain.errors import Unavailable
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint, logger
from wireside.services.runs import RunService, Settled


def _keys(event: Event) -> dict[str, str]:
    records = event.get("Records") or [{}]
    return {"message_id": str(records[0].get("messageId"))}


@entrypoint(keys=_keys)
@on_loop
async def reply(event: Event) -> dict[str, Any]:
    """Settle jobs; those that are to stay in the queue are reported as failed.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    """
    return await _settle_all(event, runs)


@entrypoint(keys=_keys)
@on_loop
async def dead_letter(event: Event) -> dict[str, Any]:
    """Settle, with a failure, what no worker could settle. It stays until that has worked."""
    return await _settle_all(event, dead_letters)


async def _settle_all(event: Event, worker: Callable[[], RunService]) -> dict[str, Any]:
    kept = [
        {"itemIdentifier": record["messageId"]}
        for record in event["Records"]
        if await _settle(record, worker) is Settled.KEEP
    ]
    return {"batchItemFailures": kept}


async def _settle(record: Event, worker: Callable[[], RunService]) -> Settled:
    try:
        return await worker().settle(from_body(record["body"]), record["receiptHandle"])
    except Unavailable as unavailable:
        logger.warning("kept", reason=str(unavailable))
        return Settled.KEEP
