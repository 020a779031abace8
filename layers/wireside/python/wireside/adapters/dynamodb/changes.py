"""State changes as items of a transaction.

An item may stand in a transaction only once, so all changes of the conversation item are one
update.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, Value, attribute, pack
from wireside.adapters.dynamodb.members import member_to_item
from wireside.domain.changes import (
    AddMember,
    Change,
    RememberRequest,
    RemoveMember,
    SetConversation,
    SettleRun,
)
from wireside.domain.events import ConversationId
from wireside.domain.runs import RunState

REQUEST_SECONDS = 24 * 60 * 60

type Write = dict[str, Any]


def transact_items(
    conversation_id: ConversationId, changes: Sequence[Change], *, at_ms: int
) -> list[Write]:
    """Return the transaction's items for these changes."""
    update = _ConversationUpdate()
    writes: list[Write] = []
    for change in changes:
        writes += _writes(conversation_id, change, update, at_ms=at_ms)
    return writes + list(update.write(conversation_id))


def _writes(
    conversation_id: ConversationId, change: Change, update: "_ConversationUpdate", *, at_ms: int
) -> Iterator[Write]:
    match change:
        case SetConversation():
            update.set(
                title=change.title,
                model=change.model,
                reply_policy=change.reply_policy.value if change.reply_policy else None,
            )
            update.require("attribute_not_exists(ended_at)")
        case AddMember():
            update.add("member_count", 1)
            update.require("member_count < :at_most", at_most=change.at_most)
            update.require("attribute_not_exists(ended_at)")
            item = member_to_item(conversation_id, change.member, active_at_ms=at_ms)
            yield {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        case RemoveMember():
            update.add("member_count", -1)
            key = keys.member(conversation_id, change.user_id)
            yield {"Delete": {"Key": key, "ConditionExpression": "attribute_exists(pk)"}}
        case RememberRequest():
            item = request_item(conversation_id, change, now_ms=at_ms)
            yield {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        case SettleRun():
            update.settle(change)
            yield _ended_run(conversation_id, change)
        case _:
            assert_never(change)


def request_item(
    conversation_id: ConversationId | None, request: RememberRequest, *, now_ms: int
) -> Item:
    """Return the item that remembers a request for 24 h."""
    attributes = pack(
        {
            "fingerprint": request.fingerprint,
            "result": dict(request.result),
            "ttl": now_ms // 1_000 + REQUEST_SECONDS,
        }
    )
    return keys.request(conversation_id, request.user_id, request.key) | attributes


def _ended_run(conversation_id: ConversationId, change: SettleRun) -> Write:
    return {
        "Update": {
            "Key": keys.run(conversation_id, change.assistant_id, change.first_seq),
            "UpdateExpression": "SET #state = :ended",
            "ConditionExpression": "fence = :fence AND #state <> :ended",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": pack(
                {":ended": RunState.ENDED.value, ":fence": change.fence}
            ),
        }
    }


@dataclass(slots=True)
class _ConversationUpdate:
    """The one update of the conversation item, put together from several changes."""

    sets: list[str] = field(default_factory=list)
    adds: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    values: Item = field(default_factory=dict)

    def set(self, **fields: str | None) -> None:
        for name, value in fields.items():
            if value is not None:
                self.names[f"#{name}"] = name
                self.values[f":{name}"] = attribute(value)
                self.sets.append(f"#{name} = :{name}")

    def add(self, name: str, amount: int) -> None:
        self.values[f":{name}"] = attribute(amount)
        self.adds.append(f"{name} :{name}")

    def require(self, condition: str, **values: Value) -> None:
        self.conditions.append(condition)
        self.values |= {f":{name}": attribute(value) for name, value in values.items()}

    def settle(self, change: SettleRun) -> None:
        self.names |= {"#a": "answered_through", "#who": change.assistant_id}
        self.values |= pack({":through": change.through_seq, ":epoch": change.operator_epoch})
        self.sets.append("#a.#who = :through")
        self.require("operator_epoch = :epoch")
        if change.answered_before:
            self.require("#a.#who = :before", before=change.answered_before)
        else:
            self.require("attribute_not_exists(#a.#who)")

    def write(self, conversation_id: ConversationId) -> Iterator[Write]:
        if not self.sets and not self.adds:
            return
        parts = []
        if self.sets:
            parts.append("SET " + ", ".join(self.sets))
        if self.adds:
            parts.append("ADD " + ", ".join(self.adds))
        conditions = ["attribute_exists(pk)", "attribute_not_exists(deleted)", *self.conditions]
        update: Write = {
            "Key": keys.conversation(conversation_id),
            "UpdateExpression": " ".join(parts),
            "ConditionExpression": " AND ".join(dict.fromkeys(conditions)),
            "ExpressionAttributeValues": self.values,
        }
        if self.names:
            update["ExpressionAttributeNames"] = self.names
        yield {"Update": update}
