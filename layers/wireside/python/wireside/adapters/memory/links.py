"""Links to what is shared, in memory."""

from dataclasses import dataclass, replace

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import RememberRequest
from wireside.domain.conversation import Shared
from wireside.domain.events import ConversationId
from wireside.domain.links import SharedLink
from wireside.ports import RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryLinks:
    """``ports.Links``."""

    store: MemoryStore

    async def put(
        self, link: SharedLink, request: RememberRequest | None, *, former: str | None
    ) -> bool:
        """Keep the link in place of the one before."""
        shared = Shared(link.id, link.through_seq, link.created_at_ms)
        if not self._renamed(link.conversation_id, request, former, shared):
            return False
        self.store.links[link.id] = link
        return True

    async def withdraw(
        self,
        conversation_id: ConversationId,
        request: RememberRequest | None,
        *,
        former: str | None,
        now_ms: int,
    ) -> bool:
        """Drop the link."""
        if former is not None:
            return self._renamed(conversation_id, request, former, None)
        return self._remembered(conversation_id, request)

    async def read(self, link_id: str) -> SharedLink | None:
        """Return the link."""
        return self.store.links.get(link_id)

    def _renamed(
        self,
        conversation_id: ConversationId,
        request: RememberRequest | None,
        former: str | None,
        shared: Shared | None,
    ) -> bool:
        known = self.store.conversations.get(conversation_id)
        if known is None or known.deleted:
            return False
        if (known.shared.link_id if known.shared else None) != former:
            return False
        if not self._remembered(conversation_id, request):
            return False
        self.store.conversations[conversation_id] = replace(known, shared=shared)
        if former is not None:
            self.store.links.pop(former, None)
        return True

    def _remembered(self, conversation_id: ConversationId, request: RememberRequest | None) -> bool:
        if request is None:
            return True
        key = (conversation_id, request.user_id, request.key)
        if key in self.store.requests:
            return False
        self.store.requests[key] = RequestRecord(request.fingerprint, request.result)
        return True
