"""What is written and not acknowledged yet."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

from wireside_client.errors import ShelfUnreadable


@dataclass(frozen=True, slots=True)
class Entry:
    """A write on its way, as its frame says it.

    ``after_seq`` and ``epoch`` are ``None`` until it is sent for the first time; from then on a
    retry raises ``after_seq`` only past events that were read. ``seen_in`` is the epoch in which
    the message that a change is to was seen. ``refusal`` is the service's error, once it has said
    no and nobody was there to hear it.
    """

    conversation_id: str
    client_id: str
    write: dict[str, Any]
    seen_in: str | None = None
    after_seq: int | None = None
    epoch: str | None = None
    refusal: dict[str, Any] | None = None


NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


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
        """Replace the file in one step. It holds what people wrote: its owner alone reads it."""
        fresh = self._path.with_name(f"{self._path.name}.new")
        fresh.unlink(missing_ok=True)
        # Exclusively: what somebody else puts there, such as a link, is not written through.
        with open(os.open(fresh, NEW, 0o600), "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)


class Outbox:
    """Entries in the order of writing. Every change is kept before it is acted on.

    What a shelf does not take is sent all the same: ``is_kept`` tells whether what there is would
    outlive this process, ``trouble`` why not. Raises: ShelfUnreadable.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        self._shelf = shelf
        self._entries = _read(shelf) if shelf else []
        self.trouble: Exception | None = None

    @property
    def is_kept(self) -> bool:
        """Whether there is a shelf that has it all."""
        return self._shelf is not None and self.trouble is None

    @property
    def conversation_ids(self) -> frozenset[str]:
        """Where something waits to be sent."""
        return frozenset(each.conversation_id for each in self._entries if each.refusal is None)

    @property
    def refused(self) -> list[Entry]:
        """What was refused and is still here, oldest first."""
        return [each for each in self._entries if each.refusal is not None]

    def next(self, conversation_id: str) -> Entry | None:
        """Return what is to be sent next."""
        return next(iter(self.of(conversation_id)), None)

    def of(self, conversation_id: str) -> list[Entry]:
        """Return all that waits to be sent, oldest first."""
        return [
            each
            for each in self._entries
            if each.conversation_id == conversation_id and each.refusal is None
        ]

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

    def clear(self) -> None:
        """Let go of everything."""
        self._keep(())

    def retry(self, client_id: str, fresh_id: str) -> Entry | None:
        """Put a refused entry at the end of the line; return it as it is then, if it was here.

        Its id stays, because an earlier attempt may still arrive: only one that belongs to other
        content is replaced.
        """
        found = next((each for each in self.refused if each.client_id == client_id), None)
        if found is None:
            return None
        again = replace(found, refusal=None)
        if found.refusal and found.refusal["code"] == "client_id_reused":
            again = replace(again, client_id=fresh_id, after_seq=None, epoch=None)
        self._keep([*(each for each in self._entries if each is not found), again])
        return again

    def _keep(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        if self._shelf is None:
            return
        try:
            self._shelf.write(json.dumps([asdict(each) for each in self._entries]))
            self.trouble = None
        except Exception as error:  # noqa: BLE001 - the shelf is the application's
            self.trouble = error


KNOWN = frozenset(each.name for each in fields(Entry))


def _read(shelf: Shelf) -> list[Entry]:
    """Return what a shelf holds; fields that a later version has added are passed over."""
    try:
        kept = json.loads(shelf.read() or "[]")
        return [Entry(**{key: each[key] for key in KNOWN & {*each}}) for each in kept]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ShelfUnreadable from error
