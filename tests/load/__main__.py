"""``make load``: crowds against the local run, from a process of their own.

Counts are asserted: nothing lost, nothing twice, less than 1 % of errors. Times are printed.
"""

import argparse
import asyncio
import resource
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench.report import machine
from local.harness import local_run
from tests.load.report import Sums, costs, cpu, memory, shares, times, told
from tests.load.scenes import Crowd, at_once, play, steadily

FILES = 8_192
VARIABLES = {"LOCAL_TIMES": "1", "LOCAL_PARAMETERS": "MaxParticipants=500"}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


SCENES = {
    "few": ("10 rooms of 5, 5 messages/s", Crowd(10, 5), steadily(100, 5)),
    "rooms": ("rooms of 5, 50 messages/s", Crowd(200, 5), steadily(1_500, 50)),
    "race": ("100 people send at once, three times", Crowd(1, 100), at_once(3)),
    "hall": ("one room, one message/s", Crowd(1, 300), steadily(30, 1)),
    "split": ("one room, split fan-out, one message/s", Crowd(1, 350), steadily(30, 1)),
}

WHOLE = ("rooms", "race", "hall", "split")


def _with_room_for_files() -> None:
    """Let this process, and the local run as its child, have a socket for everybody."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> int:
    """Play every scene in a local run of its own; return whether all were sound."""
    parser = argparse.ArgumentParser(prog="tests.load")
    parser.add_argument("scenes", nargs="*", default=WHOLE, metavar="SCENE")
    asked = parser.parse_args()
    _with_room_for_files()
    say(machine())
    sound = [_played(name) for name in asked.scenes]
    return 0 if all(sound) else 1


def _played(name: str) -> bool:
    title, crowd, scene = SCENES[name]
    before: list[tuple[Sums, Mapping[str, float]]] = []
    with tempfile.TemporaryDirectory() as data, local_run(Path(data), VARIABLES) as running:

        def on_ready() -> None:
            before.append((times(running), cpu(running)))

        played = asyncio.run(play(title, running, crowd, scene, on_ready=on_ready))
        ((times_before, cpu_before),) = before
        for line in (
            *told(played),
            *costs(cpu_before, cpu(running), played.sent),
            *shares(times_before, times(running)),
            *memory(running),
        ):
            say(line)
    say("  sound" if played.is_sound else "  NOT SOUND")
    return played.is_sound


if __name__ == "__main__":
    sys.exit(main())
