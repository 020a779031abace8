"""What HTTP answers with beside conversations and events: shapes of JSON.

``docs/protocol.md`` shows them. ``NotRequired`` fields are left out where there is nothing to say.
"""

from typing import Literal, NotRequired, TypedDict

from wireside.domain.items import ItemView


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
