"""Invitations in memory."""

from dataclasses import dataclass

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import RememberRequest
from wireside.domain.events import ConversationId, UserId
from wireside.domain.invites import Invite
from wireside.ports import RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryInvites:
    """``ports.Invites``."""

    store: MemoryStore

    async def keep(
        self,
        invite: Invite,
        request: RememberRequest | None,
        *,
        now_ms: int,
    ) -> bool:
        """Keep the invitation, unless the request was carried out before."""
        if request is not None:
            key = (invite.conversation_id, request.user_id, request.key)
            if key in self.store.requests:
                return False
            self.store.requests[key] = RequestRecord(request.fingerprint, request.result)
        self.store.invites[invite.id] = invite
        return True

    async def is_barred(self, conversation_id: ConversationId, user_id: UserId) -> bool:
        """Return whether somebody was removed."""
        return (conversation_id, user_id) in self.store.barred

    async def read(self, invite_id: str) -> Invite | None:
        """Return the invitation."""
        return self.store.invites.get(invite_id)
