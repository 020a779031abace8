"""What the formats of several providers have in common."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wireside.adapters.llm.failures import failed
from wireside.domain.errors import RunErrorCode
from wireside.ports import ToolCall, Usage

MAX_CALLS = 100
MAX_CALL = 1_000_000
"""In characters. What may be stored is far less, and looked at elsewhere."""


@dataclass(slots=True)
class JoinedText:
    """Text that comes in pieces, cut anywhere that JSON escapes allow."""

    _held: str = ""

    def add(self, text: str) -> str:
        """Return what is ready: a code point whose halves came in two pieces is put together."""
        if not text and not self._held:
            return ""
        whole = self._held + text
        self._held = whole[-1] if "\ud800" <= whole[-1] <= "\udbff" else ""
        ready = whole[:-1] if self._held else whole
        return ready.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


@dataclass(slots=True)
class _Called:
    index: object
    id: object
    name: str
    arguments: str = ""


@dataclass(slots=True)
class CallPieces:
    """Calls of tools that come in pieces, possibly several at a time, by their indices.

    Some servers leave out the index, others give every call the same one; they send calls whole.
    """

    _calls: list[_Called] = field(default_factory=list)

    def add(self, index: object, call_id: object, name: object, arguments: object) -> None:
        """Add what a piece has: a name, a part of the arguments, or arguments as an object.

        Raises: ModelFailed for more than any model would call at once.
        """
        call = next((each for each in reversed(self._calls) if each.index == index), None)
        is_other = call is None or index is None or (call_id or call.id) != call.id
        if isinstance(name, str) and name and is_other:
            call = _Called(index, call_id, name)
            self._calls.append(call)
        if call is None:
            return
        text = json.dumps(arguments) if isinstance(arguments, dict) else arguments
        call.arguments += text if isinstance(text, str) else ""
        if len(self._calls) > MAX_CALLS or len(call.arguments) > MAX_CALL:
            raise failed(RunErrorCode.MODEL_UNAVAILABLE, "too many calls, or too long ones")

    def whole(self) -> Iterator[ToolCall]:
        """Yield the calls in the order in which they began."""
        return (ToolCall(each.name, each.arguments) for each in self._calls)


def json_object(data: str) -> dict[str, Any]:
    """Return what one event says.

    Raises: ModelFailed for what is no JSON object.
    """
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise failed(RunErrorCode.MODEL_UNAVAILABLE, "a chunk is no JSON") from error
    if not isinstance(chunk, dict):
        raise failed(RunErrorCode.MODEL_UNAVAILABLE, "a chunk is no object")
    return chunk


def token_usage(reported: object) -> Usage | None:
    """Return ``prompt_tokens`` and ``completion_tokens``; ``None`` where they make no sense."""
    if not isinstance(reported, dict):
        return None
    asked, said = (reported.get(key) for key in ("prompt_tokens", "completion_tokens"))
    if type(asked) is not int or type(said) is not int or min(asked, said) < 0:
        return None
    return Usage(asked, said, estimated=False)
