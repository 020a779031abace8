"""What a run under load was like: times, errors, repairs."""

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Book:
    """Times in milliseconds, from the send of a message to its echo, and to each of the others."""

    echo_ms: list[float] = field(default_factory=list)
    others_ms: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    retries: int = 0
    reconnects: int = 0
    syncs: int = 0
    repeats: int = 0
    _sent_at: dict[str, float] = field(default_factory=dict)
    _echoed: set[str] = field(default_factory=set)
    _told: set[tuple[str, str]] = field(default_factory=set)

    @property
    def messages(self) -> set[str]:
        """Return the ``client_id`` of everything that was sent."""
        return set(self._sent_at)

    @property
    def unanswered(self) -> set[str]:
        """Return what was sent and never acknowledged."""
        return self.messages - self._echoed

    def sent(self, client_id: str) -> None:
        """Note the first send of a message."""
        self._sent_at[client_id] = time.perf_counter()

    def acknowledged(self, client_id: str, at: float) -> None:
        """Note the first echo."""
        if client_id in self._sent_at and client_id not in self._echoed:
            self._echoed.add(client_id)
            self.echo_ms.append((at - self._sent_at[client_id]) * 1_000)

    def delivered(self, client_id: str, to: str, at: float) -> None:
        """Note the first arrival at somebody else, however it got there."""
        if client_id in self._sent_at and (client_id, to) not in self._told:
            self._told.add((client_id, to))
            self.others_ms.append((at - self._sent_at[client_id]) * 1_000)
