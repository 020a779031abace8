"""The gateway's limits of a connection, compressed to seconds: its age, and its silence."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import pytest
from websockets.exceptions import ConnectionClosed

from local.harness import Running, local_run
from tests.faults import fault
from tests.integration.client import Client, connected

LIFETIME_SECONDS = 14
IDLE_SECONDS = 5
TOLERANCE_SECONDS = 1.5


@pytest.fixture(scope="module")
def short_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    variables = {
        "LOCAL_LIFETIME_SECONDS": str(LIFETIME_SECONDS),
        "LOCAL_IDLE_SECONDS": str(IDLE_SECONDS),
    }
    with local_run(tmp_path_factory.mktemp("short-lived"), variables) as started:
        yield started


async def lived(client: Client, *, ping_every_seconds: float | None) -> float:
    """Return for how many seconds more a connection lives, with pings or without."""
    since = time.monotonic()
    if ping_every_seconds is None:
        await client.socket.wait_closed()
    while client.socket.state.name == "OPEN" and ping_every_seconds is not None:
        try:
            await client.send("ping")
            await asyncio.wait_for(client.socket.wait_closed(), ping_every_seconds)
        except (ConnectionClosed, TimeoutError):
            continue
    return time.monotonic() - since


async def first(running: Running, name: str) -> None:
    with suppress(ConnectionClosed):
        async with connected(running, name):
            pass


@fault(18)
def test_pings_keep_a_silent_connection_until_after_it_was_told_to_rotate(
    short_lived: Running,
) -> None:
    async def story() -> None:
        # The first ones wait until functions have started; that may take longer than silence may.
        await asyncio.gather(*(first(short_lived, name) for name in ("ana", "ben")))
        async with (
            connected(short_lived, "ana", greet=False) as ana,
            connected(short_lived, "ben") as ben,
        ):
            welcome = await ana.ask("hello")
            pinging, silent = await asyncio.gather(
                lived(ana, ping_every_seconds=IDLE_SECONDS / 3),
                lived(ben, ping_every_seconds=None),
            )

        told, rotate_at = (
            datetime.fromisoformat(welcome[name]) for name in ("server_time", "rotate_at")
        )
        left_seconds = (rotate_at - told).total_seconds()
        assert silent < IDLE_SECONDS + TOLERANCE_SECONDS
        assert IDLE_SECONDS * 2 < left_seconds < pinging < LIFETIME_SECONDS + TOLERANCE_SECONDS
        assert left_seconds <= LIFETIME_SECONDS * 0.9

    asyncio.run(story())
