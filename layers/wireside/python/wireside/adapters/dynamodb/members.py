"""Members and the subscriptions beneath them, as items."""

from collections.abc import Iterable

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, number, pack, text
from wireside.domain.conversation import Member, MemberRole, Roster, Subscription
from wireside.domain.events import ConnectionId, ConversationId, UserId

PARTS_OF_SUBSCRIPTION = 3


def list_sort(conversation_id: ConversationId, at_ms: int) -> str:
    """Return a member's sort key in ``by_user``: time, then conversation."""
    return f"{keys.list_time(at_ms)}#{conversation_id}"


def member_to_item(conversation_id: ConversationId, member: Member, *, active_at_ms: int) -> Item:
    """Return the item of a member, which is also the conversation's entry in their list."""
    attributes = pack(
        {
            "user_id": member.user_id,
            "name": member.name,
            "role": member.role.value,
            "joined_at": member.joined_at_ms,
            "read_seq": member.read_seq,
            "read_n": member.read_n,
            "user_pk": keys.user_partition(member.user_id),
            "user_sk": list_sort(conversation_id, active_at_ms),
        }
    )
    return keys.member(conversation_id, member.user_id) | attributes


def member_from_item(item: Item) -> Member:
    """Return the member of an item."""
    return Member(
        user_id=UserId(text(item, "user_id")),
        name=text(item, "name"),
        role=MemberRole(text(item, "role")),
        joined_at_ms=number(item, "joined_at"),
        read_seq=number(item, "read_seq"),
        read_n=number(item, "read_n"),
    )


def subscription_to_item(conversation_id: ConversationId, subscription: Subscription) -> Item:
    """Return the item of a subscription; it goes by itself when its token has ended."""
    key = keys.subscription(conversation_id, subscription.user_id, subscription.connection_id)
    return key | pack(
        {
            "expires_at": subscription.expires_at,
            "connected_at": subscription.connected_at_ms,
            "ttl": subscription.expires_at,
        }
    )


def subscription_from_item(item: Item) -> Subscription:
    """Return the subscription of an item; user and connection are in its key."""
    _, user_id, connection_id = text(item, "sk").split("#")
    return Subscription(
        user_id=UserId(user_id),
        connection_id=ConnectionId(connection_id),
        expires_at=number(item, "expires_at"),
        connected_at_ms=number(item, "connected_at"),
    )


def roster_from_items(items: Iterable[Item]) -> Roster:
    """Return members and subscriptions, told apart by their keys; owners first, then by time."""
    members, subscriptions = [], []
    for item in items:
        if len(text(item, "sk").split("#")) == PARTS_OF_SUBSCRIPTION:
            subscriptions.append(subscription_from_item(item))
        else:
            members.append(member_from_item(item))
    members.sort(key=lambda each: (each.role is not MemberRole.OWNER, each.joined_at_ms))
    return Roster(tuple(members), tuple(subscriptions))
