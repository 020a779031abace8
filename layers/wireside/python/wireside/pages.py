"""What HTTP answers with beside what frames hold, too: shapes of JSON.

``docs/protocol.md`` shows them. ``NotRequired`` fields are left out where there is nothing to say.
"""

from typing import Literal, NotRequired, TypedDict

from wireside.domain.items import ItemView
from wireside.frames import ConversationView, EventView, FoundView, Named


class Ticket(TypedDict):
    """A token for one handshake or one refresh."""

    ticket: str
    expires_at: str


class Invitation(TypedDict):
    """A token that makes whoever has it a member."""

    token: str
    expires_at: str


class ConversationList(TypedDict):
    """A page of a list of conversations. With a ``cursor`` there is more."""

    items: list[ConversationView]
    cursor: NotRequired[str]


class ModelList(TypedDict):
    """What may be chosen as a conversation's model."""

    items: list[Named]


class LogPage(TypedDict):
    """A page of a conversation's log, ascending, and where the log's end is."""

    events: list[EventView]
    head: int
    epoch: str


class FoundPage(TypedDict):
    """Messages, newest first. ``complete`` is false where one search may not read everything."""

    items: list[FoundView]
    complete: bool


class Forgotten(TypedDict):
    """How far it is with forgetting somebody. ``done_at`` is when nothing of theirs was left."""

    state: Literal["under_way", "done"]
    asked_at: str
    done_at: NotRequired[str]


class Health(TypedDict):
    """The function runs."""

    status: Literal["ok"]


class Readiness(TypedDict):
    """The store answers."""

    status: Literal["ready"]


class ShareMade(TypedDict):
    """A new link. Its token is told once, here; ``through_seq``: how far it shows the log."""

    token: str
    through_seq: int
    created_at: str


class SharedSender(TypedDict):
    """Who wrote a shared message. ``key`` tells people of one name apart, on this link alone."""

    key: str
    name: str
    type: Literal["human", "assistant", "operator", "system"]


class SharedMessage(TypedDict):
    """A message as its link shows it: edited as it was when the link was made, or deleted."""

    seq: int
    at: str
    sender: SharedSender
    text: str
    edited: NotRequired[bool]
    deleted: NotRequired[bool]
    reply_to: NotRequired[int]
    regenerates: NotRequired[int]
    finish_reason: NotRequired[str]
    items: NotRequired[list[ItemView]]


class SharedPage(TypedDict):
    """A page of what is shared, oldest first; ``cursor`` where there is more."""

    title: str | None
    created_at: str
    through_seq: int
    items: list[SharedMessage]
    cursor: NotRequired[str]


class Limitation(TypedDict):
    """What is not done, or only so far. ``value``: the number in the text; 0 where none is set."""

    id: str
    text: str
    value: NotRequired[int]


class Limitations(TypedDict):
    """All of them, each under an ``id`` that stays."""

    items: list[Limitation]
