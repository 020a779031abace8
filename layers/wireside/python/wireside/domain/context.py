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
    before it, newest first, each whole, until one does not fit. Answers to what was said before the
    turn stand before it, also those that came while it waited.
    """
    names = _names(log, assistant_id)
    before: list[ChatMessage] = []
    turn: list[ChatMessage] = []
    for seq, event in _as_it_stands(log).items():
        if event.text:
            is_before = seq < turn_from or is_answer_to_earlier(event, turn_from)
            (before if is_before else turn).append(_as_chat(event, names))
    kept = _fitted(turn, budget_tokens)
    left = budget_tokens - sum(cost_tokens(each) for each in kept)
    for each in reversed(before):
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


def is_answer_to_earlier(event: Event, turn_from: int) -> bool:
    """Whether an assistant answers here what was said before seq ``turn_from``."""
    answered = event.body.get("trigger_seq")
    return event.kind is Kind.MESSAGE and isinstance(answered, int) and answered < turn_from


def fills(log: Sequence[Event], budget_tokens: int) -> bool:
    """Whether the log's messages take all of the budget, so that no earlier one has room."""
    said = (each.text for each in log if each.kind is Kind.MESSAGE and each.text)
    return sum(estimate_tokens(each) + MESSAGE_TOKENS for each in said) >= budget_tokens


def _as_it_stands(log: Sequence[Event]) -> dict[int, Event]:
    """Return the messages by seq, after all edits; what is deleted has no text.

    Where an answer was written anew the newest that says anything stands in the place of the first.
    """
    standing: dict[int, Event] = {}
    first: dict[int, int] = {}
    for event in log:
        match event.kind, event.body:
            case Kind.MESSAGE, {"regenerates": int(target)}:
                place = first.setdefault(target, target if target in standing else event.seq)
                first[event.seq] = place
                if event.text:
                    standing[place] = event
            case Kind.MESSAGE, _:
                standing[event.seq] = event
            case Kind.EDITED, {"target_seq": int(target)} if target in standing:
                if standing[target].text:
                    standing[target] = _edited(standing[target], event.text)
    return standing


def _edited(message: Event, text: str) -> Event:
    return replace(message, body={**message.body, "text": text})


def _as_chat(event: Event, names: dict[str, str | None]) -> ChatMessage:
    name = names[event.sender.id]
    return ChatMessage(
        role="assistant" if name is None else "user",
        text=event.text,
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
