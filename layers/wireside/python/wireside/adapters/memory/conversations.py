"""Conversations and members in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import RememberRequest
from wireside.domain.conversation import (
    Access,
    Conversation,
    Member,
    MemberRole,
    Roster,
    Whole,
)
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConversationId, UserId
from wireside.ports import Listed, RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryConversations:
    """``ports.Conversations``."""

    store: MemoryStore

    async def access(
        self, conversation_id: ConversationId, user_id: UserId | None
    ) -> Access | None:
        """Return the conversation and the member."""
        conversation = self.store.conversations.get(conversation_id)
        if conversation is None:
            return None
        member = self.store.members.get((conversation_id, user_id)) if user_id else None
        return Access(conversation, member)

    async def roster(self, conversation_id: ConversationId) -> Roster:
        """Return members and subscriptions."""
        members = [
            member for (owner, _), member in self.store.members.items() if owner == conversation_id
        ]
        members.sort(key=lambda each: (each.role is not MemberRole.OWNER, each.joined_at_ms))
        subscriptions = [
            each for key, each in self.store.subscriptions.items() if key[0] == conversation_id
        ]
        conversation = self.store.conversations.get(conversation_id)
        operator = conversation.operator if conversation else None
        return Roster(tuple(members), tuple(subscriptions), operator.id if operator else None)

    async def whole(self, conversation_id: ConversationId) -> Whole | None:
        """Return the conversation and its roster."""
        conversation = self.store.conversations.get(conversation_id)
        if conversation is None:
            return None
        return Whole(conversation, await self.roster(conversation_id))

    async def create(
        self,
        conversation: Conversation,
        members: Sequence[Member],
        request: RememberRequest | None,
    ) -> bool:
        """Store a new conversation."""
        if request is not None:
            key = (None, request.user_id, request.key)
            if key in self.store.requests:
                return False
            self.store.requests[key] = RequestRecord(request.fingerprint, request.result)
        counted = replace(conversation, member_count=len(members))
        self.store.conversations[conversation.id] = counted
        self.store.last_active[conversation.id] = conversation.created_at_ms
        for member in members:
            self.store.members[conversation.id, member.user_id] = member
            self.store.active_at[member.user_id, conversation.id] = conversation.created_at_ms
        return True

    async def of_user(
        self, user_id: UserId, *, limit: int, cursor: str | None
    ) -> tuple[tuple[ConversationId, ...], str | None]:
        """Return the ids of what is listed."""
        page, more = await self.listed(user_id, limit=limit, cursor=cursor)
        return tuple(each.id for each in page), more

    async def listed(
        self, user_id: UserId, *, limit: int, cursor: str | None
    ) -> tuple[tuple[Listed, ...], str | None]:
        """Return a page of the user's list; the cursor is the number of those before it."""
        if cursor is not None and not cursor.isdecimal():
            message = "Not a cursor of this list."
            raise Refused(ErrorCode.INVALID_FIELD, message, details={"field": "cursor"})
        active_at = self.store.active_at
        mine = [(at, each) for (owner, each), at in active_at.items() if owner == user_id]
        listed = [
            Listed(each, at, str(place))
            for place, (at, each) in enumerate(sorted(mine, reverse=True), 1)
        ]
        start = int(cursor or 0)
        page = tuple(listed[start : start + limit])
        more = str(start + limit) if start + limit < len(listed) else None
        return page, more

    async def remembered(
        self, user_id: UserId, key: str, conversation_id: ConversationId | None
    ) -> RequestRecord | None:
        """Return what was done under this key."""
        return self.store.requests.get((conversation_id, user_id, key))

    async def bump(
        self, conversation_id: ConversationId, members: Sequence[Member], *, at_ms: int
    ) -> None:
        """Move the conversation up in its members' lists."""
        for member in members:
            key = (member.user_id, conversation_id)
            if key in self.store.active_at:
                self.store.active_at[key] = max(at_ms, self.store.active_at[key])

    async def mark_read(
        self, conversation_id: ConversationId, user_id: UserId, *, seq: int, n: int
    ) -> bool:
        """Raise the numbers."""
        member = self.store.members.get((conversation_id, user_id))
        if member is None or member.read_seq >= seq:
            return False
        read = replace(member, read_seq=seq, read_n=n)
        self.store.members[conversation_id, user_id] = read
        return True

    async def claim_activity(
        self, conversation_id: ConversationId, *, now_ms: int, every_ms: int
    ) -> bool:
        """Take the marker unless it was taken within ``every_ms``."""
        told_at_ms = self.store.activity.get(conversation_id)
        if told_at_ms is not None and told_at_ms > now_ms - every_ms:
            return False
        self.store.activity[conversation_id] = now_ms
        self.store.last_active[conversation_id] = now_ms
        return True

    async def suggest_title(self, conversation_id: ConversationId, title: str, seq: int) -> None:
        """Set the title unless there is one."""
        conversation = self.store.conversations.get(conversation_id)
        log = self.store.log(conversation_id)
        is_there = seq <= len(log) and not log[seq - 1].is_deleted
        if conversation is None or conversation.deleted:
            return
        if conversation.title is None and is_there:
            titled = replace(conversation, title=title, title_seq=seq)
            self.store.conversations[conversation_id] = titled

    async def stop_through(self, conversation_id: ConversationId, seq: int) -> None:
        """Raise the number, never lower it."""
        conversation = self.store.conversations.get(conversation_id)
        if conversation is not None:
            stopped = replace(conversation, stopped_through=max(seq, conversation.stopped_through))
            self.store.conversations[conversation_id] = stopped
