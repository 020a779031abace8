"""One table in memory: the state that the fakes of its roles share."""

from dataclasses import dataclass, field

from wireside.domain.conversation import Conversation, Member, Subscription
from wireside.domain.events import (
    AssistantId,
    ConnectionId,
    ConversationId,
    Event,
    RunId,
    UserId,
)
from wireside.domain.forgetting import Order, Trace
from wireside.domain.invites import Invite
from wireside.domain.links import SharedLink
from wireside.domain.quotas import Amount
from wireside.domain.runs import Run
from wireside.domain.searches import Signature
from wireside.domain.tickets import Ticket
from wireside.ports import Connection, Place, RequestRecord


@dataclass(slots=True)
class MemoryStore:
    """All items, by their keys. Every method of the fakes is one atomic step on it."""

    conversations: dict[ConversationId, Conversation] = field(default_factory=dict)
    logs: dict[ConversationId, list[Event]] = field(default_factory=dict)
    members: dict[tuple[ConversationId, UserId], Member] = field(default_factory=dict)
    subscriptions: dict[tuple[ConversationId, UserId, ConnectionId], Subscription] = field(
        default_factory=dict
    )
    typing: dict[tuple[ConversationId, ConnectionId], tuple[int, bool]] = field(
        default_factory=dict
    )
    connections: dict[ConnectionId, Connection] = field(default_factory=dict)
    places: set[Place] = field(default_factory=set)
    connects: dict[tuple[str, int], int] = field(default_factory=dict)
    active_at: dict[tuple[UserId, ConversationId], int] = field(default_factory=dict)
    activity: dict[ConversationId, int] = field(default_factory=dict)
    last_active: dict[ConversationId, int] = field(default_factory=dict)
    requests: dict[tuple[ConversationId | None, UserId, str], RequestRecord] = field(
        default_factory=dict
    )
    runs: dict[tuple[ConversationId, str, int], Run] = field(default_factory=dict)
    chunks: dict[tuple[RunId, int], dict[int, str]] = field(default_factory=dict)
    provider_memory: dict[tuple[ConversationId, AssistantId], str] = field(default_factory=dict)
    quotas: dict[tuple[str, str, int], Amount] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    barred: dict[tuple[ConversationId, UserId], bool] = field(default_factory=dict)
    invites: dict[str, Invite] = field(default_factory=dict)
    traces: dict[tuple[ConversationId, UserId], Trace] = field(default_factory=dict)
    orders: dict[UserId, Order] = field(default_factory=dict)
    left_at: dict[UserId, int] = field(default_factory=dict)
    queued_at: dict[UserId, int] = field(default_factory=dict)
    links: dict[str, SharedLink] = field(default_factory=dict)
    deleted_at: dict[ConversationId, int] = field(default_factory=dict)
    signatures: dict[tuple[ConversationId, int], tuple[Signature, int]] = field(
        default_factory=dict
    )
    messages: dict[tuple[UserId, int], int] = field(default_factory=dict)

    def log(self, conversation_id: ConversationId) -> list[Event]:
        """Return the conversation's log, from seq 1 on."""
        return self.logs.setdefault(conversation_id, [])
