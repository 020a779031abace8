"""The frames of NLWeb's older generation: JSON objects told apart by their ``message_type``.

They come in any order, and new types come with each revision: what is not known adds nothing.
Source: https://github.com/nlweb-ai/NLWeb/blob/main/docs/nlweb-rest-api.md
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wireside.adapters.llm.failures import broken_off
from wireside.adapters.llm.findings import Findings
from wireside.adapters.llm.reading import json_object
from wireside.ports import Finished, Piece

ENDS = frozenset({"complete", "end-nlweb-response"})
WHOLE = ("results", "content", "summary", "nlws")
"""What an answer has that came whole, without being streamed."""


@dataclass(slots=True)
class MessageFrames:
    """Reads frame after frame. ``is_done``: the server has said that there is no more."""

    mode: str
    is_done: bool = False
    _found: Findings = field(init=False)

    def __post_init__(self) -> None:
        """Only a list is told as it comes: elsewhere words of the server's own follow."""
        self._found = Findings(lists=self.mode == "list")

    def feed(self, data: str, _name: str) -> Iterator[Piece]:
        """Yield what one frame adds to the answer.

        Raises: ModelFailed for an error and for what is no JSON object.
        """
        if not data.strip():
            return
        frame = json_object(data)
        kind = frame.get("message_type")
        if kind == "error" or (kind is None and frame.get("error")):
            nested = frame.get("error")
            raise broken_off(nested if isinstance(nested, dict) else frame)
        if kind is None and any(each in frame for each in WHOLE):
            yield from self._whole(frame)
        elif isinstance(kind, str):
            self.is_done = self.is_done or kind in ENDS
            yield from self._frame(kind, frame)

    def end(self) -> Iterator[Piece]:
        """Yield the end; nothing where its marker is missing."""
        if self.is_done:
            yield from self._found.end()
            yield Finished("stop", None)

    def _frame(self, kind: str, frame: Mapping[str, Any]) -> Iterator[Piece]:
        found = self._found
        match kind:
            case "result_batch":
                yield from self._typed(_objects(frame.get("results")))
            case "result":
                yield from self._typed(frame.get("content", frame))
            case "summary":
                yield from found.say(kind, _words(frame))
            case "nlws":
                # It comes twice: with the answer, and again with what the answer was made of.
                yield from found.grow(kind, frame.get("answer"))
                yield from found.find(_objects(frame.get("items")))
            case "item_details":
                yield from found.say(kind, frame.get("details"))
                yield from found.find([frame])
            case "compare_items":
                yield from found.say(kind, frame.get("comparison"))
                yield from found.find(_objects([frame.get("item1"), frame.get("item2")]))
            case "ask_user" | "no_results" | "site_is_irrelevant_to_query":
                yield from found.say(kind, _words(frame))
            case "ensemble_result":
                yield from self._ensemble(frame.get("result"))

    def _whole(self, frame: Mapping[str, Any]) -> Iterator[Piece]:
        """Yield an answer that came whole: each part under the name that its frame would have."""
        self.is_done = True
        for kind in ("nlws", "summary"):
            if isinstance(part := frame.get(kind), dict):
                yield from self._frame(kind, part)
        yield from self._typed(frame.get("results", frame.get("content")))

    def _typed(self, told: object) -> Iterator[Piece]:
        """Yield typed content: results, or words."""
        for each in told if isinstance(told, list) else [told]:
            yield from typed(self._found, each)

    def _ensemble(self, result: object) -> Iterator[Piece]:
        """Yield what was put together of several searches.

        Raises: ModelFailed where the server could not.
        """
        told = result if isinstance(result, dict) else {}
        if told.get("success") is False:
            raise broken_off(told.get("error"))
        found = told.get("recommendations")
        parts = _objects(list(found.values()) if isinstance(found, dict) else found)
        yield from self._found.find(parts)


def typed(found: Findings, content: Any) -> Iterator[Piece]:
    """Yield one piece of typed content: a text, words that are called so, or a result."""
    match content:
        case str(text):
            yield from found.say("text", text)
        case {"@type": "Summary" | "Answer" | "Text" as kind}:
            yield from found.say(str(kind), _words(content))
        case {"type": "text", "text": str(text)}:
            yield from found.say("text", text)
        case {"item": dict(item)}:
            yield from found.find([item])
        case dict():
            yield from found.find([content])


def _words(told: Mapping[str, Any]) -> str:
    """Return the text of a frame, whatever its revision calls it."""
    words = (told.get(name) for name in ("message", "text", "content", "answer", "question"))
    return next((each for each in words if isinstance(each, str) and each), "")


def _objects(told: object) -> list[Mapping[str, Any]]:
    return [each for each in told if isinstance(each, dict)] if isinstance(told, list) else []
