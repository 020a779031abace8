"""The index of searches in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.events import ConversationId
from wireside.domain.searches import Signature


@dataclass(frozen=True, slots=True)
class MemorySearchIndex:
    """``ports.SearchIndex``."""

    store: MemoryStore

    async def revision(self, conversation_id: ConversationId, block: int) -> int | None:
        """Return how often the block was written."""
        known = self.store.conversations.get(conversation_id)
        if known is None or known.deleted:
            return None
        _, revision = self.store.signatures.get((conversation_id, block), (None, 0))
        return revision

    async def replace(
        self, conversation_id: ConversationId, signature: Signature, *, revision: int
    ) -> bool:
        """Put the block where nobody else did in between."""
        key = (conversation_id, signature.block)
        _, known = self.store.signatures.get(key, (None, 0))
        if known != revision:
            return False
        self.store.signatures[key] = (signature, revision + 1)
        return True

    async def first_blocks(
        self, conversation_ids: Sequence[ConversationId]
    ) -> dict[ConversationId, Signature]:
        """Return the first block of each that has one."""
        known = self.store.signatures
        return {each: known[each, 0][0] for each in conversation_ids if (each, 0) in known}

    async def further_blocks(self, conversation_id: ConversationId) -> tuple[Signature, ...]:
        """Return the others, newest first."""
        others = [
            signature
            for (owner, block), (signature, _) in self.store.signatures.items()
            if owner == conversation_id and block
        ]
        return tuple(sorted(others, key=lambda each: -each.block))
