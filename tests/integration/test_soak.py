"""The local run, started, filled, stopped or killed, many times over the same state."""

import asyncio
import contextlib
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.harness import Running, start
from tests.integration.client import Client, Frame, connected, create, request
from tests.integration.processes import workers

ROUNDS = 12
MESSAGES = 15
TRIES = 4
SEED = int(os.environ.get("SOAK_SEED") or time.time())

type Upset = Callable[[Running], None]


async def say(client: Client, head: int, **fields: str) -> Frame:
    """Send as the protocol says: the same frame again after 5 s without an answer, or an error."""
    for _ in range(TRIES):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                answer = await client.ask("send", after_seq=head, **fields)
                if answer["type"] == "event":
                    return answer
    message = f"{fields['client_id']} was never acknowledged"
    raise AssertionError(message)


async def talk(running: Running, room: str, stem: str, upset: Upset) -> list[str]:
    """Send messages, upset the system in the middle; return what was acknowledged: all of it."""
    sent = [f"{stem}-{index}" for index in range(MESSAGES)]
    async with connected(running, "ana") as ana:
        head = (await ana.enter(room))["head"]
        for index, client_id in enumerate(sent):
            if index == MESSAGES // 2:
                upset(running)
            fields = {"conversation_id": room, "client_id": client_id, "text": client_id}
            head = (await say(ana, head, **fields))["event"]["seq"]
    return sent


async def log_of(running: Running, room: str) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while True:
        path = f"/v1/conversations/{room}/events?after_seq={len(events)}&limit=300"
        _, page = await request(running, "GET", path, "ana")
        events += page["events"]
        if not page["events"]:
            return events


def leave_alone(_running: Running) -> None:
    """Upset nothing."""


@pytest.mark.soak
def test_what_was_acknowledged_survives_every_stop_and_every_kill(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    stored: list[str] = []
    room = ""

    def kill_a_worker(running: Running) -> None:
        os.kill(chance.choice(workers(running)), signal.SIGKILL)

    for number in range(ROUNDS):
        running = start(tmp_path)
        room = room or asyncio.run(create(running, "ana", policy="off"))
        upset = chance.choice([leave_alone, kill_a_worker])
        stored += asyncio.run(talk(running, room, f"r{number}", upset))

        events = asyncio.run(log_of(running, room))
        ids = [event["client_id"] for event in events]
        print(f"round {number}: {upset.__name__}, {len(stored)} acknowledged, {len(ids)} stored")
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        assert len(set(ids)) == len(ids)
        assert set(stored) <= set(ids)

        if chance.random() < 0.5:
            running.process.kill()
            running.process.wait()
        else:
            assert running.stop() == 0
