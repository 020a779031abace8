"""Event sources: queues and streams that Lambda polls for the functions.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.emulator import Emulator
from local.filters import passes
from local.runtime import FunctionError, Pool
from local.stack import REGION, Mapped, Stack

LONG_POLL_SECONDS = 2
PAUSE_SECONDS = 0.05
IDLE_SECONDS = 0.1
AFTER_ERROR_SECONDS = 0.5
MAX_AT_ONCE = 10
DEFAULT_RETRIES = 10_000

_threads = ThreadPoolExecutor(max_workers=16, thread_name_prefix="source")


async def _call(function: Callable[..., Any], **arguments: Any) -> Any:  # noqa: ANN401
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_threads, lambda: function(**arguments))


def _name(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


@dataclass(slots=True)
class QueueSource:
    """Polls a queue; of a FIFO queue, one batch of each message group is under way at a time."""

    mapped: Mapped
    emulator: Emulator
    pool: Pool
    _client: Any = None
    _url: str = ""
    _busy: set[str] = field(default_factory=set)
    _tasks: set["asyncio.Task[None]"] = field(default_factory=set)

    async def run(self) -> None:
        """Poll until cancelled."""
        self._client = self.emulator.client("sqs")
        found = await _call(self._client.get_queue_url, QueueName=_name(self.mapped.source))
        self._url = found["QueueUrl"]
        while True:
            if len(self._tasks) >= MAX_AT_ONCE:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            try:
                received = await self._receive()
            except (ClientError, BotoCoreError):
                await asyncio.sleep(AFTER_ERROR_SECONDS)
                continue
            for message in received:
                task = asyncio.create_task(self._hand_over([message]))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            if not received:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _receive(self) -> Sequence[Mapping[str, Any]]:
        answer = await _call(
            self._client.receive_message,
            QueueUrl=self._url,
            MaxNumberOfMessages=1,
            WaitTimeSeconds=LONG_POLL_SECONDS,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: Sequence[Mapping[str, Any]] = answer.get("Messages", [])
        return messages

    async def _hand_over(self, messages: Sequence[Mapping[str, Any]]) -> None:
        """Invoke the function; delete what it did not report as failed."""
        event = {"Records": [self._record(each) for each in messages]}
        try:
            answer = await self.pool.invoke(event)
        except FunctionError:
            return
        failures = (answer or {}).get("batchItemFailures", []) if self._reports() else []
        failed = {each.get("itemIdentifier") for each in failures}
        for message in messages:
            if message["MessageId"] not in failed:
                await _call(
                    self._client.delete_message,
                    QueueUrl=self._url,
                    ReceiptHandle=message["ReceiptHandle"],
                )

    def _reports(self) -> bool:
        return "ReportBatchItemFailures" in self.mapped.settings.get("FunctionResponseTypes", [])

    def _record(self, message: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": message.get("MessageAttributes", {}),
            "md5OfBody": message.get("MD5OfBody", ""),
            "eventSource": "aws:sqs",
            "eventSourceARN": self.mapped.source,
            "awsRegion": REGION,
        }


@dataclass(slots=True)
class StreamSource:
    """Follows a table's stream: in order, filtered, with retries, bisection and a last resort."""

    mapped: Mapped
    emulator: Emulator
    pool: Pool
    table: str
    _client: Any = None
    _followed: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    async def run(self) -> None:
        """Follow all shards until cancelled."""
        self._client = self.emulator.client("dynamodbstreams")
        tables = self.emulator.client("dynamodb")
        described = await _call(tables.describe_table, TableName=self.table)
        arn = described["Table"]["LatestStreamArn"]
        try:
            while True:
                await self._follow_new(arn)
                await asyncio.sleep(1)
        finally:
            for task in self._followed.values():
                task.cancel()

    async def _follow_new(self, arn: str) -> None:
        described = await _call(self._client.describe_stream, StreamArn=arn)
        for shard in described["StreamDescription"]["Shards"]:
            shard_id = shard["ShardId"]
            if shard_id not in self._followed:
                found = await _call(
                    self._client.get_shard_iterator,
                    StreamArn=arn,
                    ShardId=shard_id,
                    ShardIteratorType=self.mapped.settings.get("StartingPosition", "LATEST"),
                )
                task = asyncio.create_task(self._follow(arn, found["ShardIterator"]))
                self._followed[shard_id] = task

    async def _follow(self, arn: str, iterator: str | None) -> None:
        while iterator is not None:
            try:
                answer = await _call(
                    self._client.get_records,
                    ShardIterator=iterator,
                    Limit=int(self.mapped.settings.get("BatchSize", 100)),
                )
            except (ClientError, BotoCoreError):
                await asyncio.sleep(AFTER_ERROR_SECONDS)
                continue
            records = [_record(each, arn) for each in answer["Records"]]
            wanted = [each for each in records if passes(self.mapped.settings, each)]
            if wanted:
                await self._hand_over(wanted)
            iterator = answer.get("NextShardIterator")
            if not records:
                await asyncio.sleep(IDLE_SECONDS)

    async def _hand_over(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Invoke until it succeeds; split what fails; give up after the mapping's retries."""
        settings = self.mapped.settings
        retries = int(settings.get("MaximumRetryAttempts", DEFAULT_RETRIES))
        for attempt in range(retries + 1):
            try:
                answer = await self.pool.invoke({"Records": list(records)})
            except FunctionError:
                if settings.get("BisectBatchOnFunctionError") and len(records) > 1:
                    half = len(records) // 2
                    await self._hand_over(records[:half])
                    await self._hand_over(records[half:])
                    return
                await asyncio.sleep(min(5.0, 0.1 * 2**attempt))
                continue
            records = _from_first_failure(records, answer)
            if not records:
                return
        await self._give_up(records)

    async def _give_up(self, records: Sequence[Mapping[str, Any]]) -> None:
        destination = self.mapped.settings.get("DestinationConfig", {}).get("OnFailure", {})
        if arn := destination.get("Destination"):
            queues = self.emulator.client("sqs")
            found = await _call(queues.get_queue_url, QueueName=_name(arn))
            numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
            body = json.dumps(
                {
                    "requestContext": {"condition": "RetryAttemptsExhausted"},
                    "DDBStreamBatchInfo": {
                        "startSequenceNumber": numbers[0],
                        "endSequenceNumber": numbers[-1],
                        "batchSize": len(numbers),
                    },
                }
            )
            await _call(queues.send_message, QueueUrl=found["QueueUrl"], MessageBody=body)


def _record(record: Mapping[str, Any], arn: str) -> dict[str, Any]:
    """Return a stream record as Lambda delivers it."""
    change = dict(record["dynamodb"])
    created = change.get("ApproximateCreationDateTime")
    if created is not None and not isinstance(created, int | float):
        change["ApproximateCreationDateTime"] = created.timestamp()
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": change,
        "eventSourceARN": arn,
    }


def _from_first_failure(
    records: Sequence[Mapping[str, Any]], answer: Any  # noqa: ANN401 - a function's answer
) -> Sequence[Mapping[str, Any]]:
    failures = (answer or {}).get("batchItemFailures", []) if isinstance(answer, dict) else []
    failed = {each.get("itemIdentifier") for each in failures}
    for index, record in enumerate(records):
        if record["dynamodb"].get("SequenceNumber") in failed:
            return records[index:]
    return ()


def sources(
    stack: Stack, emulator: Emulator, pools: Mapping[str, Pool]
) -> list[QueueSource | StreamSource]:
    """Return a source for every mapping of the template."""
    tables = {stack.table_name(name) for name in stack.of_type("AWS::DynamoDB::Table")}
    found: list[QueueSource | StreamSource] = []
    for mapped in stack.mappings:
        pool = pools[mapped.function]
        if ":sqs:" in mapped.source:
            found.append(QueueSource(mapped, emulator, pool))
        else:
            table = mapped.source.split("table/", 1)[1].split("/", 1)[0]
            assert table in tables
            found.append(StreamSource(mapped, emulator, pool, table))
    return found
