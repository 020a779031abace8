"""Frames that write, as what the service calls a write."""

from typing import TypedDict

from wireside.domain.events import ClientId, ConversationId
from wireside.protocol import Approve, Delete, Edit, React, Regenerate, Select, Send, Written
from wireside.services import writes


class _Place(TypedDict):
    conversation_id: ConversationId
    client_id: ClientId
    after_seq: int


def write_of(frame: Written) -> writes.Write:  # noqa: PLR0911 - a case for each frame
    """Return what a frame writes."""
    place: _Place = {
        "conversation_id": ConversationId(frame.conversation_id),
        "client_id": ClientId(frame.client_id),
        "after_seq": frame.after_seq,
    }
    match frame:
        case Send():
            return _message(place, frame)
        case Edit(target_seq=seq, text=text):
            return writes.Edit(**place, target_seq=seq, text=text)
        case Delete(target_seq=seq):
            return writes.Delete(**place, target_seq=seq)
        case React(target_seq=seq, emoji=emoji, on=on):
            return writes.React(**place, target_seq=seq, emoji=emoji, on=on)
        case Regenerate(target_seq=seq):
            return writes.Regenerate(**place, target_seq=seq)
        case Select(model=model):
            return writes.Select(**place, model=model)
        case Approve(target_seq=seq, approved=approved):
            return writes.Approve(**place, target_seq=seq, approved=approved)


def _message(place: _Place, frame: Send) -> writes.NewMessage:
    return writes.NewMessage(
        **place,
        text=frame.text,
        files=tuple(frame.files or ()),
        mentions=tuple(frame.mentions or ()),
        reply_to=frame.reply_to,
    )
