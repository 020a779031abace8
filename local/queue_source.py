"""Lambda's poller of an SQS queue.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from local.aws import Aws, AwsError
from local.filters import passes
from local.invocation import FunctionError
from local.model import REGION, Mapped
from local.runtime import Pool

LONG_POLL_SECONDS = 1
BUSY_PAUSE_SECONDS = 0.02
AFTER_ERROR_SECONDS = 0.5
MAX_AT_ONCE = 10
DEFAULT_BATCH = 10
MOST_AT_A_TIME = 10

type Messages = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class QueueSource:
    """Polls a queue; of a FIFO queue, one batch of each message group is under way at a time.

    The queue itself sees to that: it hands out nothing of a group while a message of it is out.
    ``is_busy`` says whether something may be sent at any moment: then it looks more often.
    """

    mapped: Mapped
    aws: Aws
    url: str
    pool: Pool
    is_busy: Callable[[], bool]
    _out: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def run(self) -> None:
        """Poll until cancelled; what is under way then goes back into the queue."""
        try:
            while True:
                await self._room()
                await self._poll()
        finally:
            await asyncio.shield(self._give_back())

    async def _room(self) -> None:
        while len(self._tasks) >= self._most_at_once():
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    def _most_at_once(self) -> int:
        scaling = self.mapped.settings.get("ScalingConfig", {})
        return int(scaling.get("MaximumConcurrency", MAX_AT_ONCE))

    async def _poll(self) -> None:
        is_busy = self.is_busy()
        try:
            received = await self._receive(0 if is_busy else LONG_POLL_SECONDS)
            kept = await self._filtered(received)
        except AwsError:
            await asyncio.sleep(AFTER_ERROR_SECONDS)
            return
        for batch in batches(kept):
            task = asyncio.create_task(self._hand_over(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if not received and is_busy:
            await asyncio.sleep(BUSY_PAUSE_SECONDS)

    async def _receive(self, wait_seconds: int) -> Messages:
        size = int(self.mapped.settings.get("BatchSize", DEFAULT_BATCH))
        answer = await self.aws.call(
            "sqs",
            "ReceiveMessage",
            QueueUrl=self.url,
            MaxNumberOfMessages=min(size, MOST_AT_A_TIME),
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: Messages = answer.get("Messages", [])
        return messages

    async def _filtered(self, messages: Messages) -> Messages:
        """Return what the mapping's filters let through; Lambda deletes the rest."""
        kept = [each for each in messages if passes(self.mapped.settings, self._record(each))]
        for message in messages:
            if message not in kept:
                await self._delete(message)
        return kept

    async def _hand_over(self, messages: Messages) -> None:
        """Invoke the function; delete what it did not report as failed."""
        self._out |= {each["MessageId"]: each for each in messages}
        try:
            answer = await self.pool.invoke({"Records": [self._record(each) for each in messages]})
            failed = self._failed(answer, messages)
            for message in messages:
                if message["MessageId"] not in failed:
                    await self._delete(message)
        except (FunctionError, AwsError):
            return
        finally:
            if (task := asyncio.current_task()) is not None and not task.cancelling():
                for message in messages:
                    self._out.pop(message["MessageId"], None)

    def _failed(self, answer: object, messages: Messages) -> set[str]:
        """Return the ids of failed messages: all where the report makes no sense, as on Lambda."""
        if "ReportBatchItemFailures" not in self.mapped.settings.get("FunctionResponseTypes", []):
            return set()
        reported = (answer or {}).get("batchItemFailures") or [] if isinstance(answer, dict) else []
        known = {str(each["MessageId"]) for each in messages}
        named = {str(each.get("itemIdentifier") or "") for each in reported}
        return known if named - known else named

    async def _delete(self, message: Mapping[str, Any]) -> None:
        receipt = message["ReceiptHandle"]
        await self.aws.call("sqs", "DeleteMessage", QueueUrl=self.url, ReceiptHandle=receipt)

    async def _give_back(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        entries = [
            {"Id": str(index), "ReceiptHandle": each["ReceiptHandle"], "VisibilityTimeout": 0}
            for index, each in enumerate(self._out.values())
        ]
        for entry in entries:
            try:
                await self.aws.call(
                    "sqs", "ChangeMessageVisibilityBatch", QueueUrl=self.url, Entries=[entry]
                )
            except AwsError:
                continue

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        attributes = message.get("MessageAttributes", {})
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {name: _attribute(each) for name, each in attributes.items()},
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": self.mapped.source,
            "awsRegion": REGION,
        }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message attribute with Lambda's spelling."""
    small = {name[0].lower() + name[1:]: each for name, each in value.items()}
    return {"stringListValues": [], "binaryListValues": [], **small}


def batches(messages: Messages) -> list[Messages]:
    """Return what goes to the function together: all, but of a FIFO queue each group by itself."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for message in messages:
        group = message.get("Attributes", {}).get("MessageGroupId", "")
        groups.setdefault(group, []).append(message)
    return list(groups.values())
