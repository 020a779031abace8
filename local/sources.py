"""Event sources: the queues, streams and schedules that call functions."""

import asyncio
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from local.aws import Aws
from local.emulator import Emulator
from local.invocation import FunctionError
from local.model import ACCOUNT, REGION, Mapped, Schedule
from local.queue_source import QueueSource
from local.runtime import Pool
from local.stack import Stack
from local.stream_source import StreamSource

BUSY_SECONDS = 3


class Source(Protocol):
    """Something that calls a function by itself."""

    async def run(self) -> None:
        """Do so until cancelled."""


@dataclass(slots=True)
class ScheduleSource:
    """Calls a function every so often, first after one whole period."""

    schedule: Schedule
    pool: Pool
    every_seconds: float

    async def run(self) -> None:
        """Call it until cancelled; a failure is the next period's matter."""
        while True:
            await asyncio.sleep(self.every_seconds)
            try:
                await self.pool.invoke(scheduled_event(self.schedule))
            except FunctionError:
                continue


def scheduled_event(schedule: Schedule) -> Any:
    """Return what EventBridge sends.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
    """
    if schedule.input is not None:
        return json.loads(schedule.input)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [schedule.arn],
        "detail": {},
    }


def sources(
    stack: Stack,
    emulator: Emulator,
    aws: Aws,
    pools: Mapping[str, Pool],
    schedule_seconds: float | None = None,
) -> list[Source]:
    """Return a source for every mapping and schedule of the template.

    ``schedule_seconds`` is the period of every schedule in place of its own.
    """

    def is_busy() -> bool:
        return time.monotonic() - max(each.last_invoked for each in pools.values()) < BUSY_SECONDS

    dead_letters = _dead_letter_queues(stack)

    def made(mapped: Mapped) -> Source:
        pool = pools[mapped.function]
        if ":sqs:" in mapped.source:
            # Nobody waits for a dead letter.
            looks_often = (lambda: False) if mapped.source in dead_letters else is_busy
            url = _queue_url(emulator, mapped.source)
            return QueueSource(mapped, aws, url, pool, looks_often)
        table = mapped.source.split("table/", 1)[1].split("/", 1)[0]
        failure = (
            mapped.settings.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        )
        failures = _queue_url(emulator, failure) if failure else None
        return StreamSource(mapped, aws, table, failures, pool, is_busy)

    scheduled = [
        ScheduleSource(each, pools[each.function], schedule_seconds or each.every_seconds)
        for each in stack.schedules
    ]
    return [*map(made, stack.mappings), *scheduled]


def _dead_letter_queues(stack: Stack) -> set[str]:
    """Return the ARNs of the queues to which others give what they give up."""
    redrives = (each.get("RedrivePolicy") for each in stack.of_type("AWS::SQS::Queue").values())
    return {each["deadLetterTargetArn"] for each in redrives if each}


def _queue_url(emulator: Emulator, arn: str) -> str:
    return f"{emulator.url}/{ACCOUNT}/{arn.rsplit(':', 1)[-1]}"
