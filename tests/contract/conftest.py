"""The same stores three times: in memory, on moto, on a real ministack process."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from moto import mock_aws

from tests.contract.dialects import DIALECTS, Dialect
from tests.contract.stores import Stores, in_memory, on_table

REGION = "eu-west-1"
READY_SECONDS = 20
POLL_SECONDS = 0.05
KINDS = ("memory", "moto", "ministack")


@pytest.fixture(params=KINDS)
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Yield an empty table of each kind."""
    match request.param:
        case "memory":
            yield in_memory()
        case "moto":
            with mock_aws():
                yield on_table("moto", client(endpoint=None))
        case _:
            yield on_table("ministack", client(request.getfixturevalue("ministack")))


@pytest.fixture(params=DIALECTS, ids=lambda each: each.name)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    """Return one provider's wire after the other."""
    known: Dialect = request.param
    return known


@pytest.fixture(autouse=True)
def role(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give what signs requests."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "example")


def client(endpoint: str | None) -> Any:
    """Return a client with credentials that open nothing."""
    return boto3.client(
        "dynamodb",
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(connect_timeout=1, read_timeout=10, retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Yield the address of a ministack process of this session."""
    folder = tmp_path_factory.mktemp("ministack")
    port = free_port()
    environment = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
    }
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=folder,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            wait_until_ready(process, endpoint, folder / "log")
            yield endpoint
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=READY_SECONDS)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, log: Path) -> None:
    """Return once DynamoDB answers; fail with what the process said."""
    dynamodb, deadline = client(endpoint), time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            dynamodb.list_tables()
        except BotoCoreError:
            time.sleep(POLL_SECONDS)
        else:
            return
    pytest.fail(f"ministack did not start:\n{log.read_text(errors='replace')}")
