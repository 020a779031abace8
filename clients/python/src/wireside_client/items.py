"""What a person sees of a log. Nothing of it changes: what becomes another is another object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

type Sender = Mapping[str, Any]
"""``id``, ``name`` and ``type``: ``human``, ``assistant``, ``operator`` or ``system``."""


@dataclass(frozen=True, slots=True)
class Result:
    """What an answer points to; all of it is a stranger's.

    ``url`` is what the event says, ``href`` what may be linked to. Texts are empty where nothing is
    known.
    """

    name: str
    url: str
    href: str | None
    host: str
    type: str
    description: str


@dataclass(frozen=True, slots=True)
class Message:
    """A message with what became of it. ``reactions`` are user ids by emoji, ``mentions`` ids.

    ``regenerates`` is the seq of the answer that this one was written instead of, ``replaced_by``
    that of the newer answer to read instead of this one.
    """

    seq: int
    at: str
    sender: Sender
    text: str
    is_deleted: bool = False
    is_edited: bool = False
    is_truncated: bool = False
    reactions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    finish_reason: str | None = None
    model: str | None = None
    regenerates: int | None = None
    replaced_by: int | None = None
    reply_to: int | None = None
    mentions: Sequence[str] = ()
    results: Sequence[Result] = ()
    type: Literal["message"] = "message"


@dataclass(frozen=True, slots=True)
class Remnant:
    """What an assistant had said when it was silenced, by the event ``seq``."""

    seq: int
    at: str
    run_id: str
    participant: str
    text: str
    type: Literal["remnant"] = "remnant"


@dataclass(frozen=True, slots=True)
class Notice:
    """Anything else that people are told of: its ``kind`` and ``body`` are the event's."""

    seq: int
    at: str
    kind: str
    sender: Sender
    body: Mapping[str, Any]
    type: Literal["notice"] = "notice"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that an assistant has called.

    ``arguments`` is JSON in which nothing is invisible: people decide on it. What is deleted has
    neither arguments nor result.
    """

    seq: int
    at: str
    sender: Sender
    tool: str
    arguments: str
    state: Literal["waits", "declined", "runs", "done"]
    result: str | None = None
    is_deleted: bool = False
    type: Literal["call"] = "call"


type Item = Message | Remnant | Notice | Call
