"""ministack, the stand-in for DynamoDB, SQS and S3: started, filled, stopped."""

import asyncio
import ctypes
import json
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.model import REGION
from local.stack import Stack

PR_SET_PDEATHSIG = 1
START_SECONDS = 20
HOST = "127.0.0.1"
COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("ministack.py")))
STOP_SECONDS = 10
CREDENTIALS = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}


def free_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def dying_with_parent(sent: signal.Signals) -> Callable[[], None]:
    """Return what a child does between fork and exec to get this signal when its parent ends.

    Only Linux can; elsewhere nothing happens.
    Source: https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
    """
    if sys.platform != "linux":
        return lambda: None
    parent, libc = os.getpid(), ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(sent))
        if os.getppid() != parent:
            os.kill(os.getpid(), sent)

    return ask


def _kept_port(state: Path) -> int:
    """Return the port of the last run, if it is free, else another one, and keep it."""
    kept = state / "port"
    before = kept.read_text(encoding="ascii") if kept.exists() else ""
    if before and _is_free(int(before)):
        return int(before)
    port = free_port()
    state.mkdir(parents=True, exist_ok=True)
    kept.write_text(str(port), encoding="ascii")
    queues = state / "sqs.json"
    if before and queues.exists():
        moved = queues.read_text(encoding="utf-8").replace(f"{HOST}:{before}/", f"{HOST}:{port}/")
        queues.write_text(moved, encoding="utf-8")
    return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # What a former run's connections have left behind does not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


@dataclass(slots=True)
class Emulator:
    """One ministack process. ``stop`` with SIGTERM makes it write its state to ``data``.

    It keeps its port from run to run: it knows its queues by their address.
    """

    data: Path
    port: int = field(init=False)
    _process: asyncio.subprocess.Process | None = None

    def __post_init__(self) -> None:
        """Choose the port."""
        self.port = _kept_port(self.data / "ministack")

    @property
    def process(self) -> asyncio.subprocess.Process:
        """Return the process, which must have been started."""
        assert self._process is not None
        return self._process

    @property
    def url(self) -> str:
        """Return where it answers."""
        return f"http://{HOST}:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it answers.

        Raises: RuntimeError when it does not within 20 s.
        """
        with (self.data / "ministack.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND,
                env=self.environment(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dying_with_parent(signal.SIGTERM),
                start_new_session=True,
            )
        await self._answering()

    def environment(self) -> dict[str, str]:
        """Return its whole environment. The names are those of ministack 1.5."""
        state = self.data.absolute() / "ministack"
        return {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(state),
            "TMPDIR": str(state),
            "BIND_HOST": HOST,
            "MINISTACK_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(state / "s3"),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            # It would look for containers of its own to remove.
            "DOCKER_HOST": f"unix://{state}/none",
            "LOG_LEVEL": "WARNING",
        }

    async def _answering(self) -> None:
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while asyncio.get_running_loop().time() < deadline:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, self.port)
                writer.close()
                return
            if self._process is not None and self._process.returncode is not None:
                break
            await asyncio.sleep(0.05)
        message = f"ministack did not start; see {self.data / 'ministack.log'}"
        raise RuntimeError(message)

    async def stop(self) -> None:
        """Let it write its state and end."""
        if self._process is None or self._process.returncode is not None:
            return
        self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), STOP_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def client(self, service: str) -> Any:
        """Return a boto3 client of one of its services."""
        return client_of(service, self.url)


def client_of(service: str, url: str, **credentials: str) -> Any:
    """Return a boto3 client of a service that answers at this address."""
    import boto3
    from botocore.config import Config

    make: Any = boto3.client  # its stubs know services by literal names alone
    return make(
        service,
        region_name=REGION,
        endpoint_url=url,
        config=Config(retries={"total_max_attempts": 3}, max_pool_connections=30),
        **(CREDENTIALS | credentials),
    )


def provision(emulator: Emulator, stack: Stack) -> None:
    """Make what the template declares and is not there yet. Secrets are not kept here."""
    _tables(emulator.client("dynamodb"), stack)
    _queues(emulator.client("sqs"), stack)
    _buckets(emulator.client("s3"), stack)


def _tables(dynamodb: Any, stack: Stack) -> None:
    there = set(dynamodb.list_tables()["TableNames"])
    for name, properties in stack.of_type("AWS::DynamoDB::Table").items():
        table = stack.names.table(name)
        if table in there:
            continue
        wanted: dict[str, Any] = {
            key: properties[key]
            for key in ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
            if key in properties
        }
        if "StreamSpecification" in properties:
            wanted["StreamSpecification"] = {
                "StreamEnabled": True,
                **properties["StreamSpecification"],
            }
        dynamodb.create_table(TableName=table, BillingMode="PAY_PER_REQUEST", **wanted)
        if ttl := properties.get("TimeToLiveSpecification"):
            # CloudFormation's own setting is ignored by ministack.
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=ttl)


QUEUE_ATTRIBUTES = (
    "FifoQueue",
    "ContentBasedDeduplication",
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "VisibilityTimeout",
)


def _queues(sqs: Any, stack: Stack) -> None:
    queues = stack.of_type("AWS::SQS::Queue")
    # Dead-letter queues first: the others name them.
    for name in sorted(queues, key=lambda each: "RedrivePolicy" in queues[each]):
        attributes = {
            key: str(queues[name][key]).lower() for key in QUEUE_ATTRIBUTES if key in queues[name]
        }
        if attributes.get("FifoQueue") == "false":
            del attributes["FifoQueue"]
        if redrive := queues[name].get("RedrivePolicy"):
            attributes["RedrivePolicy"] = json.dumps(redrive)
        _queue(sqs, stack.names.queue(name), attributes)


def _queue(sqs: Any, name: str, attributes: dict[str, str]) -> None:
    try:
        sqs.create_queue(QueueName=name, Attributes=attributes)
    except sqs.exceptions.QueueNameExists:
        # It is there from a former run, when the template said something else.
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        changed = {key: value for key, value in attributes.items() if key != "FifoQueue"}
        sqs.set_queue_attributes(QueueUrl=url, Attributes=changed)


def _buckets(s3: Any, stack: Stack) -> None:
    for name in stack.of_type("AWS::S3::Bucket"):
        with suppress(s3.exceptions.BucketAlreadyExists, s3.exceptions.BucketAlreadyOwnedByYou):
            s3.create_bucket(Bucket=stack.names.bucket(name))
