"""What happens in conversations that are not open here."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

type Frame = dict[str, Any]

OVER: Frame = {}
"""Ends the queue of a listener."""


class Activity:
    """Hands ``activity`` frames to everybody who listens."""

    def __init__(self) -> None:
        self._listening: list[asyncio.Queue[Frame | None]] = []

    async def listen(self) -> AsyncIterator[Frame | None]:
        """Yield what is told from now on, until ``end``."""
        coming: asyncio.Queue[Frame | None] = asyncio.Queue()
        self._listening.append(coming)
        try:
            while (frame := await coming.get()) is not OVER:
                yield frame
        finally:
            self._listening.remove(coming)

    def tell(self, frame: Frame | None) -> None:
        """Tell of a frame; ``None`` says that any may have been missed."""
        for each in self._listening:
            each.put_nowait(frame)

    def end(self) -> None:
        """Tell everybody that there is no more."""
        self.tell(OVER)
