"""Thousands of short stories in which much goes wrong; nothing may be lost, doubled or left over.

A failing seed is printed. It is told again, alone and with all that is wrong, by
``SEED=123 pytest tests/simulation``. ``--soak`` tells many more, from ``SOAK_SEED`` on.
"""

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from tests.faults import fault
from tests.simulation.broken import (
    Careless,
    Contented,
    Guessing,
    skipping,
    telling_too_early,
    without_fences,
)
from tests.simulation.stories import tell
from tests.simulation.verdict import violations

ALONE = os.environ.get("SEED")
SEEDS = 1_000
SOAK_SEEDS = 4_000
BATCH = 50
FIRST_SOAK_SEED = int(os.environ.get("SOAK_SEED") or 1_000_000)
ENOUGH = 3


def told(seeds: Iterable[int]) -> list[str]:
    """Tell the stories of these seeds; return what is wrong with the first few wrong ones."""
    found: list[str] = []
    for seed in seeds:
        if wrong := violations(tell(seed)):
            found.append(f"seed {seed} fails: {wrong if ALONE else wrong[0]}")
        if len(found) >= ENOUGH:
            break
    return found


def batches(first: int, count: int) -> Sequence[int]:
    return [int(ALONE)] if ALONE else range(first, first + count, BATCH)


@fault(1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 22, 24, 25, 26, 27, 29, 30, 31, 34, 42)
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
        if any(broken in each for each in violations(tell(seed, **parts))):
            return
    pytest.fail("300 stories found nothing")
