"""Which of several answers to one question is the one to read."""

from collections.abc import Mapping

from wireside_client.items import Message


def mark_replaced(messages: Mapping[int, Message]) -> None:
    """Mark answers that a newer one stands in for: the newest that says anything is read.

    ``messages`` are by seq, ascending. A deleted one stands in for nothing.
    """
    answers = [each for each in messages.values() if each.sender["type"] == "assistant"]
    newest = {_first_of(messages, each): each.seq for each in answers if each.text}
    for each in answers:
        seq = newest.get(_first_of(messages, each), 0)
        each.replaced_by = seq if seq > each.seq and not each.is_deleted else None


def _first_of(messages: Mapping[int, Message], answer: Message) -> int:
    """Return the seq of the answer that all of them go back to, as far as is known."""
    seq = answer.seq
    while (known := messages.get(seq)) and known.regenerates and known.regenerates < seq:
        seq = known.regenerates
    return seq
