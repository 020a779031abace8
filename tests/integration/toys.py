"""What the tests of the gateway do with the functions in ``toy/``."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from boto3.dynamodb.types import TypeDeserializer
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.harness import Running

ROOT = Path(__file__).parent / "toy"
STAGE = "toy"
SECONDS = 15
TABLE = "wireside-Table"

type Event = dict[str, Any]


@dataclass
class Toy:
    """The toy functions behind a gateway, which is known by its address alone."""

    running: Running

    @cached_property
    def connections(self) -> Any:
        """Return a client of the management API."""
        return self.running.management(STAGE)

    @cached_property
    def table(self) -> Any:
        """Return a client of the table's service."""
        return self.running.client("dynamodb")

    @cached_property
    def queues(self) -> Any:
        """Return a client of the queues' service."""
        return self.running.client("sqs")

    @contextmanager
    def socket(
        self, *, path: str = "/ws", protocols: Any = None, **case: str
    ) -> Iterator[ClientConnection]:
        """Open a WebSocket; ``case`` is its query string."""
        address = self.running.websocket_url.removesuffix("/ws") + path
        query = f"?{urlencode(case)}" if case else ""
        with connect(
            address + query,
            subprotocols=protocols,
            compression=None,
            ping_interval=None,
            max_size=None,
        ) as socket:
            yield socket

    def refusal(self, **case: str) -> int:
        """Return the status with which a handshake is refused."""
        try:
            with self.socket(**case):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    def items(self, partition: str) -> list[Event]:
        """Return a partition of the table."""
        found = self.table.query(
            TableName=TABLE,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        read = TypeDeserializer().deserialize
        return [{name: read(value) for name, value in item.items()} for item in found["Items"]]

    def put(self, partition: str, sort: str, **more: str) -> None:
        """Put an item into the table."""
        item = {"pk": partition, "sk": sort, **more}
        self.table.put_item(TableName=TABLE, Item={k: {"S": v} for k, v in item.items()})

    def send(
        self, queue: str, case: str, *jobs: Mapping[str, Any], group: str | None = None
    ) -> None:
        """Put jobs into a queue; ids are unique within their case."""
        url = self.queue_url(queue)
        for job in jobs:
            fifo = (
                {"MessageGroupId": group, "MessageDeduplicationId": f"{case}{job['id']}"}
                if group
                else {}
            )
            self.queues.send_message(
                QueueUrl=url, MessageBody=json.dumps({"case": case, **job}), **fifo
            )

    def queue_url(self, queue: str) -> str:
        """Return a queue's address."""
        return str(self.queues.get_queue_url(QueueName=queue)["QueueUrl"])


def until[T](
    look: Callable[[], T], enough: Callable[[T], bool] = bool, seconds: float = SECONDS
) -> T:
    """Look until it is enough.

    Raises: AssertionError with the last look, after ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while not enough(found := look()):
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


def ask(socket: ClientConnection, **message: Any) -> Event:
    """Send a message; return what comes back next."""
    socket.send(json.dumps(message))
    return hear(socket)


def hear(socket: ClientConnection) -> Event:
    """Return the next message."""
    heard: Event = json.loads(socket.recv(timeout=SECONDS))
    return heard
