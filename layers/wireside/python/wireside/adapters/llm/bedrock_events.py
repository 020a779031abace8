"""The events of a streamed conversation, as botocore hands them over.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from wireside.adapters.llm.failures import failed
from wireside.adapters.llm.reading import CallPieces, JoinedText, token_usage
from wireside.domain.errors import RunErrorCode
from wireside.ports import Usage

REASONS: dict[str, Literal["length", "filtered"]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "filtered",
    "content_filtered": "filtered",
}
"""What a ``stopReason`` means; every other one is a stop."""


@dataclass(slots=True)
class ConverseEvents:
    """Reads event after event. ``reason`` is set once the model has said why it ends."""

    reason: Literal["stop", "length", "filtered"] | None = None
    usage: Usage | None = None
    calls: CallPieces = field(default_factory=CallPieces)
    _text: JoinedText = field(default_factory=JoinedText)

    def feed(self, event: dict[str, Any]) -> str:
        """Return the text that one event adds; reasoning, calls and unknown events add none.

        Raises: ModelFailed for what was no JSON: botocore reads it as an event without anything.
        """
        self._call(event)
        if stop := event.get("messageStop"):
            self.reason = REASONS.get(stop.get("stopReason", ""), "stop")
        reported = event.get("metadata", {}).get("usage", {})
        known = {
            "prompt_tokens": reported.get("inputTokens"),
            "completion_tokens": reported.get("outputTokens"),
        }
        self.usage = token_usage(known) or self.usage
        block = event.get("contentBlockDelta", {"delta": {}})
        if "delta" not in block:
            raise failed(RunErrorCode.MODEL_UNAVAILABLE, "a chunk is no JSON")
        text = block["delta"].get("text")
        return self._text.add(text) if isinstance(text, str) else ""

    def _call(self, event: dict[str, Any]) -> None:
        """Take the beginning of a call, or a piece of its input."""
        block: dict[str, Any] = event.get("contentBlockStart") or {}
        if begun := block.get("start", {}).get("toolUse"):
            index = block.get("contentBlockIndex")
            self.calls.add(index, begun.get("toolUseId"), begun.get("name"), None)
        block = event.get("contentBlockDelta") or {}
        if piece := block.get("delta", {}).get("toolUse"):
            self.calls.add(block.get("contentBlockIndex"), None, None, piece.get("input"))
