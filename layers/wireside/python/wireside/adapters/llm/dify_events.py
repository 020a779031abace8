"""The events of a Dify app's streamed answer.

Source: https://docs.dify.ai/api-reference/chat/send-chat-message
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wireside.adapters.llm.failures import broken_off
from wireside.adapters.llm.reading import JoinedText, json_object, token_usage
from wireside.ports import Finished, Piece, TextPiece, Usage

CONVERSATION = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class DifyEvents:
    """Reads event after event. ``conversation`` is Dify's own id, once an event has named it."""

    conversation: str | None = None
    usage: Usage | None = None
    is_done: bool = False
    _has_spoken: bool = False
    _is_filtered: bool = False
    _text: JoinedText = field(default_factory=JoinedText)

    def feed(self, data: str) -> Iterator[Piece]:
        """Yield what one event's data adds to the answer.

        What tells of workflows, nodes, thoughts, files and speech adds nothing.

        Raises: ModelFailed for an error and for what is no JSON object.
        """
        if not data.strip():
            return
        event = json_object(data)
        self._note(event)
        match event.get("event"):
            case "message" | "agent_message" if not self._is_filtered:
                yield from self._said(event)
            case "message_replace":
                # Moderation took back the answer: what is out is out, but nothing follows it.
                if not self._has_spoken:
                    yield from self._said(event)
                self._is_filtered = True
            case "error":
                raise broken_off(event)
            case None if "code" in event:
                raise broken_off(event)  # a refusal under status 200

    def end(self) -> Finished | None:
        """Return how the answer ended; ``None`` where its end marker is missing."""
        if not self.is_done:
            return None
        return Finished("filtered" if self._is_filtered else "stop", self.usage)

    def _note(self, event: dict[str, Any]) -> None:
        """Note what is not text. An answer that came whole, with its ``mode``, ends with itself."""
        named = event.get("conversation_id")
        if isinstance(named, str) and CONVERSATION.fullmatch(named):
            self.conversation = named
        kind = event.get("event")
        if kind == "message_end" or (kind == "message" and "mode" in event):
            metadata = event.get("metadata")
            self.usage = token_usage(metadata.get("usage")) if isinstance(metadata, dict) else None
            self.is_done = True

    def _said(self, event: dict[str, Any]) -> Iterator[Piece]:
        answer = event.get("answer")
        if text := self._text.add(answer if isinstance(answer, str) else ""):
            self._has_spoken = True
            yield TextPiece(text)
