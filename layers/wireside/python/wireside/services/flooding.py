"""Connections that send more than anybody can write: counted where they arrive, without a store.

Each process counts what it sees by itself. A limit in the store would cost every frame a write.
"""

from dataclasses import dataclass, field
from enum import Enum

from wireside.domain.events import ConnectionId

WINDOW_MS = 10_000
MAX_COUNTED = 10_000
"""Connections that a process keeps in mind; then it forgets those whose window is over."""


class Verdict(Enum):
    """What is to become of a frame."""

    ANSWER = "answer"
    HANG_UP = "hang up"
    IGNORE = "ignore"


@dataclass(slots=True)
class _Window:
    """How many frames came since then, in milliseconds."""

    began_ms: int
    frames: int = 0


@dataclass(slots=True)
class FloodGate:
    """Lets ``at_most`` frames of one connection through in ten seconds; 0: any number."""

    at_most: int
    _windows: dict[ConnectionId, _Window] = field(default_factory=dict)

    def judge(self, connection_id: ConnectionId, now_ms: int) -> Verdict:
        """Count a frame. The first one too many ends its connection; those behind it are lost."""
        if not self.at_most:
            return Verdict.ANSWER
        window = self._windows.get(connection_id)
        if window is None or now_ms - window.began_ms >= WINDOW_MS:
            self._forget(now_ms)
            window = self._windows[connection_id] = _Window(now_ms)
        window.frames += 1
        if window.frames <= self.at_most:
            return Verdict.ANSWER
        return Verdict.HANG_UP if window.frames == self.at_most + 1 else Verdict.IGNORE

    def _forget(self, now_ms: int) -> None:
        if len(self._windows) < MAX_COUNTED:
            return
        kept = {
            each: window
            for each, window in self._windows.items()
            if now_ms - window.began_ms < WINDOW_MS
        }
        self._windows = kept
