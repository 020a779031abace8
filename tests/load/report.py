"""What a run under load took: memory, and the time that was ministack's."""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.report import spread
from local.harness import Running
from tests.load.scenes import Played

KIB = 1024
TICKS = os.sysconf("SC_CLK_TCK")
LEAST_MS = 0.05


def told(played: Played) -> Iterator[str]:
    """Yield the lines of a scene."""
    book = played.book
    yield f"{played.name}: {played.people} connections, {played.sent} messages"
    yield f"  send until echo, p50/p95/p99        {spread(book.echo_ms)}"
    yield f"  send until the others have it       {spread(book.others_ms)}"
    yield f"  lost {played.lost}, twice {played.twice}, errors {dict(Counter(book.errors))}"
    yield (
        f"  sent again {book.retries}, connected again {book.reconnects}, "
        f"gaps mended {book.syncs}, repeats dropped {book.repeats}"
    )


def memory(running: Running) -> Iterator[str]:
    """Yield how much memory every kind of process holds."""
    held: dict[str, list[int]] = defaultdict(list)
    for pid in _children(running.process.pid):
        held[_kind(pid)].append(_resident_mb(pid))
    yield f"  memory: gateway {_resident_mb(running.process.pid)} MB"
    for kind, sizes in sorted(held.items()):
        yield f"    {kind}: {len(sizes)} of up to {max(sizes)} MB, together {sum(sizes)} MB"


def cpu(running: Running) -> Mapping[str, float]:
    """Return how many seconds of CPU every kind of process has taken so far."""
    taken: dict[str, float] = defaultdict(float)
    taken["gateway"] = _cpu_seconds(running.process.pid)
    for pid in _children(running.process.pid):
        taken[_kind(pid)] += _cpu_seconds(pid)
    return taken


def costs(before: Mapping[str, float], after: Mapping[str, float], messages: int) -> Iterator[str]:
    """Yield what a message took of the machine's cores: that is so however busy it is."""
    spent = {
        kind: (seconds - before.get(kind, 0)) * 1_000 / messages for kind, seconds in after.items()
    }
    yield f"  CPU a message: {sum(spent.values()):.1f} ms, of which"
    for kind, each_ms in sorted(spent.items(), key=lambda item: -item[1]):
        if each_ms >= LEAST_MS:
            yield f"    {kind}: {each_ms:.1f} ms"


type Sums = dict[str, Counter[str]]


def times(running: Running) -> Sums:
    """Return what the functions have written of their times so far, by function."""
    sums: Sums = defaultdict(Counter)
    for path in (running.data / "times").glob("*.json"):
        told = json.loads(path.read_text(encoding="ascii"))
        sums[told.pop("function")].update(told)
    return sums


def shares(before: Sums, after: Sums) -> Iterator[str]:
    """Yield how much of the functions' time was spent in calls of ministack."""
    yield "  time in functions, by the clock on the wall, and what of it was ministack's"
    for name, total in sorted(after.items()):
        spent = {key: value - before.get(name, Counter())[key] for key, value in total.items()}
        if count := spent["invocations"]:
            yield (
                f"    {name}: {count} calls, {spent['seconds'] / count * 1_000:.1f} ms each, "
                f"in {spent['calls'] / count:.1f} calls of ministack "
                f"{spent['call_seconds'] / count * 1_000:.1f} ms"
            )


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(each) for each in text.split()]


def _kind(pid: int) -> str:
    parts = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    if "ministack" in parts:
        return "ministack"
    return Path(f"/proc/{pid}/cwd").resolve().name


def _cpu_seconds(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def _resident_mb(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // KIB
    return 0
