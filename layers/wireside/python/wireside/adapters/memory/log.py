"""The log in memory."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from wireside.adapters.memory.changes import apply, holds
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import Change, Outcome, Stale, Stored, Taken
from wireside.domain.events import ConversationId, Event


@dataclass(frozen=True, slots=True)
class MemoryLog:
    """``ports.Log``. Every call happens at once, as a strongly consistent store shows it."""

    store: MemoryStore

    async def read(self, conversation_id: ConversationId, seq: int) -> Event | None:
        """Return the event with that seq."""
        log = self.store.log(conversation_id)
        return log[seq - 1] if 1 <= seq <= len(log) else None

    async def read_many(
        self, conversation_id: ConversationId, seqs: Collection[int]
    ) -> Mapping[int, Event]:
        """Return those of the events that are there."""
        log = self.store.log(conversation_id)
        return {seq: log[seq - 1] for seq in seqs if 1 <= seq <= len(log)}

    async def after(
        self,
        conversation_id: ConversationId,
        seq: int,
        *,
        limit: int,
        enough_bytes: int | None = None,
    ) -> tuple[Event, ...]:
        """Return events above ``seq``."""
        found = self.store.log(conversation_id)[seq : seq + limit]
        return tuple(_enough(found, enough_bytes))

    async def before(
        self,
        conversation_id: ConversationId,
        seq: int | None,
        *,
        limit: int,
        enough_bytes: int | None = None,
    ) -> tuple[Event, ...]:
        """Return the newest events below ``seq``."""
        log = self.store.log(conversation_id)
        below = log if seq is None else log[: max(0, seq - 1)]
        return tuple(_enough(below[: -limit - 1 : -1], enough_bytes))[::-1]

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        """Store event and changes, all or nothing."""
        log = self.store.log(conversation_id)
        if event.seq <= len(log):
            return Taken(log[event.seq - 1])
        if event.seq != len(log) + 1:
            message = f"seq {event.seq} would leave a gap after {len(log)}"
            raise AssertionError(message)
        if not all(holds(self.store, conversation_id, change) for change in changes):
            return Stale()
        log.append(event)
        for change in changes:
            apply(self.store, conversation_id, change, event)
        return Stored()


def _enough(events: Iterable[Event], enough_bytes: int | None) -> Iterator[Event]:
    """Yield events until their bodies make up so many bytes of JSON."""
    size = 0
    for event in events:
        yield event
        body = json.dumps(dict(event.body), ensure_ascii=False, separators=(",", ":"))
        size += len(body.encode())
        if enough_bytes is not None and size >= enough_bytes:
            return
