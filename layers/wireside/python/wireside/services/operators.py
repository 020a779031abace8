"""What operators do: take a conversation over, and hand it back."""

from dataclasses import dataclass

from wireside.domain.conversation import Access, System, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConversationId
from wireside.frames import ConversationView
from wireside.services.access import admit
from wireside.services.conversations import ConversationService
from wireside.services.deeds import Deed, Request
from wireside.services.handover import Ending, Releasing, Silencing, TakingOver


@dataclass(frozen=True, slots=True)
class Operators:
    """takeover, release, end."""

    rooms: ConversationService
    silencing: Silencing

    async def take_over(
        self, request: Request, conversation_id: ConversationId
    ) -> ConversationView:
        """Take a conversation over; nothing happens where it is the caller's already.

        Raises: Refused ``not_allowed`` without the role, ``not_found``, ``already_taken_over``
            (details: who has it), ``conversation_ended``.
        """
        taking = TakingOver(request.user, self.silencing)
        return await self._as_operator(request, conversation_id, taking)

    async def release(self, request: Request, conversation_id: ConversationId) -> ConversationView:
        """Hand a conversation back; nothing happens where nobody holds it.

        Raises: Refused ``not_allowed`` without the role, ``not_found``, ``already_taken_over``
            where somebody else holds it; an admin may release all.
        """
        return await self._as_operator(request, conversation_id, Releasing(request.user))

    async def end(self, request: Request, conversation_id: ConversationId) -> ConversationView:
        """End a conversation; nothing happens where it has ended.

        Raises: Refused ``not_found``, ``not_allowed``.
        """
        ending = Ending(request.user, self.silencing, self.rooms.clock)
        await self.rooms.changing.carry_out(request, conversation_id, ending)
        return await self.rooms.view(request.user, conversation_id)

    async def _as_operator(
        self, request: Request, conversation_id: ConversationId, deed: Deed
    ) -> ConversationView:
        """Carry out a deed of somebody who need not be a member."""
        refuse_others(request.user)

        async def admission() -> Access:
            return await admit(self.rooms.conversations, System("operate"), conversation_id)

        await self.rooms.changing.carry_out(request, conversation_id, deed, admission=admission)
        return await self.rooms.view(System("operate"), conversation_id)


def refuse_others(user: User) -> None:
    """Let operators pass.

    Raises: Refused ``not_allowed``.
    """
    if not user.is_operator:
        raise Refused(ErrorCode.NOT_ALLOWED, "This is for operators.")
