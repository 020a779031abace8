"""Deleting conversations in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import RememberRequest
from wireside.domain.events import ConversationId
from wireside.ports import RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryHousekeeping:
    """``ports.Housekeeping``."""

    store: MemoryStore

    async def mark_deleted(
        self, conversation_id: ConversationId, request: RememberRequest | None, *, now_ms: int
    ) -> bool:
        """Mark the conversation, and remember the request."""
        known = self.store.conversations.get(conversation_id)
        key = (None, request.user_id, request.key) if request else None
        if known is None or known.deleted or key in self.store.requests:
            return False
        if key is not None and request is not None:
            self.store.requests[key] = RequestRecord(request.fingerprint, request.result)
        epoch = known.operator_epoch + 1
        nameless = replace(known, title=None, operator=None)
        marked = replace(nameless, deleted=True, operator_epoch=epoch)
        self.store.conversations[conversation_id] = marked
        self.store.deleted_at[conversation_id] = now_ms
        self.store.last_active.pop(conversation_id, None)
        self.store.activity.pop(conversation_id, None)
        return True

    async def marked(self, *, before_ms: int, limit: int) -> tuple[ConversationId, ...]:
        """Return what is marked, the oldest mark first."""
        marks = sorted((at_ms, each) for each, at_ms in self.store.deleted_at.items())
        return tuple(each for at_ms, each in marks if at_ms < before_ms)[:limit]

    async def active(self, *, from_ms: int, to_ms: int, limit: int) -> tuple[ConversationId, ...]:
        """Return what was last active in that time, the longest idle first."""
        found = sorted((at_ms, each) for each, at_ms in self.store.last_active.items())
        return tuple(each for at_ms, each in found if from_ms <= at_ms < to_ms)[:limit]

    async def purge(self, conversation_id: ConversationId, *, before_ms: int, at_most: int) -> bool:
        """Delete a batch; once nothing is left, take the mark out of the list."""
        known = self.store.conversations.get(conversation_id)
        at_ms = self.store.deleted_at.get(conversation_id, 0)
        if known is not None and not (known.deleted and at_ms < before_ms):
            return False
        batch = list(islice(self._left(conversation_id), at_most))
        for items, key in batch:
            del items[key]
        if len(batch) == at_most:
            return False
        self.store.deleted_at.pop(conversation_id, None)
        return True

    def _left(self, conversation_id: ConversationId) -> Iterator[tuple[Any, Any]]:
        """Yield what there is besides the mark, each by where it is."""
        store = self.store
        log = store.logs.get(conversation_id, [])
        yield from ((log, -1) for _ in log)
        for run in [each for (owner, *_), each in store.runs.items() if owner == conversation_id]:
            yield from ((store.chunks, key) for key in store.chunks if key[0] == run.id)
        of_room = (
            store.members,
            store.traces,
            store.barred,
            store.subscriptions,
            store.typing,
            store.requests,
        )
        for items in (*of_room, store.runs, store.provider_memory, store.signatures):
            yield from ((items, key) for key in items if key[0] == conversation_id)
        links = [each for each in store.links.values() if each.conversation_id == conversation_id]
        yield from ((store.links, each.id) for each in links)
        lists = [key for key in store.active_at if key[1] == conversation_id]
        yield from ((store.active_at, key) for key in lists)
        for marks in (store.activity, store.last_active):
            yield from ((marks, key) for key in marks if key == conversation_id)
