"""What a text is made of, for finding it again, without knowing its language.

Letters, digits and their marks make words, by Unicode's categories; so do symbols such as emoji.
Scripts that part no words (Chinese, Japanese, Thai …), and Korean, whose endings stick to words,
make runs, in which any piece may be looked for. Case and width are folded (``NFKC``, full case
folding); accents are not: which of them matter is a language's own affair.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

NOT_ASCII_SEPARATORS = re.compile(r"[^\x00-/:-@\[-`{-\x7f]+")
"""ASCII's letters and digits, and whatever is not ASCII."""
UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x0F00, 0x109F),  # Tibetan, Burmese
    (0x1100, 0x11FF),  # Hangul
    (0x1780, 0x17FF),  # Khmer
    (0x2E80, 0xA4CF),  # radicals, kana, bopomofo, Han, Yi
    (0xA960, 0xA97F),  # Hangul
    (0xAC00, 0xD7FF),
    (0xF900, 0xFAFF),  # Han
    (0xFF66, 0xFFDC),  # kana and Hangul of half width
    (0x1B000, 0x1B16F),  # kana
    (0x20000, 0x3FFFF),  # Han
)
"""Blocks without spaces between words. Source: https://www.unicode.org/Public/UNIDATA/Blocks.txt"""
MAX_SLICE = 64
CLUSTER = 12
"""More code points than any letter has with all its marks, in any language."""
VARIATION_SELECTORS = (0xFE00, 0xFE0F)
"""They say how an emoji is drawn, and not every keyboard writes them."""
UNSPACED_STARTS = tuple(first for first, _ in UNSPACED)


@dataclass(frozen=True, slots=True)
class Word:
    """A word, or a run; ``text`` is folded; ``start`` and ``end`` are code points of the text."""

    text: str
    start: int
    end: int
    is_run: bool


def folded(text: str) -> str:
    """Return the text with nothing left of case and width.

    Slice by slice: to put marks in order takes the square of their number, and somebody may write
    ten thousand of them. A slice ends where no mark is parted from its letter, if there is such a
    place.
    """
    if len(text) <= MAX_SLICE:
        return _folded(text)
    slices, start = [], 0
    while start < len(text):
        end = _parting(text, start)
        slices.append(_folded(text[start:end]))
        start = end
    return "".join(slices)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _parting(text: str, start: int) -> int:
    """Return where the slice from ``start`` on ends: both sides are the same alone as together."""
    end = start + MAX_SLICE
    if end >= len(text):
        return len(text)
    for at in range(end, end - CLUSTER, -1):
        before, after = text[at - CLUSTER : at], text[at]
        if _folded(before + after) == _folded(before) + _folded(after):
            return at
    return end


def words(text: str) -> Iterator[Word]:
    """Yield the words and runs of a text, from its start."""
    for piece in NOT_ASCII_SEPARATORS.finditer(text):
        if piece[0].isascii():
            yield Word(piece[0].lower(), piece.start(), piece.end(), is_run=False)
        else:
            yield from _parts(piece[0], piece.start())


def _parts(piece: str, offset: int) -> Iterator[Word]:
    start = 0
    for role, group in groupby(piece, _role):
        end = start + sum(1 for _ in group)
        if role:
            text = folded(piece[start:end])
            yield Word(text, offset + start, offset + end, is_run=role == "run")
        start = end


@lru_cache(maxsize=8_192)
def _role(character: str) -> str:
    """Return ``word``, ``run``, or nothing for what parts them."""
    category, code = unicodedata.category(character), ord(character)
    is_selector = VARIATION_SELECTORS[0] <= code <= VARIATION_SELECTORS[1]
    if is_selector or (category[0] not in "LMN" and category != "So"):
        return ""
    first, last = UNSPACED[max(0, bisect_right(UNSPACED_STARTS, code) - 1)]
    return "run" if first <= code <= last or category == "So" else "word"
