"""Forgetting somebody: what they wrote and how they are called goes, the log's places stay."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from wireside.domain.conversation import Conversation
from wireside.domain.events import (
    Body,
    ConversationId,
    Event,
    Kind,
    SenderType,
    UserId,
    blanked,
    blanked_edit,
)

NOBODY = "Deleted user"
"""Stands for the name of whoever was forgotten."""
NAMED = ("user", "operator")
"""Where bodies name people: ``{"id", "name"}``."""


@dataclass(frozen=True, slots=True)
class Order:
    """Somebody is to be forgotten. Times are in milliseconds.

    ``by``: the operator who ordered it, as AWS knows them; empty for the person. ``key``: the
    ``Idempotency-Key`` of the request. ``done_at_ms``: when nothing was left.
    """

    user_id: UserId
    asked_at_ms: int
    by: str = ""
    key: str | None = None
    done_at_ms: int | None = None

    def repeats(self, other: "Order") -> bool:
        """Whether both were given by the same request."""
        return self.key is not None and self.key == other.key


class Titled(StrEnum):
    """Who named a conversation last."""

    BY_NOBODY = "nobody"
    BY_THEM = "them"
    BY_OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Trace:
    """Somebody was in a conversation, as member or operator, and is not any more.

    ``left_at_ms`` is when they were last. ``owned``: they made the conversation. What they left in
    the log up to ``through_seq`` is taken away, and ``titled`` says who named it last up to there.
    """

    user_id: UserId
    conversation_id: ConversationId
    left_at_ms: int
    owned: bool = False
    through_seq: int = 0
    titled: Titled = Titled.BY_NOBODY

    def past(self, event: Event) -> "Trace":
        """Return the trace once this event, the next one, holds nothing of theirs any more."""
        titled = self.titled
        if event.kind is Kind.TITLED:
            titled = Titled.BY_THEM if is_by(event, self.user_id) else Titled.BY_OTHERS
        return replace(self, through_seq=event.seq, titled=titled)

    def named(self, conversation: Conversation, made_from: Event | None) -> bool:
        """Whether the conversation's title is theirs, as far as anybody can tell.

        ``made_from`` is the message that it was made from. Who created a conversation may have
        named it then.
        """
        if conversation.title is None:
            return False
        if conversation.title_seq is not None:
            return made_from is not None and is_by(made_from, self.user_id)
        return self.titled is Titled.BY_THEM or (self.titled is Titled.BY_NOBODY and self.owned)


def is_by(event: Event, user_id: UserId) -> bool:
    """Whether this person wrote the event, as member or operator."""
    is_person = event.sender.type in {SenderType.HUMAN, SenderType.OPERATOR}
    return is_person and event.sender.id == user_id


def without(event: Event, user_id: UserId) -> Event:
    """Return the event without anything of theirs but their id; the same where there is nothing."""
    unnamed = replace(event, body=_unnamed(event.body, user_id))
    if not is_by(event, user_id):
        return unnamed
    silent = replace(unnamed, body=_silent(unnamed))
    return replace(silent, sender=replace(event.sender, name=NOBODY))


def _unnamed(body: Body, user_id: UserId) -> Body:
    for name in NAMED:
        person = body.get(name)
        if isinstance(person, Mapping) and person.get("id") == user_id:
            body = {**body, name: {**person, "name": NOBODY}}
    return body


def _silent(event: Event) -> Body:
    """Return the body of something that they did, without what they wrote."""
    match event.kind:
        case Kind.MESSAGE:
            return blanked(event).body
        case Kind.EDITED:
            return blanked_edit(int(str(event.body["target_seq"])))
        case Kind.TITLED:
            return {"title": ""}
        case Kind.REACTED:
            return {**event.body, "on": False}
        case _:
            return event.body
