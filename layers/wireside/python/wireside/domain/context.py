"""What an assistant gets to read: this conversation, newest kept whole, within a token budget."""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from wireside.domain.dialogue import ChatMessage, spoken
from wireside.domain.events import AssistantId, Event, Kind, Participant, SenderType
from wireside.domain.items import items_in

BYTES_PER_TOKEN = 3
"""A cautious estimate for providers that do not count for us; English is nearer to 4."""
MESSAGE_TOKENS = 4
"""What a message takes besides its text: its role and what parts it from the next one.

Source: https://cookbook.openai.com/examples/how_to_count_tokens_with_tiktoken
"""
LEAST_SHARE_TOKENS = 80
"""Enough for the longest name, the mark of a cut, and a few words."""
CUT_MARK = " […]"
MAX_NAME_CODE_POINTS = 40


def estimate_tokens(text: str) -> int:
    """Estimate, never too low for common languages, how many tokens a text takes."""
    return math.ceil(len(text.encode("utf-8", "replace")) / BYTES_PER_TOKEN)


def cost_tokens(message: ChatMessage) -> int:
    """Estimate what a message takes of the budget, told with its sender's name."""
    return estimate_tokens(spoken(message)) + MESSAGE_TOKENS


def build_context(
    log: Sequence[Event], assistant_id: AssistantId, *, budget_tokens: int, turn_from: int
) -> tuple[ChatMessage, ...]:
    """Turn the log's messages into model context, in the log's order.

    The turn that is to be answered, everything from seq ``turn_from`` on, comes first in line for
    the budget. If it does not fit, its longest texts are cut, with a mark. Then come the messages
    before it, newest first, each whole, until one does not fit.
    """
    names = _names(log, assistant_id)
    texts = _texts(log)
    said = [
        (event.seq, _as_chat(event, texts[event.seq], names))
        for event in log
        if texts.get(event.seq)
    ]
    kept = _fitted([each for seq, each in said if seq >= turn_from], budget_tokens)
    left = budget_tokens - sum(cost_tokens(each) for each in kept)
    for each in reversed([each for seq, each in said if seq < turn_from]):
        left -= cost_tokens(each)
        if left < 0:
            break
        kept.insert(0, each)
    return tuple(kept)


def answered_seq(log: Sequence[Event], assistant_id: AssistantId) -> int:
    """Return the seq of the last event that the assistant has answered; 0 for none.

    What stands above it the assistant has not answered, even if it stands below an answer: somebody
    may have written meanwhile. An answer that is written anew answers nothing new.
    """
    answers = (each for each in log if each.kind is Kind.MESSAGE and each.sender.id == assistant_id)
    found = (each.body.get("trigger_seq") for each in answers if "regenerates" not in each.body)
    return max((seq for seq in found if isinstance(seq, int)), default=0)


def _texts(log: Sequence[Event]) -> dict[int, str]:
    """Return the messages' texts by seq, as they are after all edits; deleted ones have none."""
    texts: dict[int, str] = {}
    for event in log:
        target_seq = event.body.get("target_seq")
        if event.kind is Kind.MESSAGE:
            texts[event.seq] = event.text
        elif event.kind is Kind.EDITED and isinstance(target_seq, int) and texts.get(target_seq):
            texts[target_seq] = event.text
    return texts


def _as_chat(event: Event, text: str, names: dict[str, str | None]) -> ChatMessage:
    name = names[event.sender.id]
    return ChatMessage(
        role="assistant" if name is None else "user",
        text=text,
        name=name,
        seq=event.seq,
        items=items_in(event.body.get("items")),
        is_of_person=event.sender.type is not SenderType.ASSISTANT,
    )


def _names(log: Sequence[Event], assistant_id: AssistantId) -> dict[str, str | None]:
    """Return what everybody is called: one name each, and no two alike; ``None`` for the asked.

    Other assistants are called by their names too: ``assistant`` is only ever who is asked.
    """
    senders = {event.sender.id: event.sender for event in log if event.kind is Kind.MESSAGE}
    names: dict[str, str | None] = {}
    for each in senders.values():
        if each.type is SenderType.ASSISTANT and each.id == assistant_id:
            names[each.id] = None
        else:
            names[each.id] = _unlike(plain_name(each), names)
    return names


def _unlike(name: str, names: dict[str, str | None]) -> str:
    taken, count, unlike = set(names.values()), 1, name
    while unlike in taken:
        count += 1
        unlike = f"{name} ({count})"
    return unlike


def plain_name(sender: Participant) -> str:
    """Return a name of one short line without colons or anything invisible."""
    visible = (
        " " if each == ":" or unicodedata.category(each) in {"Zl", "Zp"} else each
        for each in sender.name
        if each.isspace() or not unicodedata.category(each).startswith("C")
    )
    return " ".join("".join(visible).split())[:MAX_NAME_CODE_POINTS].strip() or "Somebody"


def _fitted(messages: Sequence[ChatMessage], budget_tokens: int) -> list[ChatMessage]:
    """Cut the longest messages until all fit; a crowd's oldest are left out before the rest."""
    messages = messages[-max(1, budget_tokens // LEAST_SHARE_TOKENS) :]
    fitted = dict[int, ChatMessage]()
    left, waiting = budget_tokens, len(messages)
    for index in sorted(range(len(messages)), key=lambda each: cost_tokens(messages[each])):
        fitted[index] = _cut(messages[index], left // waiting)
        left -= cost_tokens(fitted[index])
        waiting -= 1
    return [fitted[index] for index in range(len(messages))]


def _cut(message: ChatMessage, tokens: int) -> ChatMessage:
    """Return as much of the message's beginning as fits, marked; whole where all of it does."""
    if cost_tokens(message) <= tokens:
        return message
    low, high = 0, len(message.text)
    while low < high:
        middle = (low + high + 1) // 2
        if cost_tokens(_head(message, middle)) <= tokens:
            low = middle
        else:
            high = middle - 1
    return _head(message, low)


def _head(message: ChatMessage, length: int) -> ChatMessage:
    return replace(message, text=message.text[:length] + CUT_MARK)
