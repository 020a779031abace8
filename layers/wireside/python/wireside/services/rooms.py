"""The one conversation that a tool may read."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from wireside.domain.events import ConversationId, Event, Kind
from wireside.ports import Log, Said

PAGE = 300
MAX_PAGES = 10
"""At most 3,000 events are read for one call."""
PAGE_BYTES = 500_000


@dataclass(frozen=True, slots=True, repr=False)
class LogRoom:
    """``ports.Room`` up to the end of the turn that is being answered."""

    log: Log
    conversation_id: ConversationId
    through_seq: int

    async def messages(self) -> AsyncIterator[Said]:
        """Yield messages, newest first."""
        seq = self.through_seq + 1
        edited: dict[int, str] = {}
        for _ in range(MAX_PAGES):
            events = await self.log.before(
                self.conversation_id, seq, limit=PAGE, enough_bytes=PAGE_BYTES
            )
            for event in reversed(events):
                _note_edit(event, edited)
                if text := _text(event, edited):
                    yield Said(event.seq, event.at_ms, event.sender.name, text)
            if not events or events[0].seq == 1:
                return
            seq = events[0].seq


def _note_edit(event: Event, edited: dict[int, str]) -> None:
    """Note the text that an edit gave; the newest edit comes first."""
    if event.kind is Kind.EDITED:
        edited.setdefault(int(str(event.body["target_seq"])), event.text)


def _text(event: Event, edited: dict[int, str]) -> str:
    if event.kind is not Kind.MESSAGE or event.is_deleted:
        return ""
    return edited.get(event.seq, event.text)
