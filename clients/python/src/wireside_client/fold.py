"""Makes of a log what a person sees: the same as ``web/wireside/fold.js`` makes of it."""

from collections.abc import Iterable, Mapping
from typing import Any

from wireside_client.calls import Calls
from wireside_client.items import Item, Message, Notice, Remnant
from wireside_client.log import Event
from wireside_client.results import results_in
from wireside_client.versions import mark_replaced

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


def fold(events: Iterable[Event]) -> list[Item]:
    """Return what a contiguous window of the log, ascending, looks like.

    Messages have their later edits, deletions and reactions; what was cut off by a takeover or the
    end is kept; everything else that matters to people is a notice. An item has its event's seq.
    """
    items: list[Item] = []
    messages: dict[int, Message] = {}
    calls = Calls()
    for event in events:
        call = calls.take(event)
        shown = [call] if call else _items_of(event)
        items += shown
        messages |= {each.seq: each for each in shown if isinstance(each, Message)}
        _apply(messages, event)
    mark_replaced(messages)
    return items


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


def _apply(messages: Mapping[int, Message], event: Event) -> None:
    """Change the message that an event is about."""
    kind, body = event["kind"], event["body"]
    target = messages.get(body.get("target_seq", 0))
    if target is None or target.is_deleted:
        return
    match kind:
        case "edited" if body.get("deleted") is not True:
            target.text, target.is_edited = body["text"], True
        case "deleted":
            _delete(target)
            target.reactions = {}
        case "reacted":
            _react(target, event["sender"]["id"], body)


def _react(message: Message, user_id: str, body: Mapping[str, Any]) -> None:
    emoji = body["emoji"]
    who = [each for each in message.reactions.get(emoji, ()) if each != user_id]
    who += [user_id] if body["on"] else []
    if who:
        message.reactions[emoji] = who
    else:
        message.reactions.pop(emoji, None)


def _delete(message: Message) -> None:
    message.text, message.is_deleted = "", True
    message.is_edited = message.is_truncated = False
    message.finish_reason = message.model = message.regenerates = message.reply_to = None
    message.results = ()


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
        results=results_in(body),
    )
    if body.get("deleted") is True:
        _delete(message)
    return message
