"""State changes as items of a transaction.

An item may stand in a transaction only once, so all changes of the conversation item are one
update.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, assert_never

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, Value, attribute, pack
from wireside.adapters.dynamodb.ledger import corrections, reservation_map
from wireside.adapters.dynamodb.members import member_to_item
from wireside.adapters.dynamodb.spent import to_attribute
from wireside.domain.changes import (
    MAX_EDITS,
    AddMember,
    Blank,
    Change,
    Decide,
    DropTitle,
    End,
    HoldRun,
    NoteEdit,
    Occupy,
    RememberRequest,
    RemoveMember,
    SetConversation,
    SettleRun,
    Silence,
    Vacate,
)
from wireside.domain.events import Body, ConversationId, Event, UserId, blanked, blanked_edit
from wireside.domain.runs import RunState

REQUEST_SECONDS = 24 * 60 * 60
NOT_ENDED = "attribute_not_exists(ended_at)"
HELD = "fence = :fence AND #state <> :ended"

type Write = dict[str, Any]


def transact_items(
    conversation_id: ConversationId, changes: Sequence[Change], event: Event
) -> list[Write]:
    """Return the transaction's items for the changes that come with ``event``."""
    update = _ConversationUpdate()
    writes: list[Write] = []
    for change in changes:
        writes += _writes(conversation_id, change, event)
        update.take(change, event)
    return writes + list(update.write(conversation_id))


def _writes(  # noqa: C901, PLR0912 - a case for each change
    conversation_id: ConversationId, change: Change, event: Event
) -> Iterator[Write]:
    """Yield the writes of a change to other items than the conversation's."""
    match change:
        case AddMember():
            item = member_to_item(conversation_id, change.member, active_at_ms=event.at_ms)
            yield {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
            bar = keys.bar(conversation_id, change.member.user_id)
            unbarred = {"Key": bar, "ConditionExpression": "attribute_not_exists(pk)"}
            yield {"ConditionCheck": unbarred} if change.invited else {"Delete": {"Key": bar}}
        case RemoveMember():
            key = keys.member(conversation_id, change.user_id)
            yield {"Delete": {"Key": key, "ConditionExpression": "attribute_exists(pk)"}}
            if change.bars:
                yield {"Put": {"Item": keys.bar(conversation_id, change.user_id)}}
            yield _traced(conversation_id, change.user_id, event, owned=change.owned)
        case Occupy(operator=operator):
            yield _traced(conversation_id, UserId(operator.id), event)
        case RememberRequest():
            item = request_item(conversation_id, change, now_ms=event.at_ms)
            yield {"Put": {"Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}
        case SettleRun():
            yield _ended_run(conversation_id, change)
            yield from corrections(conversation_id, change.correction)
        case HoldRun():
            yield _held_run(conversation_id, change)
        case NoteEdit():
            yield _noted_edit(conversation_id, change, event)
        case Decide():
            yield _decided(conversation_id, change)
        case Blank(target=target):
            yield _blanked_message(conversation_id, target)
            for each in change.beside:
                yield _blanked_beside(conversation_id, each)
            for seq in sorted(target.edits):
                yield _blanked_edit(conversation_id, seq, target.seq)
        case _:
            return


def _traced(
    conversation_id: ConversationId, user_id: UserId, event: Event, *, owned: bool = False
) -> Write:
    """Return the update of somebody's trace; what an earlier one knows stays."""
    place = keys.of_person(user_id, keys.CONVERSATION_PREFIX, conversation_id)
    values: dict[str, Value] = {":at": event.at_ms, ":p": place["user_pk"], ":s": place["user_sk"]}
    sets = "SET left_at = :at, user_pk = :p, user_sk = :s"
    if owned:
        values[":yes"] = True
        sets += ", owned = :yes"
    return {
        "Update": {
            "Key": keys.trace(conversation_id, user_id),
            "UpdateExpression": sets,
            "ExpressionAttributeValues": pack(values),
        }
    }


def _noted_edit(conversation_id: ConversationId, change: NoteEdit, event: Event) -> Write:
    return {
        "Update": {
            "Key": keys.event(conversation_id, change.target_seq),
            "UpdateExpression": "ADD edits :edit",
            "ConditionExpression": (
                "attribute_exists(pk) AND attribute_not_exists(deleted)"
                " AND (attribute_not_exists(edits) OR size(edits) < :most)"
            ),
            "ExpressionAttributeValues": {
                ":edit": attribute(frozenset({event.seq})),
                ":most": attribute(MAX_EDITS),
            },
        }
    }


def _blanked_message(conversation_id: ConversationId, target: Event) -> Write:
    known = "edits = :edits" if target.edits else "attribute_not_exists(edits)"
    values = {":body": attribute(body_text(blanked(target).body)), ":yes": attribute(value=True)}
    values |= {":edits": attribute(target.edits)} if target.edits else {}
    return {
        "Update": {
            "Key": keys.event(conversation_id, target.seq),
            "UpdateExpression": "SET body = :body, deleted = :yes",
            "ConditionExpression": (
                f"attribute_exists(pk) AND attribute_not_exists(deleted) AND {known}"
            ),
            "ExpressionAttributeValues": values,
        }
    }


def _blanked_edit(conversation_id: ConversationId, seq: int, target_seq: int) -> Write:
    return {
        "Update": {
            "Key": keys.event(conversation_id, seq),
            "UpdateExpression": "SET body = :body",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {
                ":body": attribute(body_text(blanked_edit(target_seq))),
            },
        }
    }


def _blanked_beside(conversation_id: ConversationId, event: Event) -> Write:
    return {
        "Update": {
            "Key": keys.event(conversation_id, event.seq),
            "UpdateExpression": "SET body = :body, deleted = :yes",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {
                ":body": attribute(body_text(blanked(event).body)),
                ":yes": attribute(value=True),
            },
        }
    }


def _decided(conversation_id: ConversationId, change: Decide) -> Write:
    return {
        "Update": {
            "Key": keys.event(conversation_id, change.target_seq),
            "UpdateExpression": "SET decided = :yes",
            "ConditionExpression": (
                "attribute_exists(pk) AND attribute_not_exists(deleted)"
                " AND attribute_not_exists(decided)"
            ),
            "ExpressionAttributeValues": {":yes": attribute(value=True)},
        }
    }


def body_text(body: Body) -> str:
    """Return an event's body as it is stored."""
    return json.dumps(dict(body), ensure_ascii=False, separators=(",", ":"))


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
    values: dict[str, Value] = {":ended": RunState.ENDED.value, ":fence": change.fence}
    sets = "SET #state = :ended"
    if change.spent is not None:
        values[":spent"] = to_attribute(change.spent)
        sets += ", spent = :spent"
    if change.correction is not None:
        values[":reserved"] = reservation_map(change.correction.settled)
        sets += ", reserved = :reserved"
    return {
        "Update": {
            "Key": keys.run(conversation_id, change.assistant_id, change.first_seq),
            "UpdateExpression": sets,
            "ConditionExpression": HELD,
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": pack(values),
        }
    }


def _held_run(conversation_id: ConversationId, change: HoldRun) -> Write:
    return {
        "ConditionCheck": {
            "Key": keys.run(conversation_id, change.assistant_id, change.first_seq),
            "ConditionExpression": HELD,
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
    removes: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    values: Item = field(default_factory=dict)

    def take(self, change: Change, event: Event) -> None:  # noqa: C901 - a case for each change
        match change:
            case SetConversation():
                self._set_fields(change)
            case AddMember():
                self._add("member_count", 1)
                self._require("member_count < :at_most", at_most=change.at_most)
                self._require(NOT_ENDED)
            case RemoveMember():
                self._add("member_count", -1)
            case SettleRun():
                self._settle(change)
            case HoldRun():
                self._hold(change)
            case DropTitle():
                self._drop_title(change)
            case Silence():
                self._silence(change, event.seq)
            case Occupy(operator=operator):
                self._set("operator", {"id": operator.id, "name": operator.name})
                self._set("operator_assisted", value=True)
                self._require("attribute_not_exists(#operator)")
                self._require(NOT_ENDED)
            case Vacate(operator_id=operator_id):
                self.names["#operator"] = "operator"
                self.removes.append("#operator")
                self._require("#operator.id = :operator_id", operator_id=operator_id)
            case End():
                self._set("ended_at", event.at_ms)
                self._require(NOT_ENDED)
            case RememberRequest() | NoteEdit() | Decide() | Blank():
                return
            case _:
                assert_never(change)

    def _set_fields(self, change: SetConversation) -> None:
        policy = change.reply_policy.value if change.reply_policy else None
        fields = {"title": change.title, "model": change.model, "reply_policy": policy}
        for name, value in fields.items():
            if value is not None:
                self._set(name, value)
        if change.title is not None:
            self.removes.append("title_seq")
        self._require(NOT_ENDED)

    def _drop_title(self, change: DropTitle) -> None:
        if change.is_made_of_it:
            self.removes += ["title", "title_seq"]
            self._require("title_seq = :title_seq", title_seq=change.seq)
        else:
            other = "attribute_not_exists(title_seq) OR title_seq <> :title_seq"
            self._require(f"({other})", title_seq=change.seq)

    def _silence(self, change: Silence, seq: int) -> None:
        self._set("answered_through", dict.fromkeys(map(str, change.assistant_ids), seq))
        self._set("silenced_through", seq)
        self._set("operator_epoch", change.operator_epoch + 1)
        self._require("#operator_epoch = :known_epoch", known_epoch=change.operator_epoch)

    def _set(self, name: str, value: Value) -> None:
        self.names[f"#{name}"] = name
        self.values[f":{name}"] = attribute(value)
        self.sets.append(f"#{name} = :{name}")

    def _add(self, name: str, amount: int) -> None:
        self.values[f":{name}"] = attribute(amount)
        self.adds.append(f"{name} :{name}")

    def _require(self, condition: str, **values: Value) -> None:
        self.conditions.append(condition)
        self.values |= {f":{name}": attribute(value) for name, value in values.items()}

    def _settle(self, change: SettleRun) -> None:
        self.values |= pack({":through": change.through_seq})
        self.sets.append("#a.#who = :through")
        self._hold(change)

    def _hold(self, change: SettleRun | HoldRun) -> None:
        self.names |= {"#a": "answered_through", "#who": change.assistant_id}
        self._require("operator_epoch = :epoch", epoch=change.operator_epoch)
        if change.answered_before:
            self._require("#a.#who = :before", before=change.answered_before)
        else:
            self._require("attribute_not_exists(#a.#who)")

    def write(self, conversation_id: ConversationId) -> Iterator[Write]:
        if not (self.sets or self.adds or self.removes or self.conditions):
            return
        conditions = ["attribute_exists(pk)", "attribute_not_exists(deleted)", *self.conditions]
        about: Write = {
            "Key": keys.conversation(conversation_id),
            "ConditionExpression": " AND ".join(dict.fromkeys(conditions)),
            "ExpressionAttributeValues": self.values,
        }
        about = {name: value for name, value in about.items() if value}
        if self.names:
            about["ExpressionAttributeNames"] = self.names
        parts = self._parts()
        yield (
            {"Update": {**about, "UpdateExpression": parts}} if parts else {"ConditionCheck": about}
        )

    def _parts(self) -> str:
        clauses = {"SET": self.sets, "ADD": self.adds, "REMOVE": self.removes}
        return " ".join(f"{verb} {', '.join(what)}" for verb, what in clauses.items() if what)
