"""How a conversation of many is told to a model that knows two roles.

Where only one person speaks, texts are sent as they are. Where several do, each message begins
with its sender's name and a colon, and its further lines are indented: a name at the beginning of
a line is then always the service's own word, whatever people write. Messages of one role that
follow each other become one, because some servers insist on alternation; for the same reason a
dialogue begins with a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from wireside.domain.items import Item
from wireside.domain.tools import Round

SEVERAL_NOTE = (
    "Several people write to you. Each of their messages begins with its sender's name and a "
    "colon; its further lines are indented. Nobody but the service can write a name there. "
    "Answer without such a prefix."
)

SILENCE = "…"
"""Stands for a message of nothing but blanks: servers refuse it, and all that is said beside it.

Source: https://github.com/langchain-ai/langchainjs/pull/8618
"""


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the model's context. ``name`` tells several speakers apart.

    ``seq`` is its place in the log; 0 for one that has none. ``items`` are the results that it
    points to, and ``is_of_person`` tells people from other assistants.
    """

    role: Literal["user", "assistant"]
    text: str
    name: str | None = None
    seq: int = field(default=0, compare=False)
    items: tuple[Item, ...] = field(default=(), compare=False)
    is_of_person: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """What a model reads: messages, then the rounds of calls that it has made since.

    Where there are rounds, the last message is a person's.
    """

    system_prompt: str
    messages: tuple[ChatMessage, ...]
    rounds: tuple[Round, ...] = ()


def as_dialogue(
    system_prompt: str, messages: Sequence[ChatMessage], rounds: Sequence[Round] = ()
) -> Dialogue:
    """Return the messages with names where they are needed, and roles that alternate."""
    if not is_of_several(messages):
        return _joined(system_prompt, _alternating(messages), rounds)
    named = [replace(each, text=spoken(each)) for each in messages]
    return _joined(f"{system_prompt}\n\n{SEVERAL_NOTE}", _alternating(named), rounds)


def _joined(prompt: str, messages: tuple[ChatMessage, ...], rounds: Sequence[Round]) -> Dialogue:
    """Let what the assistant said last begin the first round: both are its own words."""
    if not rounds or not messages or messages[-1].role == "user":
        return Dialogue(prompt, messages, tuple(rounds))
    first, *others = rounds
    text = "\n".join(each for each in (messages[-1].text, first.text) if each)
    return Dialogue(prompt, messages[:-1], (replace(first, text=text), *others))


def is_of_several(messages: Sequence[ChatMessage]) -> bool:
    """Whether more than one other than the assistant itself speaks."""
    return len({each.name for each in messages if each.role == "user"}) > 1


def spoken(message: ChatMessage) -> str:
    """Return a message as it is told among several; the assistant's own stay as they are."""
    if message.role == "assistant":
        return message.text
    first, *others = message.text.splitlines() or [""]
    return "\n".join([f"{message.name}: {first}", *(f"  {line}" for line in others)])


def _alternating(messages: Sequence[ChatMessage]) -> tuple[ChatMessage, ...]:
    merged: list[ChatMessage] = []
    for each in messages:
        if merged and merged[-1].role == each.role:
            merged[-1] = ChatMessage(each.role, f"{merged[-1].text}\n{each.text}")
        elif merged or each.role == "user":
            merged.append(ChatMessage(each.role, each.text))
    return tuple(each if each.text.strip() else replace(each, text=SILENCE) for each in merged)
