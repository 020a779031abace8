"""What the formats of several providers have in common."""

import json
from dataclasses import dataclass
from typing import Any

from wireside.adapters.llm.failures import failed
from wireside.domain.errors import RunErrorCode
from wireside.ports import Usage


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
