"""What a search finds and says, as pieces of an answer."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from wireside.adapters.llm.reading import JoinedText
from wireside.domain.items import Item, Shelf, item_of, listed
from wireside.ports import ItemsPiece, Piece, TextPiece

NOTHING = "No results."
"""What an answer says that found nothing: it is an answer, not a failure."""
BETWEEN = {"list": "\n"}
"""What parts the pieces of one kind; others follow each other as they are."""
APART = "\n\n"


@dataclass(slots=True)
class Findings:
    """Gathers results and text. ``lists``: results are told as text too, as they come.

    Texts of several kinds are parted by a blank line.
    """

    lists: bool
    _shelf: Shelf = field(default_factory=Shelf)
    _kind: str = ""
    _grown: str = ""
    _has_spoken: bool = False
    _text: JoinedText = field(default_factory=JoinedText)

    def find(self, results: Iterable[Mapping[str, Any]]) -> Iterator[Piece]:
        """Yield what is new among results."""
        new = self._shelf.put(item for each in results if (item := item_in(each)))
        if new:
            yield ItemsPiece(tuple(new))
        if new and self.lists:
            yield from self.say("list", listed(new))

    def say(self, kind: str, text: object) -> Iterator[Piece]:
        """Yield a piece of text of its kind, with what parts it from what was said before."""
        if not isinstance(text, str) or not text:
            return
        part = BETWEEN.get(kind, "") if kind == self._kind else APART
        self._kind = kind
        if ready := self._text.add(f"{part}{text}" if self._has_spoken else text):
            self._has_spoken = True
            yield TextPiece(ready)

    def grow(self, kind: str, text: object) -> Iterator[Piece]:
        """Yield what a text has more than when it came before; nothing of another one."""
        if isinstance(text, str) and text.startswith(self._grown):
            yield from self.say(kind, text[len(self._grown) :])
            self._grown = text

    def end(self) -> Iterator[Piece]:
        """Yield what has to be said where neither results nor words came."""
        if not self._shelf.items and not self._has_spoken:
            yield TextPiece(NOTHING)


def item_in(result: Mapping[str, Any]) -> Item | None:
    """Return the item in a result, as both generations tell it.

    The site's own description of the thing is used where the server says nothing of it.
    """
    described = _of_schema(result.get("schema_object"))

    def told(name: str) -> str | None:
        return _first_text(result.get(name)) or _first_text(described.get(name))

    kind = told("@type")
    return item_of(
        {
            "name": told("name"),
            "url": told("url"),
            "site": _first_text(result.get("site")),
            "type": None if kind == "Item" else kind,
            "description": told("description"),
            "score": result.get("score"),
        }
    )


def _first_text(told: object) -> str | None:
    """Return a text, or the first of several: schema.org lets every property have many values."""
    each = told if isinstance(told, list) else [told]
    return next((text for text in each if isinstance(text, str) and text.strip()), None)


def _of_schema(told: object) -> Mapping[str, Any]:
    """Return the thing of schema.org that is told: an object, or the first of a list of them."""
    first = told[0] if isinstance(told, list) and told else told
    return first if isinstance(first, dict) else {}
