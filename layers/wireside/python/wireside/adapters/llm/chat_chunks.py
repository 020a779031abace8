"""The chunks of a streamed chat completion, as OpenAI specifies and others vary them.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from wireside.adapters.llm.failures import broken_off
from wireside.adapters.llm.reading import CallPieces, JoinedText, json_object, token_usage
from wireside.ports import Finished, Piece, TextPiece, Usage

DONE = "[DONE]"
REASONS: dict[str, Literal["stop", "length", "filtered"]] = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "filtered",
}
"""What a ``finish_reason`` means; every other one is a stop."""


@dataclass(slots=True)
class ChatChunks:
    """Reads chunk after chunk. ``reason`` is set once the server has said why it ends."""

    reason: Literal["stop", "length", "filtered"] | None = None
    usage: Usage | None = None
    is_done: bool = False
    _text: JoinedText = field(default_factory=JoinedText)
    _calls: CallPieces = field(default_factory=CallPieces)

    def feed(self, data: str) -> Iterator[Piece]:
        """Yield what one event's data adds to the answer.

        A chunk without a choice, a role, reasoning, ``null`` and unknown fields add nothing.

        Raises: ModelFailed for an error object and for what is no JSON object.
        """
        word = data.strip()
        if word in {"", DONE}:
            self.is_done = self.is_done or word == DONE
            return
        chunk = json_object(data)
        if chunk.get("error") or chunk.get("object") == "error":
            raise broken_off(chunk.get("error") or chunk)
        self.usage = token_usage(chunk.get("usage")) or self.usage
        choice = _first(chunk.get("choices"))
        self._call(choice.get("delta") or choice.get("message"))
        if text := self._text.add(_text(choice.get("delta") or choice.get("message"))):
            yield TextPiece(text)
        reason = choice.get("finish_reason")
        if isinstance(reason, str) and reason:
            self.reason = REASONS.get(reason, "stop")

    def end(self) -> Iterator[Piece]:
        """Yield what was called, and how the answer ended; nothing without its end marker."""
        if self.reason is None and not self.is_done:
            return
        reason = self.reason or "stop"
        if reason == "stop":
            yield from self._calls.whole()
        yield Finished(reason, self.usage)

    def _call(self, said: object) -> None:
        """Take pieces of calls: the name comes once, the arguments in any number of pieces."""
        calls = said.get("tool_calls") if isinstance(said, dict) else None
        for each in calls if isinstance(calls, list) else []:
            if isinstance(each, dict) and isinstance(function := each.get("function"), dict):
                name, arguments = function.get("name"), function.get("arguments")
                self._calls.add(each.get("index"), each.get("id"), name, arguments)


def _first(choices: object) -> dict[str, Any]:
    """Return the only choice that was asked for; some servers send usage without any."""
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        return choices[0]
    return {}


def _text(said: object) -> str:
    """Return the text of a delta or message: a string, a list of parts, or a refusal."""
    if not isinstance(said, dict):
        return ""
    content = said.get("content") or said.get("refusal")
    if isinstance(content, list):
        parts = [each.get("text") for each in content if isinstance(each, dict)]
        return "".join(each for each in parts if isinstance(each, str))
    return content if isinstance(content, str) else ""
