"""Tools: what an assistant may call in the middle of an answer, and what was called already.

Everything here can be read back from the log: a call is its ``tool_called`` event, and named for
models by that event's seq.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wireside.domain.events import Event, Kind, RunId

MAX_ROUNDS = 5
"""So often a model may call tools in one turn; then it has to answer."""
MAX_CALLS = 8
"""So many calls are carried out in one turn."""
MAX_ARGUMENTS_BYTES = 4_096
MAX_RESULT_BYTES = 8_192
SHARE = 4
"""Calls and results take at most this part of what a model may read: a quarter."""
LEAST_TOOL_CONTEXT_TOKENS = 4_000
"""A quarter of less than that has no room for a result worth reading."""


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """What a model is told of a tool. ``parameters`` is a JSON schema of an object.

    ``seconds`` is how long one call may take.
    """

    name: str
    description: str
    parameters: Mapping[str, object] = field(hash=False)
    needs_approval: bool = False
    seconds: float = 10

    @property
    def size_bytes(self) -> int:
        """About what the description takes of a request."""
        return json_bytes([self.name, self.description, dict(self.parameters)])


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A call and its result. ``id`` tells calls of one conversation apart."""

    id: str
    name: str
    arguments: Mapping[str, object] = field(hash=False)
    result: str

    @property
    def size_bytes(self) -> int:
        """What both take of a request."""
        return json_bytes([self.id, self.name, dict(self.arguments), self.result])


@dataclass(frozen=True, slots=True)
class Round:
    """What a model said at once: a text, possibly empty, and calls."""

    text: str
    uses: tuple[ToolUse, ...] = ()

    @property
    def size_bytes(self) -> int:
        """What the round takes of a request."""
        return len(self.text.encode()) + sum(each.size_bytes for each in self.uses)

    def with_use(self, use: ToolUse) -> "Round":
        """Return the round with one call more."""
        return replace(self, uses=(*self.uses, use))


def json_bytes(value: object) -> int:
    """Return how many bytes a JSON value takes."""
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


def use_of(call: Event, result: str) -> ToolUse:
    """Return a call that has its result.

    Its id has nine digits: the strictest server wants nine letters or digits.
    Source: https://docs.mistral.ai/capabilities/function_calling
    """
    arguments = call.body.get("arguments")
    known = arguments if isinstance(arguments, dict) else {}
    return ToolUse(f"{call.seq:09d}", tool_name(call), known, result)


def tool_name(event: Event) -> str:
    """Return which tool an event is about."""
    return str(event.body.get("tool", ""))


def calls_of(events: Sequence[Event], run_ids: Collection[RunId]) -> list[Event]:
    """Return the calls of these runs that are not deleted, in the log's order."""
    return [
        each
        for each in events
        if each.kind is Kind.TOOL_CALLED
        and each.body.get("run_id") in run_ids
        and not each.is_deleted
    ]


def results_of(events: Sequence[Event]) -> dict[int, str]:
    """Return what calls have led to, by their seqs."""
    return {
        int(str(each.body["target_seq"])): str(each.body.get("result", ""))
        for each in events
        if each.kind is Kind.TOOL_RESULT and not each.is_deleted
    }


def tool_events_of(events: Sequence[Event], run_id: str) -> list[Event]:
    """Return calls and results of one run that are not deleted."""
    return [
        each
        for each in events
        if each.kind in {Kind.TOOL_CALLED, Kind.TOOL_RESULT}
        and each.body.get("run_id") == run_id
        and not each.is_deleted
    ]


def needs_approval(call: Event) -> bool:
    """Whether a call waits, or has waited, for people."""
    return call.body.get("approved") is False
