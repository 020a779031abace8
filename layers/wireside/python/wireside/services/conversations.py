"""Conversations over HTTP: create, list, read, change, and who is in them."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside import views, wire
from wireside.domain.changes import RememberRequest
from wireside.domain.conversation import (
    Assistant,
    Conversation,
    Member,
    MemberRole,
    Principal,
    ReplyPolicy,
    User,
)
from wireside.domain.errors import ErrorCode, Refused, Unavailable
from wireside.domain.events import ConversationId, UserId
from wireside.frames import ConversationView
from wireside.ports import Clock, Conversations, Ids, Log
from wireside.services.access import admit, admit_to_whole
from wireside.services.changing import Changing
from wireside.services.deeds import (
    Adding,
    Patch,
    Removing,
    Request,
    Setting,
    checked_user_id,
    full,
    key_reused,
    known_model,
    parts,
    remembered_as,
)
from wireside.services.delivery import Delivery
from wireside.services.reading import Window

ENOUGH_BYTES = 2_500_000
"""Lambda's answer has at most 6 MB, in which an answer's quotes are quoted again: twice as many.

One event more has at most 400 KB, as an item of the table.
"""


@dataclass(frozen=True, slots=True)
class NewConversation:
    """What ``POST /conversations`` may say."""

    title: str | None
    members: Sequence[str]
    model: str | None
    reply_policy: ReplyPolicy


@dataclass(frozen=True, slots=True)
class ConversationService:
    """The use cases behind ``/v1/conversations``."""

    conversations: Conversations
    log: Log
    changing: Changing
    delivery: Delivery
    clock: Clock
    ids: Ids
    assistants: Sequence[Assistant]
    max_participants: int

    async def create(self, request: Request, new: NewConversation) -> ConversationView:
        """Create a conversation whose owner is the caller; a repeat returns the first one.

        Raises: Refused ``unknown_model``, ``conversation_full``, ``invalid_field``.
        """
        conversation = self._new(new)
        members = self._founders(request.user, new.members)
        remember = remembered_as(request, "", f"create {new!r}", {"id": conversation.id})
        if not await self.conversations.create(conversation, members, remember):
            conversation_id = await self._created_before(request, remember)
            return await self.view(request.user, conversation_id)
        return await self.view(request.user, conversation.id)

    def _new(self, new: NewConversation) -> Conversation:
        model = new.model if new.model is not None else self.assistants[0].name
        known_model(model, self.assistants)
        return Conversation(
            id=ConversationId(self.ids.new()),
            created_at_ms=self.clock.now_ms(),
            model=model,
            title=new.title,
            reply_policy=new.reply_policy,
        )

    def _founders(self, owner: User, user_ids: Sequence[str]) -> tuple[Member, ...]:
        others = [each for each in dict.fromkeys(user_ids) if each != owner.id]
        for each in others:
            checked_user_id(each, "members")
        if len(others) >= self.max_participants:
            raise full()
        now_ms = self.clock.now_ms()
        return (
            Member(owner.id, owner.name, MemberRole.OWNER, now_ms),
            *(Member(UserId(each), each, MemberRole.MEMBER, now_ms) for each in others),
        )

    async def _created_before(
        self, request: Request, remember: RememberRequest | None
    ) -> ConversationId:
        known = await self.conversations.remembered(request.user.id, request.key or "", None)
        if known is None or remember is None:
            message = "The conversation could not be stored."
            raise Unavailable(message)
        if known.fingerprint != remember.fingerprint:
            raise key_reused()
        return ConversationId(known.result["id"])

    async def view(self, principal: Principal, conversation_id: ConversationId) -> ConversationView:
        """Return a conversation as this principal sees it: log first, membership after it."""
        newest = await self.log.before(conversation_id, None, limit=1)
        access, roster = await admit_to_whole(self.conversations, principal, conversation_id)
        return views.conversation_json(
            access.conversation,
            roster,
            newest[-1] if newest else None,
            assistants=self.assistants,
            read_seq=access.member.read_seq if access.member else 0,
            read_n=access.member.read_n if access.member else 0,
        )

    async def mine(
        self, user: User, *, limit: int, cursor: str | None
    ) -> tuple[list[ConversationView], str | None]:
        """Return my conversations, most recent activity first, and a cursor for more.

        However many there are, a page of n costs one query of the list, and two for each of the n.
        It ends before it is too large for one answer.
        """
        listed, more = await self.conversations.listed(user.id, limit=limit, cursor=cursor)
        found: list[ConversationView] = []
        size = 0
        for each in listed:
            if (seen := await self._view_if_there(user, each.id)) is None:
                continue
            found.append(seen)
            size += len(wire.encode(seen))
            if size >= ENOUGH_BYTES:
                more = more if each is listed[-1] else each.cursor
                break
        # The order of the index lags; within a page the logs' own times are at hand.
        return sorted(found, key=lambda each: each["last_at"], reverse=True), more

    async def _view_if_there(
        self, user: User, conversation_id: ConversationId
    ) -> ConversationView | None:
        """The list lags: it may still name what was left or deleted a moment ago."""
        try:
            return await self.view(user, conversation_id)
        except Refused as refused:
            if refused.code is not ErrorCode.NOT_FOUND:
                raise
            return None

    async def events(
        self,
        user: User,
        conversation_id: ConversationId,
        *,
        after_seq: int | None,
        before_seq: int | None,
        limit: int,
    ) -> tuple[wire.Place, Window]:
        """Return a page of the log, ascending; without a seq the newest page.

        It has fewer events than ``limit`` where their texts are large, but one if there is any.
        """
        enough = ENOUGH_BYTES
        if after_seq is not None:
            events = await self.log.after(
                conversation_id, after_seq, limit=limit, enough_bytes=enough
            )
        else:
            events = await self.log.before(
                conversation_id, before_seq, limit=limit, enough_bytes=enough
            )
        newest = await self.log.before(conversation_id, None, limit=1)
        access = await admit(self.conversations, user, conversation_id)
        return self.changing.place(access), Window(events, newest[-1] if newest else None)

    async def patch(
        self, request: Request, conversation_id: ConversationId, patch: Patch
    ) -> ConversationView:
        """Set title, model, reply policy; each that changes is an event of its own."""
        if patch.model is not None:
            known_model(patch.model, self.assistants)
        for index, part in enumerate(parts(patch)):
            await self.changing.carry_out(
                request, conversation_id, Setting(request.user, part, index)
            )
        return await self.view(request.user, conversation_id)

    async def add(
        self, request: Request, conversation_id: ConversationId, user_id: str, name: str | None
    ) -> ConversationView:
        """Make somebody a member; nothing happens to who is one already.

        Raises: Refused ``conversation_full``, ``invalid_field``, ``not_found``.
        """
        checked = checked_user_id(user_id, "user_id")
        member = Member(checked, name or user_id, MemberRole.MEMBER, self.clock.now_ms())
        adding = Adding(self.conversations, request.user, member, self.max_participants)
        await self.changing.carry_out(request, conversation_id, adding)
        return await self.view(request.user, conversation_id)

    async def remove(self, request: Request, conversation_id: ConversationId, user_id: str) -> None:
        """Remove a member, or leave. Owners remove others; everybody may leave.

        Raises: Refused ``not_allowed``, ``not_found``.
        """
        removing = Removing(self.conversations, request.user, UserId(user_id))
        before = await self.delivery.listeners(conversation_id)
        told = await self.changing.carry_out(request, conversation_id, removing)
        if told is not None:
            # Whoever is removed hears of it, and of nothing after it.
            leaving = [each for each in before if each.user_id == user_id]
            await self.delivery.tell(conversation_id, leaving, told)
