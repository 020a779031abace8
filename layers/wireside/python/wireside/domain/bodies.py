"""What the bodies of events hold, by kind. ``docs/protocol.md`` shows it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NotRequired, TypedDict

from wireside.domain.events import Kind


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
    """An assistant's message."""

    run_id: str
    trigger_seq: int
    text: str
    model: str
    finish_reason: Literal["stop", "length", "filtered", "error"]
    usage: UsageView


class RunFailed(TypedDict):
    """A run that ended before any text was visible."""

    run_id: str
    trigger_seq: int
    participant: str
    code: str
    message: str


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


BODIES: Mapping[Kind, tuple[Any, ...]] = MappingProxyType(
    {
        Kind.MESSAGE: (Message, Answer),
        Kind.RUN_FAILED: (RunFailed,),
        Kind.JOINED: (Membership,),
        Kind.LEFT: (Membership,),
        Kind.REMOVED: (Membership,),
        Kind.TITLED: (Titled,),
        Kind.MODEL_SELECTED: (ModelSelected,),
        Kind.REPLY_POLICY_SET: (ReplyPolicySet,),
    }
)
"""The kinds that this version writes, and the bodies of each: a person's first."""
