"""What a function's package weighs with its layers, unzipped, as ``make build`` made it."""

from collections.abc import Iterator
from pathlib import Path

from bench.report import Row
from bench.stage import ROOT

BUILT = ROOT / ".aws-sam" / "build"
MAX_MEGABYTES = 60
MEGABYTE = 1_000_000


def weight(directory: Path) -> int:
    """Return the bytes of all files in a directory."""
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def rows() -> Iterator[Row]:
    """Weigh."""
    if not BUILT.is_dir():
        yield Row("nothing is built; run make build first", "")
        return
    layers = {path.name: weight(path) for path in BUILT.glob("*Layer")}
    functions = {path.name: weight(path) for path in BUILT.glob("*Function")}
    for name, size in sorted(layers.items()):
        yield Row(name, f"{size / MEGABYTE:.2f} MB")
    most = max(functions, key=functions.__getitem__)
    total = (functions[most] + sum(layers.values())) / MEGABYTE
    yield Row(
        f"the largest function, {most}, with its layers",
        f"{total:.1f} MB",
        f"<= {MAX_MEGABYTES} MB",
        total <= MAX_MEGABYTES,
    )
