"""Conversation items, their members, and the lists of conversations."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import (
    Item,
    flag,
    nested,
    number,
    numbers,
    optional_number,
    optional_text,
    pack,
    text,
)
from wireside.adapters.dynamodb.changes import request_item
from wireside.adapters.dynamodb.members import (
    list_sort,
    member_from_item,
    member_to_item,
    roster_from_items,
)
from wireside.adapters.dynamodb.table import (
    ConditionFailed,
    Conflict,
    Table,
    TransactionCancelled,
)
from wireside.domain.changes import RememberRequest
from wireside.domain.conversation import (
    Access,
    Conversation,
    Member,
    ReplyPolicy,
    Roster,
    Shared,
    Whole,
)
from wireside.domain.errors import ErrorCode, Refused, Unavailable
from wireside.domain.events import (
    AssistantId,
    ConversationId,
    Participant,
    SenderType,
    UserId,
)
from wireside.ports import Listed, RequestRecord

MEMBERS_A_TRANSACTION = 90
PLACE = re.compile("[0-9]{15}#([A-Za-z0-9_-]{1,64})")
"""What is in the index: see ``list_sort``."""
MARK_TRIES = 5


def to_item(conversation: Conversation) -> Item:
    """Return the item of a conversation."""
    attributes = pack(
        {
            "created_at": conversation.created_at_ms,
            "title": conversation.title,
            "model": conversation.model,
            "reply_policy": conversation.reply_policy.value,
            "epoch": conversation.epoch,
            "operator_epoch": conversation.operator_epoch,
            "operator": _operator_values(conversation.operator),
            "operator_assisted": conversation.operator_assisted or None,
            "silenced_through": conversation.silenced_through or None,
            "stopped_through": conversation.stopped_through or None,
            "title_seq": conversation.title_seq,
            "ended_at": conversation.ended_at_ms,
            "member_count": conversation.member_count,
            **shared_values(conversation.shared),
            "answered_through": {str(k): v for k, v in conversation.answered_through.items()},
        }
    )
    return keys.conversation(conversation.id) | attributes


def _operator_values(operator: Participant | None) -> dict[str, str] | None:
    return {"id": operator.id, "name": operator.name} if operator else None


def shared_values(shared: Shared | None) -> dict[str, str | int]:
    """Return what the conversation item has of its link."""
    if shared is None:
        return {}
    return {
        "link_id": shared.link_id,
        "link_through": shared.through_seq,
        "link_at": shared.at_ms,
    }


def _shared_of(item: Item) -> Shared | None:
    if "link_id" not in item:
        return None
    return Shared(text(item, "link_id"), number(item, "link_through"), number(item, "link_at"))


def is_conversation(item: Item) -> bool:
    """Whether this is the conversation's own item."""
    return text(item, "sk") == keys.CONVERSATION_SORT


def operator_of(item: Item) -> Participant | None:
    """Return who holds the conversation of this item."""
    operator = nested(item, "operator")
    if operator is None:
        return None
    return Participant(text(operator, "id"), text(operator, "name"), SenderType.OPERATOR)


def from_item(item: Item) -> Conversation:
    """Return the conversation of an item."""
    answered = numbers(item, "answered_through")
    return Conversation(
        id=keys.conversation_of(text(item, "pk")),
        created_at_ms=number(item, "created_at"),
        model=text(item, "model"),
        title=optional_text(item, "title"),
        reply_policy=ReplyPolicy(text(item, "reply_policy")),
        epoch=text(item, "epoch"),
        operator_epoch=number(item, "operator_epoch"),
        operator=operator_of(item),
        operator_assisted=flag(item, "operator_assisted"),
        silenced_through=number(item, "silenced_through"),
        stopped_through=number(item, "stopped_through"),
        title_seq=optional_number(item, "title_seq"),
        ended_at_ms=optional_number(item, "ended_at"),
        deleted=flag(item, "deleted"),
        member_count=number(item, "member_count"),
        shared=_shared_of(item),
        answered_through={AssistantId(name): seq for name, seq in answered.items()},
    )


@dataclass(frozen=True, slots=True)
class DynamoConversations:
    """``ports.Conversations`` on the table."""

    table: Table

    async def access(
        self, conversation_id: ConversationId, user_id: UserId | None
    ) -> Access | None:
        """Read conversation and member in one call."""
        wanted = [keys.conversation(conversation_id)]
        if user_id is not None:
            wanted.append(keys.member(conversation_id, user_id))
        found, *members = await self.table.get_many(wanted)
        if found is None:
            return None
        member = next((member_from_item(each) for each in members if each), None)
        return Access(from_item(found), member)

    async def roster(self, conversation_id: ConversationId) -> Roster:
        """Read members, subscriptions and the conversation, which lies next to them, in a query."""
        return _roster(await self._members_and_conversation(conversation_id))

    async def whole(self, conversation_id: ConversationId) -> Whole | None:
        """Read the same, and keep the conversation."""
        items = await self._members_and_conversation(conversation_id)
        found = next((each for each in items if is_conversation(each)), None)
        return Whole(from_item(found), _roster(items)) if found is not None else None

    async def _members_and_conversation(self, conversation_id: ConversationId) -> list[Item]:
        return await self.table.query_all(
            KeyConditionExpression="pk = :p AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=pack(
                {
                    ":p": keys.conversation_partition(conversation_id),
                    ":first": keys.MEMBER_PREFIX,
                    ":last": keys.CONVERSATION_SORT,
                }
            ),
            ConsistentRead=True,
        )

    async def create(
        self,
        conversation: Conversation,
        members: Sequence[Member],
        request: RememberRequest | None,
    ) -> bool:
        """Store members beyond the first 90 before: without the conversation nobody sees them."""
        at_ms = conversation.created_at_ms
        items = [member_to_item(conversation.id, each, active_at_ms=at_ms) for each in members]
        for item in items[MEMBERS_A_TRANSACTION:]:
            await self.table.put(item)
        counted = to_item(conversation) | pack({"member_count": len(members)})
        new: list[Item] = [counted, _activity(conversation), *items[:MEMBERS_A_TRANSACTION]]
        if request is not None:
            new.insert(0, request_item(None, request, now_ms=at_ms))
        writes: list[dict[str, Any]] = [
            {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
            for item in new
        ]
        try:
            await self.table.transact(writes)
        except (TransactionCancelled, Conflict):
            return False
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
        """Query the index ``by_user``, newest first."""
        arguments: dict[str, Any] = {}
        if cursor is not None:
            arguments["ExclusiveStartKey"] = _start(user_id, cursor)
        page = await self.table.query(
            IndexName=keys.BY_USER,
            KeyConditionExpression="user_pk = :u",
            ExpressionAttributeValues=pack({":u": keys.user_partition(user_id)}),
            ScanIndexForward=False,
            Limit=limit,
            **arguments,
        )
        last = page.get("LastEvaluatedKey")
        return tuple(map(_listed, page["Items"])), _cursor(last) if last else None

    async def remembered(
        self, user_id: UserId, key: str, conversation_id: ConversationId | None
    ) -> RequestRecord | None:
        """Read what was done under this key."""
        item = await self.table.get(keys.request(conversation_id, user_id, key))
        if item is None:
            return None
        result = nested(item, "result") or {}
        return RequestRecord(
            text(item, "fingerprint"), {name: text(result, name) for name in result}
        )

    async def bump(
        self, conversation_id: ConversationId, members: Sequence[Member], *, at_ms: int
    ) -> None:
        """Rewrite each member's sort key in the index; never backwards."""
        for member in members:
            try:
                await self.table.update(
                    keys.member(conversation_id, member.user_id),
                    UpdateExpression="SET user_sk = :s",
                    ConditionExpression="attribute_exists(pk) AND user_sk < :s",
                    ExpressionAttributeValues=pack({":s": list_sort(conversation_id, at_ms)}),
                )
            except ConditionFailed:
                continue

    async def mark_read(
        self, conversation_id: ConversationId, user_id: UserId, *, seq: int, n: int
    ) -> bool:
        """Write both numbers into the member, upwards only."""
        for _ in range(MARK_TRIES):
            try:
                await self.table.update(
                    keys.member(conversation_id, user_id),
                    UpdateExpression="SET read_seq = :seq, read_n = :n",
                    ConditionExpression="attribute_exists(pk) AND read_seq < :seq",
                    ExpressionAttributeValues=pack({":seq": seq, ":n": n}),
                )
            except ConditionFailed:
                return False
            except Conflict:
                continue  # a connection of theirs opens the conversation at this moment
            return True
        message = "The conversation is too busy."
        raise Unavailable(message)

    async def claim_activity(
        self, conversation_id: ConversationId, *, now_ms: int, every_ms: int
    ) -> bool:
        """Take the marker unless somebody took it within ``every_ms``."""
        try:
            await self.table.update(
                keys.activity(conversation_id),
                UpdateExpression="SET told_at = :now, user_pk = :a, user_sk = :s",
                ConditionExpression="attribute_not_exists(told_at) OR told_at <= :before",
                ExpressionAttributeValues=pack(
                    {
                        ":now": now_ms,
                        ":before": now_ms - every_ms,
                        ":a": keys.ACTIVE,
                        ":s": list_sort(conversation_id, now_ms),
                    }
                ),
            )
        except ConditionFailed:
            return False
        return True

    async def suggest_title(self, conversation_id: ConversationId, title: str, seq: int) -> None:
        """Set the title where there is none, while the message that it is made of is there."""
        check = {
            "Key": keys.event(conversation_id, seq),
            "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(deleted)",
        }
        named = {
            "Key": keys.conversation(conversation_id),
            "UpdateExpression": "SET title = :t, title_seq = :s",
            "ConditionExpression": (
                "attribute_exists(pk) AND attribute_not_exists(title)"
                " AND attribute_not_exists(deleted)"
            ),
            "ExpressionAttributeValues": pack({":t": title, ":s": seq}),
        }
        try:
            await self.table.transact([{"ConditionCheck": check}, {"Update": named}])
        except (TransactionCancelled, Conflict):
            return

    async def stop_through(self, conversation_id: ConversationId, seq: int) -> None:
        """Raise the number, never lower it."""
        try:
            await self.table.update(
                keys.conversation(conversation_id),
                UpdateExpression="SET stopped_through = :s",
                ConditionExpression=(
                    "attribute_exists(pk)"
                    " AND (attribute_not_exists(stopped_through) OR stopped_through < :s)"
                ),
                ExpressionAttributeValues=pack({":s": seq}),
            )
        except ConditionFailed:
            return


def _roster(items: Sequence[Item]) -> Roster:
    operators = [operator_of(each) for each in items if is_conversation(each)]
    roster = roster_from_items([each for each in items if not is_conversation(each)])
    operator = next(iter(operators), None)
    return replace(roster, operator_id=operator.id if operator else None)


def _activity(conversation: Conversation) -> Item:
    """Return the marker of a new conversation: it is active, and nobody was told of anything."""
    place = list_sort(conversation.id, conversation.created_at_ms)
    return keys.activity(conversation.id) | pack({"user_pk": keys.ACTIVE, "user_sk": place})


def _listed(item: Item) -> Listed:
    at_ms, _, _ = text(item, "user_sk").partition("#")
    return Listed(keys.conversation_of(text(item, "pk")), int(at_ms), _cursor(item))


def _cursor(last: Item) -> str:
    place = [keys.conversation_of(text(last, "pk")), text(last, "user_sk")]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _start(user_id: UserId, cursor: str) -> Item:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        conversation_id, user_sort = json.loads(base64.urlsafe_b64decode(padded))
        place = PLACE.fullmatch(user_sort)
    except (RecursionError, TypeError, ValueError) as error:
        raise _no_cursor() from error
    if place is None or place[1] != conversation_id:
        raise _no_cursor()
    key = keys.member(ConversationId(place[1]), user_id)
    return key | pack({"user_pk": keys.user_partition(user_id), "user_sk": user_sort})


def _no_cursor() -> Refused:
    details = {"field": "cursor"}
    return Refused(ErrorCode.INVALID_FIELD, "Not a cursor of this list.", details=details)
