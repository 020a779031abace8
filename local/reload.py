"""Replaces the workers of functions whose source has changed."""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from local.model import Function
from local.runtime import Pool
from local.stack import Stack

EVERY_SECONDS = 0.5


def newest(folder: Path) -> int:
    """Return when the newest Python file of this folder was changed, in nanoseconds."""
    return max(_changed(str(folder)), default=0)


def _changed(folder: str) -> Iterator[int]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(".py") and entry.is_file():
                    yield entry.stat().st_mtime_ns
                elif entry.is_dir(follow_symlinks=False):
                    yield from _changed(entry.path)
    except FileNotFoundError:
        return


def _sources(function: Function) -> list[Path]:
    return [function.code, *(each / "python" for each in function.layers)]


def _look(stack: Stack) -> dict[str, int]:
    """Return when the newest source of each function was changed; what many share is read once."""
    folders = {each for function in stack.functions.values() for each in _sources(function)}
    times = {each: newest(each) for each in folders}
    return {
        name: max(times[each] for each in _sources(function))
        for name, function in stack.functions.items()
    }


async def watch(stack: Stack, pools: Mapping[str, Pool], say: Callable[[str], None]) -> None:
    """Look twice a second, until cancelled; in a thread, as connections must not wait for it."""
    template = stack.root / "template.yaml"
    read_at = template.stat().st_mtime_ns
    seen = await asyncio.to_thread(_look, stack)
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        if template.exists() and template.stat().st_mtime_ns != read_at:
            read_at = template.stat().st_mtime_ns
            say("template.yaml changed: stop and start to run it")
        now = await asyncio.to_thread(_look, stack)
        for name in [name for name in now if now[name] != seen[name]]:
            pools[name].retire()
            say(f"{name}: source changed, reloaded")
        seen = now
