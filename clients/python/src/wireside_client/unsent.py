"""What was written and refused where nobody waited for it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from wireside_client.errors import Refused
from wireside_client.outbox import Entry, Outbox


@dataclass(frozen=True, slots=True)
class Unsent:
    """A write that the service has refused, and that nobody has dealt with yet.

    ``write`` is its ``action`` and fields, ``error`` says why not. It stays on the shelf until it
    is tried again or discarded.
    """

    conversation_id: str
    client_id: str
    write: Mapping[str, Any]
    error: Refused


class Refusals:
    """Tells of all of them, each once to everybody who listens."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._listening: list[asyncio.Queue[Unsent | None]] = []

    @property
    def unsent(self) -> list[Unsent]:
        """What there is by now, oldest first."""
        found = ((each, each.refusal) for each in self._outbox.refused)
        return [_unsent(each, Refused(refusal)) for each, refusal in found if refusal]

    async def listen(self) -> AsyncIterator[Unsent]:
        """Yield what there is, and whatever joins it, until ``end``."""
        coming: asyncio.Queue[Unsent | None] = asyncio.Queue()
        for each in self.unsent:
            coming.put_nowait(each)
        self._listening.append(coming)
        try:
            while (unsent := await coming.get()) is not None:
                yield unsent
        finally:
            self._listening.remove(coming)

    def tell(self, entry: Entry, error: Refused) -> None:
        """Tell of one more."""
        for each in self._listening:
            each.put_nowait(_unsent(entry, error))

    def end(self) -> None:
        """Tell everybody that there is no more."""
        for each in self._listening:
            each.put_nowait(None)


def _unsent(entry: Entry, error: Refused) -> Unsent:
    return Unsent(entry.conversation_id, entry.client_id, entry.write, error)
