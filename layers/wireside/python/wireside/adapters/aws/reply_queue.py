"""The reply queue: SQS FIFO, one group for each assistant in each conversation."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from wireside.domain.errors import Unavailable
from wireside.domain.events import AssistantId, ConversationId
from wireside.domain.runs import Job


def to_body(job: Job) -> str:
    """Return a job as the queue carries it."""
    return json.dumps(
        {
            "conversation_id": job.conversation_id,
            "assistant_id": job.assistant_id,
            "seq": job.seq,
            "attempt": job.attempt,
        }
    )


def from_body(body: str) -> Job:
    """Return the job that the queue carried."""
    read = json.loads(body)
    return Job(
        conversation_id=ConversationId(read["conversation_id"]),
        assistant_id=AssistantId(read["assistant_id"]),
        seq=int(read["seq"]),
        attempt=int(read["attempt"]),
    )


@dataclass(slots=True)
class SqsJobQueue:
    """``ports.JobQueue`` on SQS. The client is made on first use, and called off the loop."""

    make_client: Callable[[], Any]
    queue_url: str
    _client: Any = None

    async def send(self, job: Job) -> None:
        """Send the job; SQS drops a repeat of the same attempt within five minutes.

        Raises: Unavailable.
        """
        await self._call(
            "send_message",
            MessageBody=to_body(job),
            MessageGroupId=f"{job.conversation_id}:{job.assistant_id}",
            MessageDeduplicationId=(
                f"{job.conversation_id}:{job.seq}:{job.assistant_id}:{job.attempt}"
            ),
        )

    async def extend(self, receipt: str, seconds: int) -> None:
        """Change the visibility of a received job, counted from now."""
        await self._call(
            "change_message_visibility", ReceiptHandle=receipt, VisibilityTimeout=seconds
        )

    async def _call(self, name: str, **arguments: Any) -> None:
        def call() -> None:
            if self._client is None:
                self._client = self.make_client()
            getattr(self._client, name)(QueueUrl=self.queue_url, **arguments)

        try:
            await asyncio.to_thread(call)
        except (ClientError, BotoCoreError) as error:
            message = "The reply queue does not answer."
            raise Unavailable(message) from error
