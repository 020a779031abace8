"""Replaces the workers of functions whose source has changed."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from local.model import Function
from local.runtime import Pool
from local.stack import Stack

EVERY_SECONDS = 0.5


def newest(folders: Iterable[Path]) -> int:
    """Return when the newest Python file of these folders was changed, in nanoseconds."""
    times = [
        path.stat().st_mtime_ns
        for folder in folders
        for path in folder.rglob("*.py")
        if path.is_file()
    ]
    return max(times, default=0)


def _sources(function: Function) -> list[Path]:
    return [function.code, *(each / "python" for each in function.layers)]


async def watch(stack: Stack, pools: Mapping[str, Pool], say: Callable[[str], None]) -> None:
    """Look twice a second, until cancelled."""
    template = stack.root / "template.yaml"
    read_at = template.stat().st_mtime_ns
    seen = {name: newest(_sources(function)) for name, function in stack.functions.items()}
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        if template.exists() and template.stat().st_mtime_ns != read_at:
            read_at = template.stat().st_mtime_ns
            say("template.yaml changed: stop and start to run it")
        for name, function in stack.functions.items():
            now = newest(_sources(function))
            if now != seen[name]:
                seen[name] = now
                pools[name].retire()
                say(f"{name}: source changed, reloaded")
