"""Invitations in the table, by the hashes of their tokens."""

from dataclasses import dataclass

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, number, pack, text
from wireside.adapters.dynamodb.changes import request_item
from wireside.adapters.dynamodb.table import Conflict, Table, TransactionCancelled
from wireside.domain.changes import RememberRequest
from wireside.domain.events import ConversationId, UserId
from wireside.domain.invites import Invite


def to_item(invite: Invite) -> Item:
    """Return the item of an invitation; it goes by itself when it has run out."""
    attributes = pack(
        {
            "conversation_id": invite.conversation_id,
            "until": invite.until,
            "ttl": invite.until,
            "made_by": invite.by,
            **keys.of_person(invite.by, keys.INVITE_PREFIX, invite.id),
        }
    )
    return keys.invite(invite.id) | attributes


def from_item(item: Item) -> Invite:
    """Return the invitation of an item."""
    return Invite(
        id=keys.invite_of(text(item, "pk")),
        conversation_id=ConversationId(text(item, "conversation_id")),
        until=number(item, "until"),
        by=UserId(text(item, "made_by")),
    )


@dataclass(frozen=True, slots=True)
class DynamoInvites:
    """``ports.Invites`` on the table."""

    table: Table

    async def keep(self, invite: Invite, request: RememberRequest | None, *, now_ms: int) -> bool:
        """Put the invitation, and the request in the same transaction where there is one."""
        if request is None:
            await self.table.put(to_item(invite))
            return True
        done = request_item(invite.conversation_id, request, now_ms=now_ms)
        try:
            await self.table.transact(
                [
                    {"Put": {"Item": done, "ConditionExpression": "attribute_not_exists(pk)"}},
                    {"Put": {"Item": to_item(invite)}},
                ]
            )
        except (TransactionCancelled, Conflict):
            return False
        return True

    async def is_barred(self, conversation_id: ConversationId, user_id: UserId) -> bool:
        """Look for the bar, strongly."""
        return await self.table.get(keys.bar(conversation_id, user_id)) is not None

    async def read(self, invite_id: str) -> Invite | None:
        """Read the invitation, strongly."""
        item = await self.table.get(keys.invite(invite_id))
        return from_item(item) if item is not None else None
