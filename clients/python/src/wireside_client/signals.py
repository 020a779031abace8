"""What is told now and then, and never twice: that somebody writes, and how far they have read."""

from collections.abc import Callable
from typing import Any

from wireside_client.timing import Alarm, Clock

type Frame = dict[str, Any]
type Send = Callable[[Frame], bool]

TYPING_SECONDS = 3.0
READ_SECONDS = 2.0


class Signals:
    """Keeps to the protocol's rates: ``typing`` once in 3 s, ``read`` once in 2 s."""

    def __init__(self, conversation_id: str, clock: Clock, send: Send) -> None:
        self._about = {"conversation_id": conversation_id}
        self._clock, self._send = clock, send
        self._typed_at = float("-inf")
        self._reading = Alarm(clock)
        self._read = self._told = 0

    def typing(self, *, on: bool) -> None:
        """Tell that one is writing; what comes too early is left out."""
        if self._clock.now() - self._typed_at >= TYPING_SECONDS:
            self._typed_at = self._clock.now()
            self._send({"action": "typing", **self._about, "on": on})

    def wrote(self) -> None:
        """Let the next sign of writing be told at once: a message was sent."""
        self._typed_at = float("-inf")

    def read(self, seq: int) -> None:
        """Tell how far one has read, at once or as soon as it may be told."""
        self._read = max(self._read, seq)
        if not self._reading.is_set:
            self._tell()

    def opened(self, read_seq: int) -> None:
        """Take how far the service knows one to have read; tell it again what it has missed."""
        self._told = read_seq
        self.read(read_seq)

    def clear(self) -> None:
        """Tell nothing any more."""
        self._reading.clear()

    def _tell(self) -> None:
        if self._read > self._told:
            self._told = self._read
            self._send({"action": "read", **self._about, "seq": self._read})
            self._reading.set(READ_SECONDS, self._tell)
