"""Conversations, their members, and who may do what in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

from wireside.domain.events import (
    ASSISTANT_PREFIX,
    AssistantId,
    ConnectionId,
    ConversationId,
    Participant,
    SenderType,
    UserId,
)
from wireside.domain.usage import Prices

MAX_TITLE_CODE_POINTS = 50
"""Requirement B7: names made from the first message have at most this many code points."""


class Role(StrEnum):
    """Roles that a token may carry."""

    USER = "user"
    OPERATOR = "operator"
    ADMIN = "admin"


class ReplyPolicy(StrEnum):
    """When assistants answer."""

    ALWAYS = "always"
    MENTION = "mention"
    OFF = "off"


class MemberRole(StrEnum):
    """What a member may do to other members."""

    OWNER = "owner"
    MEMBER = "member"


@dataclass(frozen=True, slots=True)
class User:
    """A signed-in person, as the token says. ``expires_at`` is in seconds since the epoch."""

    id: UserId
    name: str
    roles: frozenset[Role]
    expires_at: int

    @property
    def participant(self) -> Participant:
        """The user as the sender of an event."""
        return Participant(self.id, self.name, SenderType.HUMAN)

    @property
    def is_operator(self) -> bool:
        """Whether the token says that they may take over."""
        return bool(self.roles & {Role.OPERATOR, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class System:
    """The service itself, with the purpose for which it looks into a conversation."""

    purpose: Literal["reply", "activity", "join", "operate", "repeat", "sweep", "share", "forget"]


type Principal = User | System


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an assistant's provider is waited for, and how often it is asked (C8)."""

    first_byte_seconds: float = 30
    chunk_seconds: float = 20
    answer_seconds: float = 285
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Search:
    """How a server of NLWeb is asked.

    ``generation`` is that of its protocol: ``query`` parameters, or ``json``. ``mode`` is what is
    wanted: a ``list`` of results, one with a summary, or an answer. ``site`` narrows the search.
    """

    generation: Literal["query", "json"] = "query"
    mode: Literal["list", "summarize", "generate"] = "summarize"
    site: str | None = None


@dataclass(frozen=True, slots=True)
class Assistant:
    """One configured assistant. ``provider`` names the adapter that speaks for it.

    ``api_key_parameter`` is the name of a secret, never the secret. ``prices``: ``None`` where
    nobody knows what its answers cost.
    """

    name: str
    provider: str
    model: str
    display_name: str
    system_prompt: str
    context_tokens: int
    base_url: str = ""
    api_key_parameter: str | None = None
    region: str | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    patience: Patience = Patience()
    search: Search = Search()
    tools: tuple[str, ...] = ()
    prices: Prices | None = None

    @property
    def id(self) -> AssistantId:
        """The participant id, ``assistant:<name>``."""
        return AssistantId(f"{ASSISTANT_PREFIX}{self.name}")

    @property
    def participant(self) -> Participant:
        """The assistant as the sender of an event."""
        return Participant(self.id, self.display_name, SenderType.ASSISTANT)


def departed(assistant_id: AssistantId) -> Assistant:
    """Return what stands for an assistant that owes an answer and is not configured any more."""
    name = assistant_id.removeprefix(ASSISTANT_PREFIX)
    return Assistant(
        name=name,
        provider="",
        model=name,
        display_name=name,
        system_prompt="",
        context_tokens=0,
    )


@dataclass(frozen=True, slots=True)
class Shared:
    """How far a conversation is shared, since when, and the id of the link that shows it."""

    link_id: str
    through_seq: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Conversation:
    """The state item of a conversation. ``answered_through`` maps assistant id to seq.

    ``operator_epoch`` grows whenever all assistants are silenced, and ``silenced_through`` is the
    seq of the event that did so: nobody owes anything up to there, configured or not.
    ``stopped_through``: every turn that begins up to there is stopped. ``title_seq``: the event
    that the title was made from.
    """

    id: ConversationId
    created_at_ms: int
    model: str
    title: str | None = None
    reply_policy: ReplyPolicy = ReplyPolicy.ALWAYS
    epoch: str = "1"
    operator_epoch: int = 0
    operator: Participant | None = None
    operator_assisted: bool = False
    silenced_through: int = 0
    stopped_through: int = 0
    title_seq: int | None = None
    ended_at_ms: int | None = None
    deleted: bool = False
    member_count: int = 0
    shared: Shared | None = None
    answered_through: Mapping[AssistantId, int] = field(default_factory=dict)

    @property
    def next_epoch(self) -> str:
        """The epoch after this one: it makes every client reload."""
        return str(int(self.epoch) + 1)

    def answered(self, assistant_id: AssistantId) -> int:
        """The seq up to which this assistant owes nothing any more; 0 at the start."""
        return max(self.answered_through.get(assistant_id, 0), self.silenced_through)


@dataclass(frozen=True, slots=True)
class Member:
    """A person's place in a conversation. ``read_n`` is ``n`` at ``read_seq``."""

    user_id: UserId
    name: str
    role: MemberRole
    joined_at_ms: int
    read_seq: int = 0
    read_n: int = 0


@dataclass(frozen=True, slots=True)
class Subscription:
    """One connection that has one conversation open.

    ``expires_at`` (seconds) is when its user's token ends, ``connected_at_ms`` when the line began.
    """

    user_id: UserId
    connection_id: ConnectionId
    expires_at: int
    connected_at_ms: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Members and all subscriptions, as one strongly consistent read saw them.

    ``operator_id``: who holds the conversation; an operator listens without being a member.
    """

    members: tuple[Member, ...]
    subscriptions: tuple[Subscription, ...]
    operator_id: str | None = None

    def listeners(self, *, now_seconds: float) -> tuple[Subscription, ...]:
        """Subscriptions that may hear: of members and the operator, with a token that holds."""
        members = {str(member.user_id) for member in self.members} | {self.operator_id}
        return tuple(
            each
            for each in self.subscriptions
            if each.user_id in members and each.expires_at > now_seconds
        )


@dataclass(frozen=True, slots=True)
class Whole:
    """A conversation and all who are in it, as one strongly consistent read saw them."""

    conversation: Conversation
    roster: Roster


@dataclass(frozen=True, slots=True)
class Access:
    """A conversation together with the right in which somebody holds it."""

    conversation: Conversation
    member: Member | None

    @property
    def is_owner(self) -> bool:
        """Whether the holder may remove others."""
        return self.member is not None and self.member.role is MemberRole.OWNER

    def is_operated_by(self, user: User) -> bool:
        """Whether this user holds the conversation as its operator."""
        operator = self.conversation.operator
        return operator is not None and operator.id == user.id and user.is_operator

    def sender(self, user: User) -> Participant:
        """Return the user as the sender of an event here: a human, or the operator."""
        if self.is_operated_by(user):
            return Participant(user.id, user.name, SenderType.OPERATOR)
        return user.participant


def addressed_by(
    conversation: Conversation, mentions: Collection[str], assistants: Sequence[Assistant]
) -> tuple[AssistantId, ...]:
    """Decide, once, which assistants owe an outcome to a human message.

    Mentioned assistants answer; without a mention of one, the conversation's own assistant does
    under ``always``, or the first one where that is not configured any more. Nobody is addressed
    under ``off`` or while an operator holds the conversation.
    """
    if conversation.reply_policy is ReplyPolicy.OFF or conversation.operator is not None:
        return ()
    mentioned = tuple(each.id for each in assistants if each.id in mentions)
    if mentioned or conversation.reply_policy is ReplyPolicy.MENTION:
        return mentioned
    own = [each for each in assistants if each.name == conversation.model]
    return tuple(each.id for each in (own or assistants)[:1])


def title_from(text: str) -> str | None:
    """Make a conversation's name from its first message: one line, at most 50 code points."""
    line = " ".join(text.split())
    if len(line) <= MAX_TITLE_CODE_POINTS:
        return line or None
    return line[: MAX_TITLE_CODE_POINTS - 1].rstrip() + "…"
