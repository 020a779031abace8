"""What is looked for, and how the index knows where it is not.

The log is cut into blocks of 64 events. Of each block the index keeps a signature: a Bloom filter
of the beginnings of its words. It says "not here" for certain, and "perhaps here" of one block in
about 300 that do not have a word. Where it says "perhaps", the log itself is read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from wireside.domain.events import ConversationId, Event, Kind, Participant
from wireside.domain.words import Word, words

BLOCK_EVENTS = 64
BEGINNINGS = (3, 6, 10)
"""What the index knows of a word: its first 3, 6 and 10 code points."""
BITS_A_TERM = 12
HASHES = 8
MAX_SIGNATURE_BYTES = 32_768
"""A block of chance characters fills it, and is then read for every search."""
SNIPPET_BEFORE, SNIPPET_AFTER = 60, 120


def block_of(seq: int) -> int:
    """Return the number of the block in which an event is, from 0."""
    return (seq - 1) // BLOCK_EVENTS


@dataclass(frozen=True, slots=True)
class Signature:
    """Of which words a block may have some. ``is_full``: there may be a block after it."""

    block: int
    bits: bytes
    is_full: bool

    def may_have(self, terms: Iterable[str]) -> bool:
        """Whether the block may have them all."""
        size = len(self.bits) * 8
        return all(
            self.bits[bit // 8] >> bit % 8 & 1 for each in terms for bit in _bits(each, size)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """A message that was found, in its newest text."""

    conversation_id: ConversationId
    title: str | None
    seq: int
    at_ms: int
    sender: Participant
    snippet: str


def is_searched(event: Event) -> bool:
    """Whether an event may bring words into the index, or take some out of it."""
    return event.kind in {Kind.MESSAGE, Kind.EDITED}


def signature(block: int, texts: Iterable[str], *, is_full: bool) -> Signature:
    """Return the signature of a block with these texts: the same whatever their order."""
    terms = {term for text in texts for word in words(text) for term in _kept(word)}
    size = min(MAX_SIGNATURE_BYTES, len(terms) * BITS_A_TERM // 8 + 1)
    bits = bytearray(size)
    for term in terms:
        for bit in _bits(term, size * 8):
            bits[bit // 8] |= 1 << bit % 8
    return Signature(block, bytes(bits), is_full)


def unknown(block: int) -> Signature:
    """Return the signature of a block that nobody has looked into: it may have every word."""
    return Signature(block, b"\xff", is_full=True)


def texts_of(event: Event) -> tuple[str, ...]:
    """Return what of an event is in the index: nothing of what was edited or deleted since."""
    if not is_searched(event) or event.is_deleted or event.edits:
        return ()
    return (event.text,)


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody looks for: all of these words.

    ``is_open``: the last one may go on, as somebody is still typing it.
    """

    sought: tuple[Word, ...]
    is_open: bool

    @property
    def terms(self) -> frozenset[str]:
        """What a block must have."""
        return frozenset(term for each in self.sought for term in self._terms(each))

    def _terms(self, word: Word) -> Iterator[str]:
        if self._may_go_on(word):
            yield word.text[: max(each for each in BEGINNINGS if each <= len(word.text))]
        elif word.is_run and len(word.text) > 1:
            yield from _pairs(word.text)
        else:
            yield from _kept(word)

    def _may_go_on(self, word: Word) -> bool:
        is_last = self.is_open and word is self.sought[-1]
        return is_last and not word.is_run and len(word.text) >= BEGINNINGS[0]

    def place(self, text: str) -> int | None:
        """Return where the first of the words is in a text that has them all."""
        there = tuple(words(text))
        places: list[int] = []
        for each in self.sought:
            if (place := self._place(each, there)) is None:
                return None
            places.append(place)
        return places[0] if places else None

    def _place(self, sought: Word, there: tuple[Word, ...]) -> int | None:
        for each in there:
            if each.is_run is not sought.is_run:
                continue
            if sought.is_run and (at := each.text.find(sought.text)) >= 0:
                return min(each.start + at, each.end - 1)
            if each.text == sought.text:
                return each.start
            if self._may_go_on(sought) and each.text.startswith(sought.text):
                return each.start
        return None


def query(text: str) -> Query:
    """Return what is looked for by a text; nothing is where it has neither letters nor symbols."""
    sought = tuple(words(text))
    return Query(sought, is_open=bool(sought) and sought[-1].end == len(text))


def snippet(text: str, place: int) -> str:
    """Return one line of the text around a place, with an ellipsis where it was cut."""
    start = max(0, place - SNIPPET_BEFORE)
    end = min(len(text), place + SNIPPET_AFTER)
    if start and (space := text.find(" ", start, place)) >= 0:
        start = space
    if end < len(text) and (space := text.rfind(" ", place, end)) > place:
        end = space
    line = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{line}{'…' if end < len(text) else ''}"


def _kept(word: Word) -> Iterator[str]:
    if word.is_run:
        yield from word.text
        yield from _pairs(word.text)
    else:
        yield from (word.text[:length] for length in BEGINNINGS)


def _pairs(text: str) -> Iterator[str]:
    return (text[at : at + 2] for at in range(len(text) - 1))


def _bits(term: str, size: int) -> Iterator[int]:
    digest = blake2b(term.encode(), digest_size=16).digest()
    first, step = int.from_bytes(digest[:8]), int.from_bytes(digest[8:]) | 1
    return ((first + each * step) % size for each in range(HASHES))
