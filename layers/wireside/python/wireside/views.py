"""What clients see of people, assistants and conversations, over HTTP and inside frames."""

from collections.abc import Sequence

from wireside import wire
from wireside.domain.conversation import (
    Assistant,
    Conversation,
    Member,
    MemberRole,
    Roster,
    User,
)
from wireside.domain.events import Event
from wireside.domain.forgetting import Order
from wireside.frames import ConversationView, MemberView, Named, UserView
from wireside.pages import Forgotten


def user_json(user: User) -> UserView:
    """Return a person as ``welcome`` shows them."""
    roles = sorted(role.value for role in user.roles)
    return {"id": user.id, "name": user.name, "roles": roles}


def models_json(assistants: Sequence[Assistant]) -> list[Named]:
    """Return what may be chosen as a conversation's model."""
    return [{"id": each.name, "name": each.display_name} for each in assistants]


def conversation_json(
    conversation: Conversation,
    roster: Roster,
    head: Event | None,
    *,
    assistants: Sequence[Assistant],
    read_seq: int,
    read_n: int = 0,
) -> ConversationView:
    """Return a conversation as HTTP and ``opened`` show it."""
    members = [_member_json(each) for each in roster.members]
    helpers = [_assistant_json(each, conversation) for each in assistants]
    operator = conversation.operator
    seen: ConversationView = {
        "id": conversation.id,
        "title": conversation.title,
        "created_at": wire.timestamp(conversation.created_at_ms),
        "last_at": wire.timestamp(head.at_ms if head else conversation.created_at_ms),
        "head": head.seq if head else 0,
        "n": head.n if head else 0,
        "read_seq": read_seq,
        "unread": max(0, (head.n if head else 0) - read_n),
        "model": conversation.model,
        "reply_policy": conversation.reply_policy.value,
        "input_mode": "multi" if len(roster.members) > 1 else "single",
        "members": [*members, *helpers],
        "operator_assisted": conversation.operator_assisted,
    }
    if operator is not None:
        seen["operator"] = {"id": operator.id, "name": operator.name}
    if conversation.ended_at_ms is not None:
        seen["ended_at"] = wire.timestamp(conversation.ended_at_ms)
    if conversation.shared is not None:
        seen["shared"] = {
            "through_seq": conversation.shared.through_seq,
            "created_at": wire.timestamp(conversation.shared.at_ms),
        }
    return seen


def fitted(seen: ConversationView, at_most_bytes: int) -> ConversationView:
    """Return a conversation for a frame: where it is too large, with its members' names cut.

    Whoever adds members chooses their names, and nobody may keep others from opening it by that.
    """
    if len(wire.encode(seen)) <= at_most_bytes:
        return seen
    nameless = {**seen, "members": _named(seen["members"], 0)}
    room = at_most_bytes - len(wire.encode(nameless))
    share = max(0, room // len(seen["members"]))
    return {**seen, "members": _named(seen["members"], share)}


def _named(members: Sequence[MemberView], at_most_bytes: int) -> list[MemberView]:
    return [{**each, "name": wire.head(each["name"], at_most_bytes)} for each in members]


def _member_json(member: Member) -> MemberView:
    return {
        "id": member.user_id,
        "name": member.name,
        "type": "human",
        "role": member.role.value,
        "joined_at": wire.timestamp(member.joined_at_ms),
    }


def _assistant_json(assistant: Assistant, conversation: Conversation) -> MemberView:
    return {
        "id": assistant.id,
        "name": assistant.display_name,
        "type": "assistant",
        "role": MemberRole.MEMBER.value,
        "joined_at": wire.timestamp(conversation.created_at_ms),
    }


def forgotten_json(order: Order) -> Forgotten:
    """Return how far it is with an order to forget somebody."""
    seen: Forgotten = {
        "state": "under_way" if order.done_at_ms is None else "done",
        "asked_at": wire.timestamp(order.asked_at_ms),
    }
    if order.done_at_ms is not None:
        seen["done_at"] = wire.timestamp(order.done_at_ms)
    return seen
