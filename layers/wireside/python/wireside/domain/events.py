"""Events: the entries of a conversation's log."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NewType

ConversationId = NewType("ConversationId", str)
UserId = NewType("UserId", str)
ConnectionId = NewType("ConnectionId", str)
RunId = NewType("RunId", str)
AssistantId = NewType("AssistantId", str)
ClientId = NewType("ClientId", str)

type JsonValue = None | bool | int | float | str | list[JsonValue] | dict[str, JsonValue]
type Body = Mapping[str, object]
"""What an event says: JSON, in one of the shapes of ``domain/bodies.py``."""

ASSISTANT_PREFIX = "assistant:"
MAX_ID_BYTES = 128


def is_participant_id(text: str) -> bool:
    """Whether ``text`` may name a participant: 1 to 128 bytes, no ``#``, nothing invisible."""
    if not 1 <= len(text.encode("utf-8", "surrogatepass")) <= MAX_ID_BYTES or "#" in text:
        return False
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def is_user_id(text: str) -> bool:
    """Whether ``text`` may be the ``sub`` of a token: a participant id that is no assistant's."""
    return is_participant_id(text) and not text.startswith(ASSISTANT_PREFIX)


class SenderType(StrEnum):
    """Who writes events."""

    HUMAN = "human"
    ASSISTANT = "assistant"
    OPERATOR = "operator"
    SYSTEM = "system"


class Kind(StrEnum):
    """What can happen in a conversation, as far as this version writes it."""

    MESSAGE = "message"
    EDITED = "edited"
    DELETED = "deleted"
    REACTED = "reacted"
    REGENERATE_REQUESTED = "regenerate_requested"
    RUN_FAILED = "run_failed"
    TOOL_CALLED = "tool_called"
    TOOL_RESULT = "tool_result"
    APPROVED = "approved"
    JOINED = "joined"
    LEFT = "left"
    REMOVED = "removed"
    TITLED = "titled"
    MODEL_SELECTED = "model_selected"
    REPLY_POLICY_SET = "reply_policy_set"
    TAKEN_OVER = "taken_over"
    RELEASED = "released"
    ENDED = "ended"


CHANGES_STATE = frozenset(
    {
        Kind.JOINED,
        Kind.LEFT,
        Kind.REMOVED,
        Kind.ENDED,
        Kind.TAKEN_OVER,
        Kind.RELEASED,
        Kind.REPLY_POLICY_SET,
        Kind.MODEL_SELECTED,
    }
)
"""Kinds after which a writer that walks past them must read member and conversation again."""


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody who writes: ``id`` is a user id or ``assistant:<name>``."""

    id: str
    name: str
    type: SenderType


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that has no place in the log yet."""

    kind: Kind
    sender: Participant
    body: Body
    client_id: ClientId | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log.

    ``seq`` counts from 1 without gaps; ``n`` counts the messages up to and including this one;
    ``at_ms`` is milliseconds since the epoch and never falls below the event before. ``edits``
    are the seqs of the ``edited`` events of a message, ``decided`` whether people have decided on a
    call; both are kept beside the event and never told.
    """

    seq: int
    n: int
    kind: Kind
    at_ms: int
    sender: Participant
    body: Body
    client_id: ClientId | None = None
    edits: frozenset[int] = frozenset()
    decided: bool = False

    @property
    def addressed(self) -> tuple[AssistantId, ...]:
        """The assistants that owe an outcome to this event."""
        ids = self.body.get("addressed")
        return tuple(AssistantId(str(each)) for each in ids) if isinstance(ids, list) else ()

    @property
    def text(self) -> str:
        """The message's text; empty for other kinds."""
        text = self.body.get("text")
        return text if isinstance(text, str) else ""

    @property
    def is_deleted(self) -> bool:
        """Whether what was written here is gone."""
        return self.body.get("deleted") is True


def place(draft: Draft, previous: Event | None, *, now_ms: int) -> Event:
    """Return the draft as the event right after ``previous`` (``None``: the log is empty)."""
    seq, n, at_ms = (previous.seq, previous.n, previous.at_ms) if previous else (0, 0, 0)
    return Event(
        seq=seq + 1,
        n=n + (draft.kind is Kind.MESSAGE),
        kind=draft.kind,
        at_ms=max(now_ms, at_ms),
        sender=draft.sender,
        body=draft.body,
        client_id=draft.client_id,
    )


SERVER_DECIDED = frozenset({"addressed", "run_id", "tool"})
"""Fields of a person's body that the server adds when it stores the event."""


def is_same_write(event: Event, draft: Draft) -> bool:
    """Whether ``event`` is ``draft``, stored earlier: same kind and body.

    What the server decides at storing time does not count: a retry may come after the
    reply policy changed. Of what was deleted since, only the kind is left to compare.
    """
    same = event.is_deleted or _asked(event.body) == _asked(draft.body)
    return event.kind is draft.kind and same


KEPT_OF_DELETED = ("addressed", "run_id", "trigger_seq", "target_seq", "tool")
"""What stays of a deleted event's body: who owes what, and what it was about."""


def blanked(event: Event) -> Event:
    """Return the event without what was written in it."""
    kept = {name: event.body[name] for name in KEPT_OF_DELETED if name in event.body}
    return replace(event, body={"text": "", "deleted": True, **kept})


def blanked_edit(target_seq: int) -> Body:
    """Return the body of an ``edited`` event whose message was deleted."""
    return {"text": "", "deleted": True, "target_seq": target_seq}


def _asked(body: Body) -> Body:
    return {name: value for name, value in body.items() if name not in SERVER_DECIDED}


def is_own(event: Event, *, user_id: str, client_id: ClientId | None) -> bool:
    """Whether this user wrote ``event`` under this ``client_id``."""
    return (
        client_id is not None
        and event.client_id == client_id
        and event.sender.id == user_id
        and event.sender.type in {SenderType.HUMAN, SenderType.OPERATOR}
    )
