"""Lines that fit a terminal: broken between words, and indented from the second on."""

import re
from collections.abc import Iterator

from prompt_toolkit.utils import get_cwidth

INDENT = " " * 7
NARROWEST = 20
WORD = re.compile(r"\s*\S+")


def wrapped(text: str, columns: int) -> str:
    """Return a plain text in lines of at most so many columns."""
    fitting = max(columns, NARROWEST)
    return "\n".join(piece for each in text.split("\n") for piece in _pieces(each, fitting))


def _pieces(line: str, columns: int) -> Iterator[str]:
    piece = ""
    for word in WORD.findall(line):
        if get_cwidth(piece + word) <= columns:
            piece += word
            continue
        if piece:
            yield piece
        *full, piece = _cut(INDENT + word.lstrip() if piece else word, columns)
        yield from full
    yield piece


def _cut(word: str, columns: int) -> Iterator[str]:
    """Yield a word that may be longer than a line."""
    piece = ""
    for character in word:
        if get_cwidth(piece + character) > columns:
            yield piece
            piece = INDENT
        piece += character
    yield piece
