"""Where a chat is shown and written: a terminal, or anything that has lines."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Protocol


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
        while text := await asyncio.to_thread(sys.stdin.readline):
            yield text.rstrip("\n")
