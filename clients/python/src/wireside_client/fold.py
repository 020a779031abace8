"""Makes of a log what a person sees: the same as ``web/wireside/fold.js`` makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wireside_client.calls import Calls
from wireside_client.items import Call, Item, Message, Notice, Remnant
from wireside_client.log import Event
from wireside_client.results import results_in
from wireside_client.versions import Versions, replaced_anew

NOTICED = frozenset(
    {
        "run_failed",
        "joined",
        "left",
        "removed",
        "titled",
        "model_selected",
        "reply_policy_set",
        "regenerate_requested",
        "help_requested",
        "help_resolved",
        "taken_over",
        "released",
        "ended",
        "approved",
        "file_rejected",
    }
)


class Folding:
    """A window that is folded as it grows: an event costs what it changes, however long the log is.

    ``items`` are ascending; one that changes is another object from then on.
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._places: dict[int, int] = {}
        self._calls, self._versions = Calls(), Versions()

    def add(self, event: Event) -> None:
        """Take the next event."""
        for item in (*self._calls.take(event), *_items_of(event)):
            self._put(item)
        own = self._message(event["seq"])
        if own is not None and own.sender["type"] == "assistant":
            self._versions.add(own)
        changed = _changed(self._message(event["body"].get("target_seq", 0)), event)
        if changed is not None:
            self._put(changed)
        if changed is not None and changed.is_deleted:
            self._mark_all()
        elif (about := changed or own) is not None:
            self._mark(about.seq)

    def _message(self, seq: int) -> Message | None:
        place = self._places.get(seq)
        found = None if place is None else self.items[place]
        return found if isinstance(found, Message) else None

    def _put(self, item: Item) -> None:
        """Add an item, or put it in place of what it was."""
        place = self._places.get(item.seq)
        if place is not None:
            self.items[place] = item
            return
        if isinstance(item, Message | Call):
            self._places[item.seq] = len(self.items)
        self.items.append(item)

    def _mark_all(self) -> None:
        """Look anew: a deleted answer does not say any more which one it stood in for."""
        answers = [each for each in self.items if isinstance(each, Message)]
        answers = [each for each in answers if each.sender["type"] == "assistant"]
        self._versions = Versions(answers)
        for each in answers:
            self._mark(each.seq)

    def _mark(self, seq: int) -> None:
        """Mark the answers to a question that a newer one stands in for, or does no longer."""
        versions = [each for each in map(self._message, self._versions.of(seq)) if each]
        for each in replaced_anew(versions):
            self._put(each)


class Folded:
    """What a window that somebody looks at again and again looks like."""

    def __init__(self) -> None:
        self._events: list[Event] = []
        self._done = 0
        self._folding = Folding()

    def items(self, events: list[Event]) -> Sequence[Item]:
        """Return the items; only what has joined the end since the last time is folded.

        A list that is another one begins anew.
        """
        if events is not self._events or len(events) < self._done:
            self._events, self._done, self._folding = events, 0, Folding()
        for index in range(self._done, len(events)):
            self._folding.add(events[index])
        self._done = len(events)
        return self._folding.items


def fold(events: Iterable[Event]) -> list[Item]:
    """Return what a contiguous window of the log, ascending, looks like.

    Messages have their later edits, deletions and reactions; what was cut off by a takeover or the
    end is kept; everything else that matters to people is a notice. An item has its event's seq.
    """
    folding = Folding()
    for event in events:
        folding.add(event)
    return folding.items


def _items_of(event: Event) -> list[Item]:
    """Return nothing for what only changes a message, or is for machines."""
    if event["kind"] == "message":
        return [_message_of(event)]
    if event["kind"] not in NOTICED:
        return []
    about = {key: event[key] for key in ("seq", "at", "kind", "sender", "body")}
    return [*_remnants_of(event), Notice(**about)]


def _remnants_of(event: Event) -> list[Remnant]:
    """Return one for each run that had said something when this event ended it."""
    return [
        Remnant(event["seq"], event["at"], run["run_id"], run["participant"], run["text"])
        for run in event["body"].get("stopped_runs", ())
        if run["text"]
    ]


def _changed(target: Message | None, event: Event) -> Message | None:
    """Return the message that an event is about as it is from then on, if that changes it."""
    kind, body = event["kind"], event["body"]
    if target is None or target.is_deleted:
        return None
    match kind:
        case "edited" if body.get("deleted") is not True:
            return replace(target, text=body["text"], is_edited=True)
        case "deleted":
            return replace(_deleted(target), reactions={})
        case "reacted":
            return replace(target, reactions=_reacted(target, event["sender"]["id"], body))
    return None


def _reacted(message: Message, user_id: str, body: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    reactions, emoji = {**message.reactions}, body["emoji"]
    who = [each for each in reactions.get(emoji, ()) if each != user_id]
    who += [user_id] if body["on"] else []
    reactions[emoji] = who
    return {each: ids for each, ids in reactions.items() if ids}


def _deleted(message: Message) -> Message:
    return replace(
        message,
        text="",
        is_deleted=True,
        is_edited=False,
        is_truncated=False,
        finish_reason=None,
        model=None,
        regenerates=None,
        replaced_by=None,
        reply_to=None,
        mentions=(),
        results=(),
    )


def _message_of(event: Event) -> Message:
    body = event["body"]
    message = Message(
        seq=event["seq"],
        at=event["at"],
        sender=event["sender"],
        text=body["text"],
        is_truncated=event.get("truncated") is True,
        finish_reason=body.get("finish_reason"),
        model=body.get("model"),
        regenerates=body.get("regenerates"),
        reply_to=body.get("reply_to"),
        mentions=body.get("mentions", ()),
        results=results_in(body),
    )
    return _deleted(message) if body.get("deleted") is True else message
