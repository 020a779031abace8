"""Numbers that clients meet, from where the code holds them."""

from checks.tables.markdown import table
from wireside import wire
from wireside.domain import items, runs
from wireside.entrypoints.http import bodies, search
from wireside.entrypoints.http import conversations as listing
from wireside.protocol import MAX_FRAME_BYTES, MAX_MENTIONS, MAX_TEXT_CODE_POINTS
from wireside.services import (
    activity,
    log,
    messages,
    posting,
    presence,
    reading,
    sessions,
    streams,
    writes,
)
from wireside.services import conversations as pages


def limits() -> str:
    """Return what is limited, and to how much."""
    return table(("what", "limit"), (*_sizes(), *_counts(), *_times()))


def _sizes() -> tuple[tuple[str, str], ...]:
    return (
        ("a frame that a client sends", _bytes(MAX_FRAME_BYTES)),
        ("an event inside a server's frame; a longer text is cut", _bytes(wire.MAX_FRAME_BYTES)),
        ("one page over HTTP; the event that reaches it ends it", _bytes(pages.ENOUGH_BYTES)),
        ("the text of a message", f"{MAX_TEXT_CODE_POINTS:,} code points"),
        ("an assistant's answer, in JSON", _bytes(streams.MAX_ANSWER_BYTES)),
        (
            "an assistant's results, in JSON",
            f"{_bytes(items.MAX_ITEMS_BYTES)}, {items.MAX_ITEMS} of them",
        ),
        ("a title", f"{bodies.MAX_TITLE} code points"),
        ("`q` of a search", f"{search.MAX_QUERY} code points"),
    )


def _counts() -> tuple[tuple[str, str], ...]:
    return (
        ("`mentions` of one message", f"{MAX_MENTIONS}"),
        ("conversations that one connection has open", f"{sessions.MAX_OPEN}"),
        ("events that `open` brings without `after_seq`", f"{reading.NEWEST}"),
        ("events behind, beyond which a client reloads", f"{log.MAX_BEHIND}"),
        ("events in one page over HTTP", f"{listing.MAX_PAGE}"),
        ("one sender's unanswered messages to assistants", f"{writes.MAX_UNANSWERED}"),
        ("listeners, above whom neither `typing` nor `presence` is sent", f"{presence.CROWD}"),
    )


def _times() -> tuple[tuple[str, str], ...]:
    return (
        ("`typing` of one connection", f"one in {_ms(messages.TYPING_EVERY_MS)}"),
        ("`activity` of one conversation", f"one in {_ms(activity.ACTIVITY_EVERY_MS)}"),
        ("input window with one person", _ms(runs.WINDOW_ALONE_MS)),
        ("input window with several people", _ms(runs.WINDOW_SEVERAL_MS)),
        ("one frame's way to all listeners", _ms(posting.FAN_OUT_SECONDS * 1_000)),
        ("a connection's life", _ms(sessions.CONNECTION_SECONDS * 1_000)),
        ("`rotate_at`, before that", _ms(sessions.ROTATE_EARLY_MS)),
    )


def _bytes(count: int) -> str:
    return f"{count:,} bytes"


def _ms(count: int) -> str:
    return f"{count / 1_000:,g} s"
