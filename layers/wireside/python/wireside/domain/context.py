"""What an assistant gets to read: this conversation, newest kept whole, within a token budget."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from wireside.domain.events import AssistantId, Event, Kind, SenderType

BYTES_PER_TOKEN = 3
"""A cautious estimate for providers that do not count for us; English is nearer to 4."""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of the model's context. ``name`` tells several humans apart."""

    role: Literal["user", "assistant"]
    text: str
    name: str | None = None


def estimate_tokens(text: str) -> int:
    """Estimate, never too low for common languages, how many tokens a text takes."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def build_context(
    log: Sequence[Event], assistant_id: AssistantId, *, budget_tokens: int
) -> tuple[ChatMessage, ...]:
    """Turn the log's messages into model context, the newest ones first in line for the budget.

    The newest message is always kept; other assistants' words come as a named user's, so that
    ``assistant`` is only ever the one who is asked.
    """
    kept: list[ChatMessage] = []
    left = budget_tokens
    for event in reversed(log):
        if event.kind is not Kind.MESSAGE or not event.text:
            continue
        left -= estimate_tokens(event.text)
        if left < 0 and kept:
            break
        kept.append(_as_chat(event, assistant_id))
    return tuple(reversed(kept))


def _as_chat(event: Event, assistant_id: AssistantId) -> ChatMessage:
    if event.sender.type is SenderType.ASSISTANT and event.sender.id == assistant_id:
        return ChatMessage("assistant", event.text)
    return ChatMessage("user", event.text, name=event.sender.name)
