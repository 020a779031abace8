"""Deleting conversations: from one moment on nobody has it; what it held goes later.

The mark comes first, with the ``operator_epoch`` raised, so that no worker can settle a turn any
more. Writers that were let in before it have ended long before the partition is deleted.
"""

from dataclasses import dataclass

from wireside.domain.changes import RememberRequest
from wireside.domain.errors import ErrorCode, Refused, not_found
from wireside.domain.events import ConversationId
from wireside.ports import Clock, Connections, Conversations, Housekeeping
from wireside.services.access import admit
from wireside.services.deeds import Request, key_reused, remembered_as


@dataclass(frozen=True, slots=True)
class Deletion:
    """The first half of deleting; the sweep does the second."""

    conversations: Conversations
    connections: Connections
    housekeeping: Housekeeping
    clock: Clock

    async def by_owner(self, request: Request, conversation_id: ConversationId) -> None:
        """Delete a conversation for one of its owners; a repeat under the same key is none.

        Raises: Refused ``not_found``, ``not_allowed``; Unavailable.
        """
        remember = remembered_as(request, "", f"delete {conversation_id}", {})
        if remember is None or not await self._done_before(remember):
            access = await admit(self.conversations, request.user, conversation_id)
            if not access.is_owner:
                raise Refused(ErrorCode.NOT_ALLOWED, "Only owners delete a conversation.")
            marked = await self.housekeeping.mark_deleted(
                conversation_id, remember, now_ms=self.clock.now_ms()
            )
            if not marked and not (remember and await self._done_before(remember)):
                raise not_found()
        await self._end_subscriptions(conversation_id)

    async def by_itself(self, conversation_id: ConversationId) -> bool:
        """Delete a conversation that nobody asked to delete; ``False`` if somebody did before."""
        now_ms = self.clock.now_ms()
        marked = await self.housekeeping.mark_deleted(conversation_id, None, now_ms=now_ms)
        await self._end_subscriptions(conversation_id)
        return marked

    async def is_behind(self, *, before_ms: int) -> bool:
        """Whether anything is left of conversations that were deleted before then."""
        return bool(await self.housekeeping.marked(before_ms=before_ms, limit=1))

    async def _done_before(self, remember: RememberRequest) -> bool:
        """Look under the user: what is kept in the conversation goes with it."""
        known = await self.conversations.remembered(remember.user_id, remember.key, None)
        if known is not None and known.fingerprint != remember.fingerprint:
            raise key_reused()
        return known is not None

    async def _end_subscriptions(self, conversation_id: ConversationId) -> None:
        listening = (await self.conversations.roster(conversation_id)).subscriptions
        known = await self.connections.read_many([each.connection_id for each in listening])
        for each in listening:
            if each.connection_id in known:
                await self.connections.unsubscribe(known[each.connection_id], conversation_id)
            else:
                await self.connections.drop(conversation_id, each)
