"""The events of a streamed message, as Anthropic specifies them.

Sources: https://platform.claude.com/docs/en/build-with-claude/streaming
https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from wireside.adapters.llm.failures import broken_off
from wireside.adapters.llm.reading import CallPieces, JoinedText, json_object
from wireside.ports import Finished, InputTokens, Piece, TextPiece, Usage

REASONS: dict[str, Literal["stop", "length", "filtered"]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "filtered",
}
"""What a ``stop_reason`` means; every other one is a stop."""
INPUTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
"""What was read is counted in three parts.

Source: https://platform.claude.com/docs/en/build-with-claude/prompt-caching
"""
OUTPUT = "output_tokens"


@dataclass(slots=True)
class MessageEvents:
    """Reads event after event. ``reason`` is set once the server has said why it ends."""

    reason: Literal["stop", "length", "filtered"] | None = None
    is_done: bool = False
    _counts: dict[str, int] = field(default_factory=dict)
    _text: JoinedText = field(default_factory=JoinedText)
    _calls: CallPieces = field(default_factory=CallPieces)

    def feed(self, data: str) -> Iterator[Piece]:
        """Yield what one event's data adds to the answer.

        Thinking, tools of the server, pings and events that nobody knows yet add nothing.

        Raises: ModelFailed for an error and for what is no JSON object.
        """
        if not data.strip():
            return
        event = json_object(data)
        if event.get("type") == "error" or event.get("error"):
            raise broken_off(event.get("error") or event)
        self._note(event)
        if event.get("type") == "message_start" and INPUTS[0] in self._counts:
            yield InputTokens(self._read())
        if text := self._text.add(_text(event)):
            yield TextPiece(text)

    def end(self) -> Iterator[Piece]:
        """Yield what was called, and how the answer ended; nothing without its end marker."""
        if self.reason is None and not self.is_done:
            return
        reason = self.reason or "stop"
        if reason == "stop":
            yield from self._calls.whole()
        yield Finished(reason, self._usage())

    def _note(self, event: dict[str, Any]) -> None:
        """Note what is not text."""
        match event.get("type"):
            case "content_block_start":
                self._call(event.get("index"), _object(event.get("content_block")))
            case "content_block_delta":
                piece = _object(event.get("delta")).get("partial_json")
                self._calls.add(event.get("index"), None, None, piece)
            case "message_start":
                # Its count of what was said is of the first word alone.
                self._count(_object(event.get("message")), INPUTS)
            case "message_delta":
                self._ends(_object(event.get("delta")))
                self._count(event, (*INPUTS, OUTPUT))
            case "message_stop":
                self.is_done = True
            case "message":  # from a server that cannot stream
                self._ends(event)
                self._count(event, (*INPUTS, OUTPUT))
                blocks = event.get("content")
                for index, each in enumerate(blocks if isinstance(blocks, list) else []):
                    self._call(index, _object(each))

    def _call(self, index: object, block: dict[str, Any]) -> None:
        """Begin a call; its input comes in pieces, unless the message is whole."""
        if block.get("type") == "tool_use":
            known = block.get("input") or None
            self._calls.add(index, block.get("id"), block.get("name"), known)

    def _ends(self, said: dict[str, Any]) -> None:
        reason = said.get("stop_reason")
        if isinstance(reason, str) and reason:
            self.reason = REASONS.get(reason, "stop")

    def _count(self, said: dict[str, Any], names: tuple[str, ...]) -> None:
        """Note counts. They are cumulative: a later one takes the place of an earlier one."""
        for name in names:
            count = _object(said.get("usage")).get(name)
            if type(count) is int and count >= 0:
                self._counts[name] = count

    def _usage(self) -> Usage | None:
        if INPUTS[0] not in self._counts or OUTPUT not in self._counts:
            return None
        return Usage(self._read(), self._counts[OUTPUT], estimated=False)

    def _read(self) -> int:
        return sum(self._counts.get(each, 0) for each in INPUTS)


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(event: dict[str, Any]) -> str:
    """Return what an event says: a block's beginning, a piece of it, or a whole message."""
    match event:
        case {"type": "content_block_start", "content_block": {"type": "text", "text": str(text)}}:
            return text
        case {"type": "content_block_delta", "delta": {"type": "text_delta", "text": str(text)}}:
            return text
        case {"type": "message", "content": [*blocks]}:
            texts = (each for each in map(_object, blocks) if each.get("type") == "text")
            return "".join(each["text"] for each in texts if isinstance(each.get("text"), str))
    return ""
