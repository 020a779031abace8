"""Results that an answer points to: what a page shows as cards.

Everything in them is a stranger's: it becomes short plain text, and addresses of the web.
"""

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NotRequired, TypedDict
from urllib.parse import urlsplit

MAX_ITEMS = 30
MAX_ITEMS_BYTES = 60_000
"""Measured in JSON. With the longest text an event still fits an item of the table."""
MAX_URL_BYTES = 2_000
MAX_NAME = 200
MAX_WORD = 100
MAX_DESCRIPTION = 600
BEST_SCORE = 100
JOINERS = "\u200c\u200d"
"""What is invisible and has its use in words and emoji all the same."""


class ItemView(TypedDict):
    """A result. ``url`` is http or https, without credentials; ``score`` from 0 to 100."""

    name: str
    url: NotRequired[str]
    site: NotRequired[str]
    type: NotRequired[str]
    description: NotRequired[str]
    score: NotRequired[float]


@dataclass(frozen=True, slots=True)
class Item:
    """One result. ``type`` is a word for what it is, as of schema.org; ``None``: not known."""

    name: str
    url: str | None = None
    site: str | None = None
    type: str | None = None
    description: str | None = None
    score: float | None = None

    def view(self) -> ItemView:
        """Return it as events carry it."""
        seen: ItemView = {"name": self.name}
        if self.url is not None:
            seen["url"] = self.url
        if self.site is not None:
            seen["site"] = self.site
        if self.type is not None:
            seen["type"] = self.type
        if self.description is not None:
            seen["description"] = self.description
        if self.score is not None:
            seen["score"] = self.score
        return seen


def item_of(told: Mapping[str, object]) -> Item | None:
    """Return a result out of what a stranger tells; ``None`` for one with no name and no address.

    Fields that are not what they should be are left out.
    """
    url = web_url(told.get("url"))
    name = one_line(told.get("name"), MAX_NAME) or url
    if name is None:
        return None
    return Item(
        name=name,
        url=url,
        site=one_line(told.get("site"), MAX_WORD),
        type=one_line(told.get("type"), MAX_WORD),
        description=one_line(told.get("description"), MAX_DESCRIPTION),
        score=_score(told.get("score")),
    )


def items_in(views: object) -> tuple[Item, ...]:
    """Return the results in an event's body."""
    each = views if isinstance(views, list) else []
    return tuple(item for told in each if isinstance(told, dict) and (item := item_of(told)))


def one_line(text: object, at_most: int) -> str | None:
    """Return a text in one line of at most so many code points; ``None`` for none."""
    if not isinstance(text, str):
        return None
    # What is cut off anyway is not looked at; what is invisible may take half of it.
    head = text[: at_most * 4]
    # Nothing in a printable text is hidden, and no space is another than the plain one.
    visible = head if head.isprintable() else "".join(map(_visible, head))
    line = " ".join(visible.split())
    return (line if len(line) <= at_most else f"{line[: at_most - 1].rstrip()}…") or None


def _visible(character: str) -> str:
    if character.isspace():
        return " "
    is_hidden = unicodedata.category(character).startswith("C") and character not in JOINERS
    return "" if is_hidden else character


def web_url(text: object) -> str | None:
    """Return an address that a page may link to, as it is; ``None`` for everything else."""
    if not isinstance(text, str) or not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
        return None
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
        fits = len(text.encode()) <= MAX_URL_BYTES
    except ValueError:
        return None
    is_web = parts.scheme in {"http", "https"} and bool(host) and "@" not in parts.netloc
    return text if is_web and fits else None


def _score(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    # Not a number is not between any two; an integer may be too large to be a float.
    return round(value, 2) if 0 <= value <= BEST_SCORE else None


@dataclass(slots=True)
class Shelf:
    """The results of one answer, as many as there is room for, none twice."""

    items: list[Item] = field(default_factory=list)
    room_bytes: int = MAX_ITEMS_BYTES

    def put(self, items: Iterable[Item]) -> list[Item]:
        """Put results down; return those that were new and had room. A full shelf looks at none."""
        more, new = iter(items), list[Item]()
        while len(self.items) < MAX_ITEMS and (item := next(more, None)):
            new += [item] if self._has_put(item) else []
        return new

    def _has_put(self, item: Item) -> bool:
        is_known = any((each.url or each.name) == (item.url or item.name) for each in self.items)
        size = len(json.dumps(item.view(), ensure_ascii=False).encode()) + 1
        if is_known or size > self.room_bytes:
            return False
        self.items.append(item)
        self.room_bytes -= size
        return True


def ranked(items: Iterable[Item]) -> tuple[Item, ...]:
    """Return the results, the best first; those without a score last, in their order."""
    return tuple(sorted(items, key=lambda each: 1 if each.score is None else -each.score))


def listed(items: Sequence[Item]) -> str:
    """Return the results as text, a line each: ``- <name>: <url>``, as far as there are both."""
    return "\n".join(f"- {_told(each)}" for each in items)


def _told(item: Item) -> str:
    return item.name if item.url in {None, item.name} else f"{item.name}: {item.url}"
