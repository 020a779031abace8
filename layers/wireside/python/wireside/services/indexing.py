"""The index of searches, kept as the log is.

A block of the index is made from its 64 events as they are now, and only ever so: in whatever
order changes are told, and however often, what is deleted from the log is gone from the index.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId, Event
from wireside.domain.searches import (
    BLOCK_EVENTS,
    Signature,
    block_of,
    is_searched,
    signature,
    texts_of,
    unknown,
)
from wireside.ports import Clock, Log, SearchIndex
from wireside.services.activity import Activity

TRIES = 5
MAX_SECONDS = 15
"""For the blocks of one batch. Whoever fills blocks with texts that take long holds up nobody."""


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event that the table's stream tells of. ``is_new``: not one that was changed."""

    conversation_id: ConversationId
    event: Event
    is_new: bool

    @property
    def is_indexed(self) -> bool:
        """Whether its block has to be made again: for its words, or as it is the last in there."""
        return is_searched(self.event) or self.event.seq % BLOCK_EVENTS == 0


@dataclass(frozen=True, slots=True)
class Indexing:
    """Makes blocks."""

    log: Log
    index: SearchIndex
    clock: Clock

    async def make(
        self, conversation_id: ConversationId, block: int, *, until_ms: int | None = None
    ) -> None:
        """Make a block anew; nothing happens where the conversation is not there any more.

        Where there is no time left, the block becomes one that searches have to look into. The
        revision is read before the log: whoever read an older log finds another one there.
        Raises: Unavailable.
        """
        for _ in range(TRIES):
            revision = await self.index.revision(conversation_id, block)
            if revision is None:
                return
            is_late = until_ms is not None and self.clock.now_ms() >= until_ms
            made = unknown(block) if is_late else await self._made(conversation_id, block)
            if await self.index.replace(conversation_id, made, revision=revision):
                return
        message = "The block of the index changes too fast."
        raise Unavailable(message)

    async def _made(self, conversation_id: ConversationId, block: int) -> Signature:
        events = await block_events(self.log, conversation_id, block)
        texts = (text for each in events for text in texts_of(each))
        return signature(block, texts, is_full=len(events) == BLOCK_EVENTS)


@dataclass(frozen=True, slots=True)
class Following:
    """The consumer of the table's stream."""

    activity: Activity
    indexing: Indexing

    async def take(self, stored: Sequence[StoredEvent]) -> None:
        """Follow what is new, in order; then make each block once that something changed in.

        Repeating it is harmless. Raises: Unavailable.
        """
        for each in stored:
            if each.is_new:
                await self.activity.follow(each.conversation_id, each.event)
        blocks = [
            (each.conversation_id, block_of(each.event.seq)) for each in stored if each.is_indexed
        ]
        until_ms = self.indexing.clock.now_ms() + MAX_SECONDS * 1_000
        for conversation_id, block in dict.fromkeys(blocks):
            await self.indexing.make(conversation_id, block, until_ms=until_ms)


async def block_events(log: Log, conversation_id: ConversationId, block: int) -> tuple[Event, ...]:
    """Return a block's events; at their largest they are 20 MB."""
    return await log.after(conversation_id, block * BLOCK_EVENTS, limit=BLOCK_EVENTS)
