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

import boto3
from boto3.dynamodb.types import TypeDeserializer
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from local.emulator import client_of
from local.harness import Running

ROOT = Path(__file__).parent / "toy"
STAGE = "toy"
SECONDS = 15
FIFO = frozenset({"Jobs", "DeadJobs"})
NAMED = frozenset({"Table", "Pairs", "Given"})
"""Resources that have the name of their stack before their own, as CloudFormation gives it."""

type Event = dict[str, Any]


@dataclass
class Toy:
    """The toy functions behind a gateway, which is known by its addresses alone.

    ``clients`` makes boto3 clients by service, and by endpoint where it is not the service's own;
    ``names`` returns what a resource of the toy template is called there.
    """

    websocket_url: str
    stage_url: str
    http_url: str
    management_url: str
    lambda_url: str | None
    clients: Callable[..., Any]
    names: Callable[[str], str]

    @cached_property
    def connections(self) -> Any:
        """Return a client of the management API."""
        return self.clients("apigatewaymanagementapi", endpoint=self.management_url)

    @cached_property
    def calls(self) -> Any:
        """Return a client of Lambda."""
        return self.clients("lambda", endpoint=self.lambda_url)

    @cached_property
    def table(self) -> Any:
        """Return a client of the table's service."""
        return self.clients("dynamodb")

    @cached_property
    def queues(self) -> Any:
        """Return a client of the queues' service."""
        return self.clients("sqs")

    @contextmanager
    def socket(
        self, *, url: str | None = None, protocols: Any = None, **case: str
    ) -> Iterator[ClientConnection]:
        """Open a WebSocket; ``case`` is its query string."""
        query = f"?{urlencode(case)}" if case else ""
        with connect(
            (url or self.websocket_url) + query,
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
            TableName=self.names("Table"),
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": partition}},
            ConsistentRead=True,
        )
        read = TypeDeserializer().deserialize
        return [{name: read(value) for name, value in item.items()} for item in found["Items"]]

    def put(self, partition: str, sort: str, **more: str) -> None:
        """Put an item into the table."""
        item = {"pk": partition, "sk": sort, **more}
        self.table.put_item(
            TableName=self.names("Table"), Item={k: {"S": v} for k, v in item.items()}
        )

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
        return str(self.queues.get_queue_url(QueueName=self.names(queue))["QueueUrl"])


def local_toy(running: Running) -> Toy:
    """Return the toy functions of a local run."""

    def client(service: str, *, endpoint: str | None = None, key: str | None = None) -> Any:
        if endpoint is None:
            return running.client(service)
        return client_of(service, endpoint, **({"aws_secret_access_key": key} if key else {}))

    return Toy(
        websocket_url=running.websocket_url,
        stage_url=f"{running.websocket_url.removesuffix('/ws')}/{STAGE}",
        http_url=running.http_url,
        management_url=f"{running.http_url}/{STAGE}",
        lambda_url=running.http_url,
        clients=client,
        names=_local_name,
    )


def _local_name(name: str) -> str:
    if name in FIFO:
        return f"wireside-{name}.fifo"
    return f"wireside-{name}" if name in NAMED else name


def deployed_toy(stack: str) -> Toy:
    """Return the toy functions of a stack in the account whose credentials are at hand.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackResources.html
    """
    session = boto3.Session()
    stacks = session.client("cloudformation")
    resources = stacks.describe_stack_resources(StackName=stack)["StackResources"]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in resources}
    host = f"execute-api.{session.region_name}.amazonaws.com"
    sockets = f"{ids['Sockets']}.{host}/{STAGE}"

    def client(service: str, *, endpoint: str | None = None, key: str | None = None) -> Any:
        more = {"aws_access_key_id": "AKIDOFNOBODY", "aws_secret_access_key": key} if key else {}
        return session.client(service, endpoint_url=endpoint, **more)

    return Toy(
        websocket_url=f"wss://{sockets}",
        stage_url=f"wss://{sockets}",
        http_url=f"https://{ids['Http']}.{host}",
        management_url=f"https://{sockets}",
        lambda_url=None,
        clients=client,
        names=lambda name: ids[name].rsplit("/", 1)[-1],
    )


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
