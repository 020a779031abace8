"""What the bodies of events hold, by kind. ``docs/protocol.md`` shows it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NotRequired, TypedDict

from wireside.domain.events import Kind
from wireside.domain.items import ItemView


class Written(TypedDict):
    """A message as far as its sender decides it."""

    text: str
    mentions: NotRequired[list[str]]
    reply_to: NotRequired[int]


class Message(Written):
    """A person's message. ``addressed``: the assistants that owe an outcome."""

    addressed: list[str]


class UsageView(TypedDict):
    """Tokens, as the provider reports them or else ``estimated``."""

    input_tokens: int
    output_tokens: int
    estimated: bool


class Answer(TypedDict):
    """An assistant's message. ``items``: the results that it points to, the best first."""

    run_id: str
    trigger_seq: int
    text: str
    model: str
    finish_reason: Literal["stop", "length", "stopped", "error", "filtered"]
    usage: UsageView
    items: NotRequired[list[ItemView]]
    regenerates: NotRequired[int]


class Deletion(TypedDict):
    """What is left of a message after its deletion."""

    text: str
    deleted: bool
    addressed: NotRequired[list[str]]
    run_id: NotRequired[str]
    trigger_seq: NotRequired[int]


class DeletedEdit(TypedDict):
    """What is left of an edit after the deletion of its message."""

    target_seq: int
    text: str
    deleted: bool


class Edited(TypedDict):
    """The message's text from here on."""

    target_seq: int
    text: str


class Deleted(TypedDict):
    """Which message is gone."""

    target_seq: int


class Reacted(TypedDict):
    """A reaction given, or taken back."""

    target_seq: int
    emoji: str
    on: bool


class RegenerateRequested(TypedDict):
    """Which answer is wanted anew. ``addressed``: the assistant that owes it."""

    target_seq: int
    addressed: list[str]


class RunFailed(TypedDict):
    """A run that ended before any text was visible."""

    run_id: str
    trigger_seq: int
    participant: str
    code: str
    message: str


class ToolCalled(TypedDict):
    """An assistant calls a tool. Unless it is ``approved``, it waits for a person."""

    run_id: str
    tool: str
    arguments: dict[str, Any]
    approved: bool


class ToolResult(TypedDict):
    """What a call has led to. ``target_seq``: the call."""

    run_id: str
    tool: str
    target_seq: int
    result: str


class DeletedCall(TypedDict):
    """What is left of a call or its result after the deletion of the answer that it led to."""

    text: str
    deleted: bool
    run_id: str
    tool: str
    target_seq: NotRequired[int]


class Decision(TypedDict):
    """Whether a call may be carried out, as far as a person decides it."""

    target_seq: int
    approved: bool


class Approved(Decision):
    """A decision on a call. ``addressed``: the assistant that goes on from it."""

    run_id: str
    tool: str
    addressed: list[str]


class Person(TypedDict):
    """A member, by id and name."""

    id: str
    name: str


class Membership(TypedDict):
    """Who came or went."""

    user: Person


class Titled(TypedDict):
    """The new title."""

    title: str


class ModelSelected(TypedDict):
    """The assistant that answers from now on."""

    model: str


class ReplyPolicySet(TypedDict):
    """When assistants answer from now on."""

    reply_policy: str


class StoppedRun(TypedDict):
    """A run that was in flight, and the text that it had."""

    run_id: str
    participant: str
    trigger_seq: int
    text: str


class TakenOver(TypedDict):
    """Who holds the conversation from here on."""

    operator: Person
    stopped_runs: list[StoppedRun]


class Released(TypedDict):
    """Who has handed the conversation back."""

    operator: Person


class Ended(TypedDict):
    """The end, counted from the conversation's creation."""

    duration_seconds: int
    stopped_runs: list[StoppedRun]


BODIES: Mapping[Kind, tuple[Any, ...]] = MappingProxyType(
    {
        Kind.MESSAGE: (Message, Answer, Deletion),
        Kind.EDITED: (Edited, DeletedEdit),
        Kind.DELETED: (Deleted,),
        Kind.REACTED: (Reacted,),
        Kind.REGENERATE_REQUESTED: (RegenerateRequested,),
        Kind.RUN_FAILED: (RunFailed,),
        Kind.TOOL_CALLED: (ToolCalled, DeletedCall),
        Kind.TOOL_RESULT: (ToolResult, DeletedCall),
        Kind.APPROVED: (Approved,),
        Kind.JOINED: (Membership,),
        Kind.LEFT: (Membership,),
        Kind.REMOVED: (Membership,),
        Kind.TITLED: (Titled,),
        Kind.MODEL_SELECTED: (ModelSelected,),
        Kind.REPLY_POLICY_SET: (ReplyPolicySet,),
        Kind.TAKEN_OVER: (TakenOver,),
        Kind.RELEASED: (Released,),
        Kind.ENDED: (Ended,),
    }
)
"""The kinds that this version writes, and the bodies of each: a person's first."""
