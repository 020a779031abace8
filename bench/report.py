"""What the benchmarks print: one row for each thing measured, its budget beside it."""

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

WIDTHS = (58, 34, 30)


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement. ``kept`` is ``None`` where there is no budget: it is there to compare."""

    what: str
    measured: str
    budget: str = ""
    kept: bool | None = None

    def __str__(self) -> str:
        """Return the row as it is printed."""
        verdict = {None: "", True: "kept", False: "MISSED"}[self.kept]
        cells = zip((self.what, self.measured, self.budget), WIDTHS, strict=True)
        return " ".join([*(f"{text:<{width}}" for text, width in cells), verdict]).rstrip()


def title(name: str) -> None:
    """Print the head of a benchmark."""
    print(f"\n{name}", flush=True)


def show(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Print rows as they come; return them."""
    shown = []
    for row in rows:
        print(f"  {row}", flush=True)
        shown.append(row)
    return tuple(shown)


def machine() -> str:
    """Describe the machine in one line."""
    busy = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()} on {platform.machine()}, "
        f"{os.cpu_count()} cores, load {busy:.1f}"
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest value that at least so many percent of all do not exceed."""
    ordered = sorted(values)
    place = max(0, -(-len(ordered) * percent // 100) - 1)
    return ordered[int(place)]


def spread(values_ms: Sequence[float]) -> str:
    """Return p50, p95 and p99 in milliseconds."""
    parts = (percentile(values_ms, each) for each in (50, 95, 99))
    return "{:.1f} / {:.1f} / {:.1f} ms".format(*parts)


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)
