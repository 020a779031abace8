"""One event to many listeners: CPU and time for each, beside boto3 in the same run."""

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from bench.report import Row, median
from bench.stub import posts_at, stub

if TYPE_CHECKING:
    from wireside.adapters.aws.lines import ManagementLines
    from wireside.services.delivery import Delivery

LISTENERS = (100, 1_000)
BOTO3_LISTENERS = 300
ROUNDS = 7
THREADS = 20
MAX_CPU_MS = 0.2
TIMES_LESS = 5
SERVICE_MS = 8
FRAME = b'{"type":"event","text":"' + b"x" * 600 + b'"}'
REGION = "us-east-1"


def _delivery(address: str) -> "tuple[Delivery, ManagementLines]":
    """Return the fan-out, with what it needs to post and no store."""
    from wireside.adapters.aws.lines import ManagementLines
    from wireside.adapters.aws.sigv4 import Credentials, Scope, Signer
    from wireside.adapters.memory.connections import MemoryConnections
    from wireside.adapters.memory.conversations import MemoryConversations
    from wireside.adapters.memory.store import MemoryStore
    from wireside.adapters.system import SystemClock
    from wireside.services.delivery import Delivery

    store = MemoryStore()
    signer = Signer(Scope(REGION, "execute-api"), lambda: Credentials("key", "secret", "token"))
    lines = ManagementLines(f"{address}/live", signer)
    delivery = Delivery(MemoryConversations(store), MemoryConnections(store), lines, SystemClock())
    return delivery, lines


def ours(address: str, listeners: int) -> tuple[float, float]:
    """Return CPU and time of one fan-out in milliseconds, medians."""
    from wireside.domain.events import ConnectionId

    to = [ConnectionId(f"L{number:011d}=") for number in range(listeners)]
    delivery, lines = _delivery(address)

    async def rounds() -> tuple[float, float]:
        cpu_ms, wall_ms = [], []
        await delivery.post(to, FRAME)  # opens the connections
        for _ in range(ROUNDS):
            cpu, wall = time.process_time(), time.perf_counter()
            await delivery.post(to, FRAME)
            cpu_ms.append((time.process_time() - cpu) * 1_000)
            wall_ms.append((time.perf_counter() - wall) * 1_000)
        lines.close()
        return median(cpu_ms), median(wall_ms)

    posts = posts_at(address)
    measured = asyncio.run(rounds())
    assert posts_at(address) - posts == listeners * (ROUNDS + 1)
    return measured


def boto3s(address: str, listeners: int) -> tuple[float, float]:
    """Return the same of boto3's ``post_to_connection``, in threads."""
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "apigatewaymanagementapi",
        region_name=REGION,
        endpoint_url=f"{address}/live",
        aws_access_key_id="key",
        aws_secret_access_key="secret",  # noqa: S106 - opens nothing
        config=Config(max_pool_connections=THREADS),
    )

    def post(number: int) -> None:
        client.post_to_connection(ConnectionId=f"L{number:011d}=", Data=FRAME)

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(post, range(THREADS)))
        cpu, wall = time.process_time(), time.perf_counter()
        list(threads.map(post, range(listeners)))
        return (time.process_time() - cpu) * 1_000, (time.perf_counter() - wall) * 1_000


def rows() -> Iterator[Row]:
    """Measure, with a stand-in that answers after 8 ms."""
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    with stub(SERVICE_MS) as address:
        boto_cpu, boto_wall = boto3s(address, BOTO3_LISTENERS)
        for listeners in LISTENERS:
            cpu, wall = ours(address, listeners)
            each = cpu / listeners
            yield Row(
                f"CPU a listener, of {listeners}",
                f"{each:.3f} ms",
                f"<= {MAX_CPU_MS} ms",
                each <= MAX_CPU_MS,
            )
            yield Row("  all of them", f"{cpu:.0f} ms CPU, {wall:.0f} ms")
        theirs = boto_cpu / BOTO3_LISTENERS
        yield Row(f"boto3 in {THREADS} threads, CPU a listener", f"{theirs:.3f} ms")
        yield Row(f"  all {BOTO3_LISTENERS} of them", f"{boto_cpu:.0f} ms CPU, {boto_wall:.0f} ms")
        yield Row(
            "boto3's CPU against ours",
            f"{theirs / each:.1f} times",
            f">= {TIMES_LESS} times",
            theirs / each >= TIMES_LESS,
        )
