"""What is written and not acknowledged yet."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Entry:
    """A write on its way, as its frame says it.

    ``after_seq`` and ``epoch`` are ``None`` until it is sent for the first time; from then on a
    retry raises ``after_seq`` only past events that were read. ``seen_in`` is the epoch in which
    the message that a change is to was seen.
    """

    conversation_id: str
    client_id: str
    write: dict[str, Any]
    seen_in: str | None = None
    after_seq: int | None = None
    epoch: str | None = None


class Shelf(Protocol):
    """Where an outbox outlives its process."""

    def read(self) -> str:
        """Return what was written last; empty if nothing was."""

    def write(self, text: str) -> None:
        """Keep a text, whole or not at all."""


class FileShelf:
    """A file. One process at a time may have it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> str:
        """Return the file's text; empty where there is no file."""
        try:
            return self._path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""

    def write(self, text: str) -> None:
        """Replace the file in one step."""
        fresh = self._path.with_suffix(".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)


class Outbox:
    """Entries in the order of writing. Every change is kept before it is acted on."""

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf
        kept = json.loads((shelf.read() if shelf else "") or "[]")
        self._entries: list[Entry] = [Entry(**each) for each in kept]

    @property
    def conversation_ids(self) -> frozenset[str]:
        """Where something waits."""
        return frozenset(each.conversation_id for each in self._entries)

    def next(self, conversation_id: str) -> Entry | None:
        """Return what is to be sent next."""
        of = (each for each in self._entries if each.conversation_id == conversation_id)
        return next(of, None)

    def of(self, conversation_id: str) -> list[Entry]:
        """Return all that waits, oldest first."""
        return [each for each in self._entries if each.conversation_id == conversation_id]

    def add(self, entry: Entry) -> None:
        """Keep a new entry."""
        self._keep([*self._entries, entry])

    def change(self, client_id: str, **changes: Any) -> None:
        """Change an entry."""
        self._keep(
            replace(each, **changes) if each.client_id == client_id else each
            for each in self._entries
        )

    def remove(self, client_id: str) -> Entry | None:
        """Let go of an entry; return it, if it was here."""
        found = next((each for each in self._entries if each.client_id == client_id), None)
        if found is not None:
            self._keep(each for each in self._entries if each is not found)
        return found

    def _keep(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        if self._shelf is not None:
            self._shelf.write(json.dumps([asdict(each) for each in self._entries]))
