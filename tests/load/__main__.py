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
from tests.load.scenes import Crowd, Scene, at_once, play, steadily

FILES = 8_192
SECONDS = 30
VARIABLES = {"LOCAL_TIMES": "1", "LOCAL_PARAMETERS": "MaxParticipants=500"}


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


WHOLE = ("rooms", "race", "hall", "split")


def _scene(name: str, rate: float) -> tuple[str, Crowd, Scene]:
    """Return a scene's title, who is in it, and what they do."""
    match name:
        case "rooms":
            title = f"rooms of 5, {rate:g} messages/s for {SECONDS} s"
            return title, Crowd(200, 5), steadily(round(SECONDS * rate), rate)
        case "race":
            return "100 people send at once, three times", Crowd(1, 100), at_once(3)
        case "hall":
            return "one room of 300, one message/s", Crowd(1, 300), steadily(SECONDS, 1)
        case "split":
            return "one room of 350, told in two groups", Crowd(1, 350), steadily(SECONDS, 1)
        case "few":
            return "10 rooms of 5, 5 messages/s", Crowd(10, 5), steadily(100, 5)
    message = f"no such scene: {name}; there are {', '.join((*WHOLE, 'few'))}"
    raise SystemExit(message)


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
    parser.add_argument("--rate", type=float, default=50, help="messages/s among the rooms")
    asked = parser.parse_args()
    _with_room_for_files()
    say(machine())
    sound = [_played(name, asked.rate) for name in asked.scenes]
    return 0 if all(sound) else 1


def _played(name: str, rate: float) -> bool:
    title, crowd, scene = _scene(name, rate)
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
