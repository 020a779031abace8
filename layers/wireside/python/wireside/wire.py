"""What goes out on the wire: frames and JSON views, encoded. Shapes: ``docs/protocol.md``."""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from wireside.domain.conversation import (
    Conversation,
)
from wireside.domain.errors import FATAL, RETRYABLE, Refused
from wireside.domain.events import Body, ConversationId, Event
from wireside.domain.runs import Partial
from wireside.frames import (
    Delta,
    Error,
    ErrorView,
    EventsPage,
    EventView,
    FailureView,
    OneEvent,
    RunChanged,
    RunView,
    ServerFrame,
)

MAX_FRAME_BYTES = 120_000
"""Below API Gateway's 128 KB a message, with room for what surrounds the events.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

type Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client is: a conversation, and the epoch in which its seqs hold."""

    conversation_id: ConversationId
    epoch: str


def encode(frame: Json) -> bytes:
    """Return the frame as UTF-8 JSON without spaces."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def timestamp(at_ms: int) -> str:
    """Return RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(at_ms / 1_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def epoch_of(conversation: Conversation, generation: str) -> str:
    """Return ``<table generation>.<conversation epoch>``."""
    return f"{generation}.{conversation.epoch}"


def encoded(frame: ServerFrame, *, ref: str | None = None) -> bytes:
    """Return a server frame; a ``ref`` comes back in whatever answers the frame it came with."""
    return encode(frame if ref is None else {**frame, "ref": ref})


def event_json(event: Event) -> EventView:
    """Return an event as clients see it."""
    sender = event.sender
    seen: EventView = {
        "seq": event.seq,
        "n": event.n,
        "kind": event.kind.value,
        "at": timestamp(event.at_ms),
        "sender": {"id": sender.id, "name": sender.name, "type": sender.type.value},
        "body": event.body,
    }
    if event.client_id:
        seen["client_id"] = event.client_id
    return seen


def fitted(event: Event) -> EventView:
    """Return an event for a frame: one above 120 KB has its longest text cut and says so."""
    seen = event_json(event)
    excess = len(encode(seen)) - MAX_FRAME_BYTES
    if excess <= 0 or not _longest(event.body):
        return seen
    body = event.body
    while excess > 0 and (text := _longest(body)):
        # No text loses more than half at once, so that of several each keeps something.
        size = quoted_bytes(text)
        body = _with_text_cut(body, text, head(text, max(size - excess, size // 2)))
        seen = event_json(replace(event, body=body))
        seen["truncated"] = True
        excess = len(encode(seen)) - MAX_FRAME_BYTES
    return seen


def _longest(body: Body) -> str:
    """Return the longest text that may be cut: of a message, or of a run that was stopped."""
    texts = [body.get("text"), *(each.get("text") for each in _stopped_runs(body))]
    return max((each for each in texts if isinstance(each, str)), key=quoted_bytes, default="")


def _stopped_runs(body: Body) -> Sequence[Body]:
    runs = body.get("stopped_runs")
    return runs if isinstance(runs, list) else []


def _with_text_cut(body: Body, text: str, shorter: str) -> Body:
    cut = {"text": shorter}
    if body.get("text") == text:
        return {**body, **cut}
    runs = [{**run, **cut} if run.get("text") == text else run for run in _stopped_runs(body)]
    return {**body, "stopped_runs": runs}


def event_frame(place: Place, event: Event, *, ref: str | None = None) -> bytes:
    """Return the ``event`` frame."""
    told: OneEvent = {
        "type": "event",
        "conversation_id": place.conversation_id,
        "epoch": place.epoch,
        "event": fitted(event),
    }
    return encoded(told, ref=ref)


def events_frames(
    place: Place, events: Sequence[Event], *, head: int, ref: str | None
) -> Iterator[bytes]:
    """Yield ``events`` frames that hold all of ``events``; the last one says ``more: false``."""
    pages: list[list[EventView]] = list(_pages(events)) or [[]]
    for index, page in enumerate(pages):
        told: EventsPage = {
            "type": "events",
            "conversation_id": place.conversation_id,
            "epoch": place.epoch,
            "events": page,
            "head": head,
            "more": index + 1 < len(pages),
        }
        yield encoded(told, ref=ref)


def _pages(events: Sequence[Event]) -> Iterator[list[EventView]]:
    page: list[EventView] = []
    size = 0
    for each in events:
        seen = fitted(each)
        seen_bytes = len(encode(seen))
        if page and size + seen_bytes > MAX_FRAME_BYTES:
            yield page
            page, size = [], 0
        page.append(seen)
        size += seen_bytes
    if page:
        yield page


def error_frame(
    refused: Refused, *, ref: str | None, conversation_id: str | None, client_id: str | None
) -> bytes:
    """Return the ``error`` frame; ``conversation_id`` and ``client_id`` are those of its cause."""
    told: Error = {
        "type": "error",
        "code": refused.code.value,
        "message": str(refused),
        "retryable": refused.code in RETRYABLE,
        "fatal": refused.code in FATAL,
    }
    _add_particulars(told, refused)
    if conversation_id is not None:
        told["conversation_id"] = conversation_id
    if client_id is not None:
        told["client_id"] = client_id
    return encoded(told, ref=ref)


def error_json(refused: Refused) -> ErrorView:
    """Return an error as HTTP answers carry it."""
    seen: ErrorView = {
        "code": refused.code.value,
        "message": str(refused),
        "retryable": refused.code in RETRYABLE,
    }
    _add_particulars(seen, refused)
    return seen


def _add_particulars(seen: ErrorView, refused: Refused) -> None:
    if refused.retry_after_ms is not None:
        seen["retry_after_ms"] = refused.retry_after_ms
    if refused.details is not None:
        seen["details"] = dict(refused.details)


def partial_json(partial: Partial, *, at_most_bytes: int) -> RunView:
    """Return a run in flight for ``opened``: the tail of its text that fits, and its offset."""
    text = tail(partial.text, at_most_bytes)
    return {
        "run_id": partial.run_id,
        "participant": partial.assistant_id,
        "trigger_seq": partial.trigger_seq,
        "fence": partial.fence,
        "offset": len(partial.text) - len(text),
        "text": text,
    }


def tail(text: str, at_most_bytes: int) -> str:
    """Return the longest end of ``text`` whose JSON has at most that many bytes."""
    if len(encode({"": text})) <= at_most_bytes:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high) // 2
        if len(encode({"": text[middle:]})) <= at_most_bytes:
            high = middle
        else:
            low = middle + 1
    return text[low:]


def head(text: str, at_most_bytes: int) -> str:
    """Return the longest beginning of ``text`` that takes at most that many bytes in JSON."""
    quoted = json.dumps(text, ensure_ascii=False).encode("utf-8")[1:-1]
    if len(quoted) <= at_most_bytes:
        return text
    # A code point that the cut has parted is dropped here, and an escape below.
    cut = quoted[:at_most_bytes].decode("utf-8", "ignore")
    for end in range(len(cut), -1, -1):
        with contextlib.suppress(ValueError):
            return str(json.loads(f'"{cut[:end]}"'))
    return ""


def quoted_bytes(text: str) -> int:
    """Return how many bytes ``text`` takes in JSON, without its quotes."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8")) - 2


def run_frame(
    place: Place,
    partial: Partial,
    state: Literal["started", "retrying", "ended"],
    error: FailureView | None = None,
) -> bytes:
    """Return a ``run`` frame."""
    told: RunChanged = {
        "type": "run",
        "conversation_id": place.conversation_id,
        "run_id": partial.run_id,
        "participant": partial.assistant_id,
        "trigger_seq": partial.trigger_seq,
        "fence": partial.fence,
        "state": state,
    }
    if error is not None:
        told["error"] = error
    return encoded(told)


def delta_frame(place: Place, partial: Partial, *, offset: int, text: str) -> bytes:
    """Return a ``delta`` frame; ``offset`` counts the answer's code points before ``text``."""
    told: Delta = {
        "type": "delta",
        "conversation_id": place.conversation_id,
        "run_id": partial.run_id,
        "fence": partial.fence,
        "offset": offset,
        "text": text,
    }
    return encoded(told)
