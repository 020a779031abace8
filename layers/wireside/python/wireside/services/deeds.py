"""What HTTP requests do to a conversation: each deed is one event with its state change."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from wireside.domain.bodies import Membership, ModelSelected, Person, ReplyPolicySet, Titled
from wireside.domain.changes import (
    AddMember,
    Change,
    RememberRequest,
    RemoveMember,
    SetConversation,
)
from wireside.domain.conversation import (
    Access,
    Assistant,
    Member,
    MemberRole,
    ReplyPolicy,
    User,
)
from wireside.domain.errors import ErrorCode, Refused, not_found
from wireside.domain.events import ClientId, Draft, Kind, UserId, is_user_id
from wireside.ports import Conversations
from wireside.services.log import Plan


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks over HTTP, and under which ``Idempotency-Key``."""

    user: User
    key: str | None


@dataclass(frozen=True, slots=True)
class Patch:
    """What ``PATCH /conversations/{id}`` may say; ``None`` leaves a field alone."""

    title: str | None = None
    model: str | None = None
    reply_policy: ReplyPolicy | None = None


def parts(patch: Patch) -> Iterator[SetConversation]:
    """Yield one change for each field of the patch."""
    if patch.title is not None:
        yield SetConversation(title=patch.title)
    if patch.model is not None:
        yield SetConversation(model=patch.model)
    if patch.reply_policy is not None:
        yield SetConversation(reply_policy=patch.reply_policy)


class Deed(Protocol):
    """One thing to do to a conversation."""

    @property
    def key_suffix(self) -> str:
        """Tells the deeds of one request apart; empty for its first."""

    @property
    def fingerprint(self) -> str:
        """Tells a repeat of the deed from another deed."""

    async def plan(self, access: Access, seq: int) -> Plan | None:
        """Return event and changes for this place in the log; ``None``: it is so already.

        Raises: Refused.
        """


@dataclass(frozen=True, slots=True)
class Setting:
    """Set one field of the conversation."""

    user: User
    change: SetConversation
    index: int

    @property
    def key_suffix(self) -> str:
        """Count the fields of one patch."""
        return f".{self.index}" if self.index else ""

    @property
    def fingerprint(self) -> str:
        """Name field and value."""
        return repr(self.change)

    async def plan(self, access: Access, _seq: int) -> Plan | None:
        """Return the event that names the new value."""
        not_ended(access)
        kind, body = self._event()
        return Plan(Draft(kind, access.sender(self.user), body), (self.change,))

    def _event(self) -> tuple[Kind, Titled | ModelSelected | ReplyPolicySet]:
        change = self.change
        if change.title is not None:
            return Kind.TITLED, {"title": change.title}
        if change.model is not None:
            return Kind.MODEL_SELECTED, {"model": change.model}
        policy = change.reply_policy or ReplyPolicy.ALWAYS
        return Kind.REPLY_POLICY_SET, {"reply_policy": policy.value}


@dataclass(frozen=True, slots=True)
class Adding:
    """Make somebody a member."""

    conversations: Conversations
    user: User
    member: Member
    max_participants: int
    invited: bool = False
    key_suffix: str = ""

    @property
    def fingerprint(self) -> str:
        """Name who is added."""
        return f"add {self.member.user_id!r} {self.member.name!r}"

    async def plan(self, access: Access, _seq: int) -> Plan | None:
        """Return the ``joined`` event with the new member."""
        conversation = access.conversation
        there = await self.conversations.access(conversation.id, self.member.user_id)
        if there is not None and there.member is not None:
            return None
        not_ended(access)
        if conversation.member_count >= self.max_participants:
            raise full()
        body: Membership = {"user": _user(self.member)}
        add = AddMember(self.member, at_most=self.max_participants, invited=self.invited)
        return Plan(Draft(Kind.JOINED, access.sender(self.user), body), (add,))


@dataclass(frozen=True, slots=True)
class Removing:
    """Remove a member, or leave."""

    conversations: Conversations
    user: User
    user_id: UserId
    key_suffix: str = ""

    @property
    def fingerprint(self) -> str:
        """Name who is removed."""
        return f"remove {self.user_id!r}"

    async def plan(self, access: Access, _seq: int) -> Plan | None:
        """Return ``left`` or ``removed``."""
        leaves = self.user_id == self.user.id
        if not leaves and not access.is_owner:
            raise Refused(ErrorCode.NOT_ALLOWED, "Only owners remove others.")
        there = await self.conversations.access(access.conversation.id, self.user_id)
        if there is None or there.member is None:
            raise not_found()
        kind = Kind.LEFT if leaves else Kind.REMOVED
        body: Membership = {"user": _user(there.member)}
        owned = there.member.role is MemberRole.OWNER
        remove = RemoveMember(self.user_id, bars=not leaves, owned=owned)
        return Plan(Draft(kind, access.sender(self.user), body), (remove,))


def keyed(plan: Plan, deed: Deed, request: Request, remember: RememberRequest | None) -> Plan:
    """Return the plan with the request's key: as ``client_id``, and remembered with it."""
    if remember is None:
        return plan
    draft = plan.draft
    named = request.key if not deed.key_suffix else None
    changes: tuple[Change, ...] = (*plan.changes, remember)
    client_id = ClientId(named) if named else None
    return Plan(Draft(draft.kind, draft.sender, draft.body, client_id), changes)


def remembered_as(
    request: Request, suffix: str, fingerprint: str, result: Mapping[str, str]
) -> RememberRequest | None:
    """Return what to remember of the request; nothing without an ``Idempotency-Key``."""
    if request.key is None:
        return None
    digest = hashlib.sha256(fingerprint.encode()).hexdigest()
    return RememberRequest(request.user.id, request.key + suffix, digest, result)


def checked_user_id(text: str, field: str) -> UserId:
    """Return the user id.

    Raises: Refused ``invalid_field``.
    """
    if not is_user_id(text):
        raise Refused(ErrorCode.INVALID_FIELD, "Not a user id.", details={"field": field})
    return UserId(text)


def key_reused() -> Refused:
    """Return the refusal of a key that stands for something else."""
    return Refused(ErrorCode.CLIENT_ID_REUSED, "This Idempotency-Key was used for something else.")


def full() -> Refused:
    """Return the refusal of one participant too many."""
    return Refused(ErrorCode.CONVERSATION_FULL, "The conversation has no place left.")


def not_ended(access: Access) -> None:
    """Let pass what has not ended.

    Raises: Refused ``conversation_ended``.
    """
    if access.conversation.ended_at_ms is not None:
        raise Refused(ErrorCode.CONVERSATION_ENDED, "The conversation has ended.")


def known_model(model: str, assistants: Sequence[Assistant]) -> None:
    """Let pass what may be chosen.

    Raises: Refused ``unknown_model``.
    """
    if model not in {each.name for each in assistants}:
        raise Refused(ErrorCode.UNKNOWN_MODEL, "There is no such model.")


def _user(member: Member) -> Person:
    return {"id": member.user_id, "name": member.name}
