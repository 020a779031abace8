"""Where a chat is shown and written: a terminal, or anything that has lines."""

import asyncio
import codecs
import os
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Protocol

CHUNK_BYTES = 65_536


class Screen(Protocol):
    """What a chat needs of it. Every text is plain already."""

    def say(self, text: str) -> None:
        """Show for good."""

    def live(self, text: str) -> None:
        """Show what is being said right now, in place of what was."""

    def status(self, text: str) -> None:
        """Show where one is."""

    def lines(self) -> AsyncIterator[str]:
        """Yield what is written, line by line, until the end."""


class PipeScreen:
    """Standard input and output without a terminal: for scripts. What is live is not shown."""

    def say(self, text: str) -> None:
        """Print."""
        print(text, flush=True)  # noqa: T201 - a program for consoles

    def live(self, text: str) -> None:
        """Show nothing: answers are shown when they are whole."""

    def status(self, text: str) -> None:
        """Show nothing."""

    async def lines(self) -> AsyncIterator[str]:
        """Yield the lines of standard input."""
        coming: asyncio.Queue[str | None] = asyncio.Queue()
        # Whoever leaves need not wait for a line that may never come: a thread of asyncio's own
        # would be waited for, and reading by Python's buffers would hold their lock to the end.
        threading.Thread(
            target=_read, args=(asyncio.get_running_loop(), coming), daemon=True
        ).start()
        while (text := await coming.get()) is not None:
            yield text


def _read(loop: asyncio.AbstractEventLoop, coming: "asyncio.Queue[str | None]") -> None:
    with suppress(RuntimeError):  # the loop has ended meanwhile
        for each in _lines(sys.stdin.fileno()):
            loop.call_soon_threadsafe(coming.put_nowait, each)
        loop.call_soon_threadsafe(coming.put_nowait, None)


def _lines(file: int) -> Iterator[str]:
    decoder, rest = codecs.getincrementaldecoder("utf-8")("replace"), ""
    while data := os.read(file, CHUNK_BYTES):
        *whole, rest = (rest + decoder.decode(data)).split("\n")
        yield from whole
    if rest:
        yield rest
