"""Messages as they read: with the last of their edits, or deleted."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from wireside.domain.events import ConversationId, Event
from wireside.ports import Log


@dataclass(frozen=True, slots=True)
class Version:
    """The text of a message, and what was done to it."""

    text: str
    edited: bool = False
    deleted: bool = False


async def versions(
    log: Log,
    conversation_id: ConversationId,
    messages: Collection[Event],
    *,
    through_seq: int | None,
) -> Mapping[int, Version]:
    """Return each message, by its seq, as it reads with the edits up to ``through_seq``, or all.

    A deletion holds wherever it is in the log: it has taken the words out of message and edits.
    """
    last = {
        each.seq: max(edits)
        for each in messages
        if not each.is_deleted
        and (edits := [seq for seq in each.edits if through_seq is None or seq <= through_seq])
    }
    found = await log.read_many(conversation_id, last.values()) if last else {}
    return {each.seq: _version(each, found.get(last.get(each.seq, 0))) for each in messages}


def _version(message: Event, edit: Event | None) -> Version:
    if message.is_deleted or (edit is not None and edit.is_deleted):
        return Version("", deleted=True)
    return Version(message.text) if edit is None else Version(edit.text, edited=True)
