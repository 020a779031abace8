"""The budgets that are counts: they hold on every machine. ``make bench`` prints the others."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT = """
from bench import list, search
from bench.room import Room
from bench.send import metered
from bench.stage import in_process, stage
with stage() as set_up, in_process(set_up):
    room = Room(set_up)
    room.enter("ana", "ben", "cleo")
    meter = metered(set_up, room)
    list.fill(set_up, [list.LARGEST])
    pages = [list.page(set_up, room, after=after) for after in (0, list.DEEP)]
    moved = list.bump(set_up)
    made = search.indexed(set_up, room, search.INDEX_FROM)
    search.fill(set_up, search.FEW, "sam")
    found = search.searched(set_up, room, "sam", search.word(1))
print(meter.dynamodb_calls, meter.write_units, meter.read_units, sum(meter.calls.values()))
for page in pages:
    print(page.calls, page.read_units)
print(moved.dynamodb_calls, moved.write_units)
print(made.calls, made.read_units, made.write_units)
print(found.found, found.calls, found.read_units)
"""


@pytest.fixture(scope="module")
def counted() -> Sequence[Sequence[float]]:
    """Return what is printed in a process of its own: a function's process is one for good."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/wireside/python'}"}
    done = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=ROOT, env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return [[*map(float, line.split())] for line in done.stdout.decode().splitlines()]


def test_a_send_to_two_listeners_keeps_its_budget_of_calls_and_units(
    counted: Sequence[Sequence[float]],
) -> None:
    calls, write_units, read_units, _ = counted[0]

    assert calls <= 5
    assert write_units <= 2
    assert read_units <= 6


def test_a_page_of_ten_thousand_conversations_costs_the_same_at_the_top_and_deep_in_the_list(
    counted: Sequence[Sequence[float]],
) -> None:
    top, deep, moved = counted[1:4]

    assert top == deep
    assert deep[0] <= 201
    assert deep[1] <= 250
    assert moved == [2, 2]


def test_indexing_a_message_and_finding_a_frequent_word_keep_their_budgets(
    counted: Sequence[Sequence[float]],
) -> None:
    made, searched = counted[4:]

    assert made == [3, 3, 1]
    assert searched[:2] == [20, 4]
    assert searched[2] <= 15
