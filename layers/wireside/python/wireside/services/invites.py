"""Invitations over HTTP: who is in invites, whoever holds the token joins."""

from dataclasses import dataclass

from wireside.domain.changes import RememberRequest
from wireside.domain.conversation import Member, MemberRole, System
from wireside.domain.errors import ErrorCode, Refused, Unavailable, not_found
from wireside.domain.events import ConversationId
from wireside.domain.invites import LIFE_SECONDS, Invite, invite_id, kept_key, token_of
from wireside.frames import ConversationView
from wireside.ports import Clock, Ids, Invites
from wireside.services.access import admit
from wireside.services.conversations import ConversationService
from wireside.services.deeds import Adding, Request, key_reused, not_ended, remembered_as


@dataclass(frozen=True, slots=True)
class Invitations:
    """The use cases behind ``/invites`` and ``/join``."""

    rooms: ConversationService
    invites: Invites
    clock: Clock
    ids: Ids

    async def invite(self, request: Request, conversation_id: ConversationId) -> tuple[str, int]:
        """Return a token, and until when it can be used, in seconds; a repeat returns the same.

        Raises: Refused ``not_found``, ``conversation_ended``, ``client_id_reused``.
        """
        not_ended(await admit(self.rooms.conversations, request.user, conversation_id))
        seed, now_ms = self.ids.new(), self.clock.now_ms()
        until = now_ms // 1_000 + LIFE_SECONDS
        token = token_of(seed, request.key or self.ids.new())
        kept = Request(request.user, kept_key(request.key) if request.key else None)
        remember = remembered_as(kept, "", "invite", {"seed": seed, "until": str(until)})
        invite = Invite(invite_id(token), conversation_id, until, request.user.id)
        if await self.invites.keep(invite, remember, now_ms=now_ms):
            return token, until
        return await self._made_before(request, conversation_id, remember)

    async def _made_before(
        self,
        request: Request,
        conversation_id: ConversationId,
        remember: RememberRequest | None,
    ) -> tuple[str, int]:
        key = request.key or ""
        known = await self.rooms.conversations.remembered(
            request.user.id, kept_key(key), conversation_id
        )
        if known is None or remember is None:
            message = "The invitation could not be stored."
            raise Unavailable(message)
        if known.fingerprint != remember.fingerprint:
            raise key_reused()
        return token_of(known.result["seed"], key), int(known.result["until"])

    async def join(self, request: Request, token: str) -> ConversationView:
        """Make the caller a member; nothing happens to who is one already.

        Raises: Refused ``not_found``, ``conversation_ended``, ``conversation_full``.
        """
        invite = await self.invites.read(invite_id(token))
        if invite is None or invite.until * 1_000 <= self.clock.now_ms():
            raise not_found()
        is_member = await self._is_member(request, invite.conversation_id)
        if not is_member and await self.invites.is_barred(invite.conversation_id, request.user.id):
            raise not_found()
        # Also who is a member by now: this may be a repeat, and nobody may have heard of the first.
        await self._add(request, invite.conversation_id)
        return await self.rooms.view(request.user, invite.conversation_id)

    async def _is_member(self, request: Request, conversation_id: ConversationId) -> bool:
        try:
            await admit(self.rooms.conversations, request.user, conversation_id)
        except Refused as refused:
            if refused.code is ErrorCode.NOT_FOUND:
                return False
            raise
        return True

    async def _add(self, request: Request, conversation_id: ConversationId) -> None:
        user, rooms = request.user, self.rooms
        member = Member(user.id, user.name, MemberRole.MEMBER, self.clock.now_ms())
        joining = Adding(rooms.conversations, user, member, rooms.max_participants, invited=True)
        await rooms.changing.carry_out(
            request,
            conversation_id,
            joining,
            admission=lambda: admit(rooms.conversations, System("join"), conversation_id),
        )
