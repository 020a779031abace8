"""Parts of a fan-out that is too large for one function."""

from dataclasses import dataclass

from wireside.domain.conversation import Subscription
from wireside.domain.events import ConversationId


@dataclass(frozen=True, slots=True)
class Share:
    """A frame, whom somebody else is to push it to, and until when (milliseconds)."""

    conversation_id: ConversationId
    listeners: tuple[Subscription, ...]
    frame: bytes
    until_ms: int
