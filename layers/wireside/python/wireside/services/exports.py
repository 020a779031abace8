"""Exporting a conversation: its whole log, in pages that each fit one answer of HTTP."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Literal

from wireside import wire
from wireside.domain.conversation import User
from wireside.domain.errors import not_found
from wireside.domain.events import ConversationId, Event, Kind
from wireside.frames import ConversationView
from wireside.services.access import admit
from wireside.services.conversations import ENOUGH_BYTES, ConversationService
from wireside.services.documents import Document, Original
from wireside.services.transcripts import Version, versions

MAX_EVENTS = 1_000
TOGETHER = 100
"""Messages whose edits, and what they reply to, are read together."""
EXCERPT_CODE_POINTS = 1_000

type Form = Literal["json", "md"]


@dataclass(frozen=True, slots=True)
class Export:
    """A page. ``cursor``: the seq after which the next begins; ``None`` on the last one."""

    text: str
    title: str | None
    cursor: int | None


@dataclass(frozen=True, slots=True)
class Exports:
    """The use case behind ``/export``."""

    rooms: ConversationService

    async def page(
        self, user: User, conversation_id: ConversationId, *, form: Form, after_seq: int
    ) -> Export:
        """Return the events after ``after_seq``, for members: log first, membership after it.

        Raises: Refused ``not_found``.
        """
        events = await self.rooms.log.after(
            conversation_id, after_seq, limit=MAX_EVENTS, enough_bytes=ENOUGH_BYTES
        )
        read = await self._read(conversation_id, events) if form == "md" else ({}, {})
        view = await self.rooms.view(user, conversation_id)
        access = await admit(self.rooms.conversations, user, conversation_id)
        if access.member is None:
            raise not_found()
        if form == "md":
            document = Document(view, *read)
            parts, last = _fitting(events, document.entry)
            text = "".join([*([] if after_seq else [document.head()]), *parts])
        else:
            parts, last = _fitting(events, lambda each: _text(wire.event_json(each)))
            text = _json(view, self.rooms.changing.place(access).epoch, parts)
        more = last if events and last < view["head"] else None
        return Export(text, view["title"], more)

    async def _read(
        self, conversation_id: ConversationId, events: Sequence[Event]
    ) -> tuple[Mapping[int, Version], Mapping[int, Original]]:
        """Return the messages as they read now, and the beginnings of what they reply to."""
        messages = [each for each in events if each.kind is Kind.MESSAGE]
        texts: dict[int, Version] = {}
        originals: dict[int, Original] = {}
        for part in batched(messages, TOGETHER, strict=False):
            texts |= await self._versions(conversation_id, part)
            wanted = {seq for each in part if isinstance(seq := each.body.get("reply_to"), int)}
            found = await self.rooms.log.read_many(conversation_id, wanted) if wanted else {}
            said = await self._versions(conversation_id, [*found.values()])
            originals |= {seq: _original(found[seq], said[seq]) for seq in found}
        return texts, originals

    async def _versions(
        self, conversation_id: ConversationId, messages: Sequence[Event]
    ) -> Mapping[int, Version]:
        return await versions(self.rooms.log, conversation_id, messages, through_seq=None)


def _original(event: Event, version: Version) -> Original:
    """Return no more of it than an excerpt needs: a page may have a thousand of them."""
    return Original(
        Event(event.seq, event.n, event.kind, event.at_ms, event.sender, {}),
        Version(version.text[:EXCERPT_CODE_POINTS]),
    )


def _fitting(events: Sequence[Event], form: Callable[[Event], str]) -> tuple[list[str], int]:
    """Return as many events as fit an answer, one at least, and the last one's seq.

    Lambda puts the answer into JSON, in which it has at most 6 MB: quotes count twice.
    """
    parts: list[str] = []
    size = last = 0
    for each in events:
        parts.append(form(each))
        last = each.seq
        size += wire.quoted_bytes(parts[-1])
        if size >= ENOUGH_BYTES:
            break
    return parts, last


def _text(view: wire.Json) -> str:
    return wire.encode(view).decode()


def _json(view: ConversationView, epoch: str, events: Sequence[str]) -> str:
    about = _text({"conversation": view, "epoch": epoch, "head": view["head"]})
    return f'{about[:-1]},"events":[{",".join(events)}]}}'
