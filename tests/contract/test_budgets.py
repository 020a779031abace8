"""The budgets that are counts: they hold on every machine. ``make bench`` prints the others."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
COUNT = """
from bench.room import Room
from bench.send import metered
from bench.stage import in_process, stage
with stage() as set_up, in_process(set_up):
    room = Room(set_up)
    room.enter("ana", "ben", "cleo")
    meter = metered(set_up, room)
print(meter.dynamodb_calls, meter.write_units, meter.read_units, sum(meter.calls.values()))
"""


def test_a_send_to_two_listeners_keeps_its_budget_of_calls_and_units() -> None:
    """In a process of its own, because a function's process is one for good."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/wireside/python'}"}

    counted = subprocess.run(
        [sys.executable, "-c", COUNT], cwd=ROOT, env=environment, capture_output=True, check=True
    )

    calls, write_units, read_units, _ = map(float, counted.stdout.decode().split())
    assert calls <= 5
    assert write_units <= 2
    assert read_units <= 6
