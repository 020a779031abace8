"""The transactions by which a connection begins to listen, and goes on with a newer token."""

from collections.abc import Sequence
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Value, pack
from wireside.adapters.dynamodb.members import subscription_to_item
from wireside.domain.conversation import Subscription, User
from wireside.domain.events import ConversationId
from wireside.ports import Connection


def subscribing(
    connection: Connection, conversation_id: ConversationId, at_most: int, *, as_operator: bool
) -> list[dict[str, Any]]:
    """Return the member's write, then the subscription's, then the connection's.

    Each has its condition: that there is a member, or that the operator holds the conversation;
    and that the connection is as it is known and has room for one more.
    """
    user = connection.user
    subscription = Subscription(user.id, connection.id, user.expires_at, connection.connected_at_ms)
    roomy = "attribute_not_exists(#open) OR contains(#open, :one) OR size(#open) < :max"
    return [
        _as_operator(user, conversation_id) if as_operator else _as_member(user, conversation_id),
        {"Put": {"Item": subscription_to_item(conversation_id, subscription)}},
        {
            "Update": {
                "Key": keys.connection(connection.id),
                "UpdateExpression": "ADD #open :c",
                # What is opened while the connection is refreshed would expire with the old token.
                "ConditionExpression": f"expires_at = :expiry AND ({roomy})",
                "ExpressionAttributeNames": {"#open": "open"},
                "ExpressionAttributeValues": pack(
                    {
                        ":expiry": user.expires_at,
                        ":c": frozenset({conversation_id}),
                        ":one": conversation_id,
                        ":max": at_most,
                    }
                ),
            }
        },
    ]


def _as_member(user: User, conversation_id: ConversationId) -> dict[str, Any]:
    """The name that a member was added under gives way to the one in their token."""
    return {
        "Update": {
            "Key": keys.member(conversation_id, user.id),
            "UpdateExpression": "SET #name = :name",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeNames": {"#name": "name"},
            "ExpressionAttributeValues": pack({":name": user.name}),
        }
    }


def _as_operator(user: User, conversation_id: ConversationId) -> dict[str, Any]:
    return {
        "ConditionCheck": {
            "Key": keys.conversation(conversation_id),
            "ConditionExpression": "#operator.id = :me AND attribute_not_exists(deleted)",
            "ExpressionAttributeNames": {"#operator": "operator"},
            "ExpressionAttributeValues": pack({":me": user.id}),
        }
    }


def refreshing(
    connection: Connection, listening: Sequence[ConversationId], ticket_id: str | None
) -> list[dict[str, Any]]:
    """Return the connection's write, then one for each subscription, then the ticket's."""
    user = connection.user
    expiry = pack({":expiry": user.expires_at})
    writes = [_refresh_connection(connection)]
    writes += [
        {
            "Update": {
                "Key": keys.subscription(each, user.id, connection.id),
                "UpdateExpression": "SET expires_at = :expiry, #ttl = :expiry",
                "ConditionExpression": "attribute_exists(pk)",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": expiry,
            }
        }
        for each in listening
    ]
    if ticket_id:
        condition = "attribute_exists(pk)"
        writes.append({"Delete": {"Key": keys.ticket(ticket_id), "ConditionExpression": condition}})
    return writes


def _refresh_connection(connection: Connection) -> dict[str, Any]:
    """Return the connection's write, on the condition that it has open what we know of."""
    known = "#open = :open" if connection.open else "attribute_not_exists(#open)"
    values: dict[str, Value | None] = {
        ":expiry": connection.user.expires_at,
        ":roles": frozenset(role.value for role in connection.user.roles),
        ":open": connection.open,
        ":ticket": connection.refreshed_by,
    }
    changes = ["expires_at = :expiry", "#roles = :roles"]
    changes += ["refreshed_by = :ticket"] if connection.refreshed_by else []
    return {
        "Update": {
            "Key": keys.connection(connection.id),
            "UpdateExpression": f"SET {', '.join(changes)}",
            "ConditionExpression": f"attribute_exists(pk) AND {known}",
            "ExpressionAttributeNames": {"#open": "open", "#roles": "roles"},
            "ExpressionAttributeValues": pack(values),
        }
    }
