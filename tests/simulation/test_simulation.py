"""Thousands of short stories in which much goes wrong; nothing may be lost, doubled or left over.

A failing seed is printed. It is told again, alone and with all that is wrong, by
``SEED=123 pytest tests/simulation``. ``--soak`` tells many more, from ``SOAK_SEED`` on.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from tests.faults import fault
from tests.simulation.client import Client
from tests.simulation.rooms import Room, Write
from tests.simulation.stories import tell
from tests.simulation.weather import INVOCATION
from tests.simulation.world import Simulation
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.runs import MemoryRuns
from wireside.domain.changes import Change, Outcome, SettleRun, Stored
from wireside.domain.events import ConversationId, Event
from wireside.domain.runs import Job, Run
from wireside.services.runs import Settled

ALONE = os.environ.get("SEED")
SEEDS = 1_000
SOAK_SEEDS = 12_000
BATCH = 50
FIRST_SOAK_SEED = int(os.environ.get("SOAK_SEED") or 1_000_000)
ENOUGH = 3


def told(seeds: Iterable[int]) -> list[str]:
    """Tell the stories of these seeds; return what is wrong with the first few wrong ones."""
    found: list[str] = []
    for seed in seeds:
        if wrong := tell(seed).violations():
            found.append(f"seed {seed} fails: {wrong if ALONE else wrong[0]}")
        if len(found) >= ENOUGH:
            break
    return found


def batches(first: int, count: int) -> Sequence[int]:
    return [int(ALONE)] if ALONE else range(first, first + count, BATCH)


@fault(1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 22, 24, 26, 27, 29, 30)
@pytest.mark.parametrize("first", batches(0, SEEDS))
def test_no_story_loses_doubles_disorders_or_leaves_anything_over(first: int) -> None:
    found = told([first] if ALONE else range(first, first + BATCH))

    assert not found, "\n".join(found)


@pytest.mark.soak
@pytest.mark.parametrize("first", batches(FIRST_SOAK_SEED, SOAK_SEEDS))
def test_no_story_of_many_more_does_either(first: int) -> None:
    found = told([first] if ALONE else range(first, first + BATCH))

    assert not found, "\n".join(found)


# ---------------------------------------------------------------------- it can be replayed

DIGEST = """
from tests.simulation.test_simulation import digest
print(digest(range(7)))
"""


def digest(seeds: Iterable[int]) -> str:
    """Return a fingerprint of every frame of these stories and of its moment."""
    frames = [tell(seed).gateway.posted for seed in seeds]
    return hashlib.sha256(repr(frames).encode()).hexdigest()


def test_a_seed_tells_the_same_story_in_every_process() -> None:
    environment = {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONHASHSEED": "7",
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
    }
    ran = subprocess.run(
        [sys.executable, "-c", DIGEST], env=environment, capture_output=True, text=True, check=True
    )

    assert ran.stdout.strip() == digest(range(7))


# ---------------------------------------------------------------------- it finds what is broken


class BehindLog(MemoryLog):
    """Says that an event is stored, and stores it a moment later, if nothing comes in between."""

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        log = self.store.log(conversation_id)
        if changes or event.seq <= len(log):
            return await super().commit(conversation_id, event, changes)
        process = INVOCATION.get()

        def store() -> None:
            if event.seq == len(log) + 1 and not (process and process.dead):
                log.append(event)

        asyncio.get_running_loop().call_later(0.05, store)
        return Stored()


class Careless(Simulation):
    """Its jobs are deleted, settled or not."""

    async def settle(self, job: Job, receipt: str) -> Settled:
        await super().settle(job, receipt)
        return Settled.DELETE


class FencelessLog(MemoryLog):
    """Takes every outcome, whoever holds the run."""

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        log = self.store.log(conversation_id)
        settles = any(isinstance(each, SettleRun) for each in changes)
        if settles and event.seq == len(log) + 1:
            log.append(event)
            return Stored()
        return await super().commit(conversation_id, event, changes)


class FencelessRuns(MemoryRuns):
    """Lets everybody go on."""

    async def checkpoint(self, conversation_id: ConversationId, run: Run, **fields: Any) -> bool:
        await super().checkpoint(conversation_id, run, **fields)
        return True


def telling_too_early(port: Any) -> Any:
    return BehindLog(port.store) if isinstance(port, MemoryLog) else port


def without_fences(port: Any) -> Any:
    match port:
        case MemoryLog():
            return FencelessLog(port.store)
        case MemoryRuns():
            return FencelessRuns(port.store)
        case _:
            return port


class SkippingLog(MemoryLog):
    """Leaves out an event where there are several."""

    async def after(
        self, conversation_id: ConversationId, seq: int, *, limit: int
    ) -> tuple[Event, ...]:
        found = await super().after(conversation_id, seq, limit=limit)
        return found[1:] if len(found) > 1 else found


def skipping(port: Any) -> Any:
    return SkippingLog(port.store) if isinstance(port, MemoryLog) else port


class Guessing(Client):
    """Raises ``after_seq`` to what it has heard of, read or not."""

    async def _attempt(self, room: Room, write: Write) -> None:
        if "after_seq" in write.frame:
            write.frame["after_seq"] = max(room.head, room.view.held)
        await super()._attempt(room, write)


class Contented(Client):
    """Does not mind gaps."""

    async def _sync(self, room: Room) -> None:
        room.head = room.view.held
        room.view.ahead.clear()


@pytest.mark.parametrize(
    ("parts", "broken"),
    [
        ({"swap": telling_too_early}, "I1"),
        ({"client": Guessing}, "I1"),
        ({"kind": Careless}, "I6"),
        ({"swap": without_fences}, "I6"),
        ({"swap": skipping}, "never settled"),
        ({"client": Contented}, "never settled"),
    ],
)
def test_the_stories_find_what_is_broken(parts: dict[str, Any], broken: str) -> None:
    for seed in range(300):
        if any(broken in each for each in tell(seed, **parts).violations()):
            return
    pytest.fail("300 stories found nothing")
