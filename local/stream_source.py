"""Lambda's follower of a table's stream.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local.aws import Aws, AwsError
from local.filters import passes
from local.invocation import FunctionError
from local.model import ACCOUNT, REGION, Mapped
from local.runtime import Pool

IDLE_PAUSE_SECONDS = 0.1
BUSY_PAUSE_SECONDS = 0.03
AFTER_ERROR_SECONDS = 0.5
FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0
DEFAULT_BATCH = 100

type Record = Mapping[str, Any]


@dataclass(slots=True)
class StreamSource:
    """Follows a table's one shard: in order, filtered, with retries, bisection and a last resort.

    ``failures`` is the queue that learns of what was given up, if there is one.
    """

    mapped: Mapped
    aws: Aws
    table: str
    failures: str | None
    pool: Pool
    is_busy: Callable[[], bool]
    _arn: str = ""
    _shard: str = ""
    _last: str = ""

    async def run(self) -> None:
        """Follow until cancelled."""
        iterator = ""
        while True:
            try:
                iterator = iterator or await self._iterator()
                answer = await self.aws.call(
                    "streams", "GetRecords", ShardIterator=iterator, Limit=self._batch_size()
                )
            except AwsError:
                # An iterator expires, for one: begin again after the last record.
                iterator = ""
                await asyncio.sleep(AFTER_ERROR_SECONDS)
                continue
            await self._take(answer["Records"])
            iterator = answer.get("NextShardIterator") or ""
            if not answer["Records"]:
                await asyncio.sleep(BUSY_PAUSE_SECONDS if self.is_busy() else IDLE_PAUSE_SECONDS)

    def _batch_size(self) -> int:
        return int(self.mapped.settings.get("BatchSize", DEFAULT_BATCH))

    async def _iterator(self) -> str:
        described = await self.aws.call("dynamodb", "DescribeTable", TableName=self.table)
        self._arn = described["Table"]["LatestStreamArn"]
        stream = await self.aws.call("streams", "DescribeStream", StreamArn=self._arn)
        self._shard = stream["StreamDescription"]["Shards"][0]["ShardId"]
        place = {"ShardIteratorType": self.mapped.settings["StartingPosition"]}
        if self._last:
            place = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last}
        found = await self.aws.call(
            "streams", "GetShardIterator", StreamArn=self._arn, ShardId=self._shard, **place
        )
        return str(found["ShardIterator"])

    async def _take(self, found: Sequence[Record]) -> None:
        records = [{**each, "eventSourceARN": self._arn, "awsRegion": REGION} for each in found]
        wanted = [each for each in records if passes(self.mapped.settings, each)]
        if wanted:
            await self._hand_over(wanted)
        if records:
            self._last = _number(records[-1])

    async def _hand_over(self, records: Sequence[Record]) -> None:
        """Invoke until it succeeds; split what fails; give up after the mapping's retries."""
        attempt = 0
        while records:
            if self._is_too_old(records[-1]):
                await self._give_up(records, "RecordAgeExceeded", attempt)
                return
            attempt += 1
            records = await self._attempt(records)
            if records and self._is_last(attempt):
                await self._give_up(records, "RetryAttemptsExhausted", attempt)
                return
            if records:
                pause = FIRST_RETRY_SECONDS * 2 ** min(attempt - 1, 10)
                await asyncio.sleep(min(LONGEST_RETRY_SECONDS, pause))

    async def _attempt(self, records: Sequence[Record]) -> Sequence[Record]:
        """Invoke once; return what is still to be done, having split it if the mapping says so."""
        try:
            answer = await self.pool.invoke({"Records": list(records)})
        except FunctionError:
            left, is_split = records, len(records) > 1
        else:
            left = self._from_first_failure(records, answer)
            is_split = bool(left) and len(left) < len(records)
        if left and is_split and self.mapped.settings.get("BisectBatchOnFunctionError"):
            half = len(left) // 2 or 1
            await self._hand_over(left[:half])
            await self._hand_over(left[half:])
            return ()
        return left

    def _from_first_failure(self, records: Sequence[Record], answer: object) -> Sequence[Record]:
        if "ReportBatchItemFailures" not in self.mapped.settings.get("FunctionResponseTypes", []):
            return ()
        reported = (answer or {}).get("batchItemFailures") or [] if isinstance(answer, dict) else []
        failed = {str(each.get("itemIdentifier") or "") for each in reported}
        if not failed <= {_number(each) for each in records}:
            return records
        places = [index for index, each in enumerate(records) if _number(each) in failed]
        return records[places[0] :] if places else ()

    def _is_last(self, attempt: int) -> bool:
        retries = int(self.mapped.settings.get("MaximumRetryAttempts", -1))
        return 0 <= retries < attempt

    def _is_too_old(self, record: Record) -> bool:
        most = int(self.mapped.settings.get("MaximumRecordAgeInSeconds", -1))
        return 0 <= most < time.time() - _created(record)

    async def _give_up(self, records: Sequence[Record], condition: str, attempts: int) -> None:
        """Tell the failure queue where the records are. What they hold stays in the stream."""
        self.pool.place.say(
            f"{self.pool.function.name}: gave up {len(records)} records: {condition}"
        )
        if self.failures is None:
            return
        body = json.dumps(self._failure(records, condition, attempts))
        try:
            await self.aws.call("sqs", "SendMessage", QueueUrl=self.failures, MessageBody=body)
        except AwsError as error:
            self.pool.place.say(f"{self.pool.function.name}: its failure queue: {error.code}")

    def _failure(self, records: Sequence[Record], condition: str, attempts: int) -> dict[str, Any]:
        return {
            "requestContext": {
                "requestId": str(records[0].get("eventID", "")),
                "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.mapped.function}",
                "condition": condition,
                "approximateInvokeCount": attempts,
            },
            "responseContext": {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            },
            "version": "1.0",
            "timestamp": _moment(time.time()),
            "DDBStreamBatchInfo": {
                "shardId": self._shard,
                "startSequenceNumber": _number(records[0]),
                "endSequenceNumber": _number(records[-1]),
                "approximateArrivalOfFirstRecord": _moment(_created(records[0])),
                "approximateArrivalOfLastRecord": _moment(_created(records[-1])),
                "batchSize": len(records),
                "streamArn": self._arn,
            },
        }


def _number(record: Record) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _created(record: Record) -> float:
    return float(record["dynamodb"].get("ApproximateCreationDateTime", time.time()))


def _moment(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
