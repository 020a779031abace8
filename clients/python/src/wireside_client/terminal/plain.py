"""Strangers' texts, so that they can do nothing to a terminal."""

import unicodedata

TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn what comes after them around."""
TABS = {"\t": "    "}


def plain(text: str) -> str:
    """Return a text without anything that a terminal carries out: escapes are shown as pictures."""
    return "".join(_plain(each) for each in text.replace("\r\n", "\n"))


def line(text: str) -> str:
    """Return a text in one line."""
    return plain(" ".join(text.split()))


def _plain(character: str) -> str:
    if character == "\n":
        return character
    if character in TABS:
        return TABS[character]
    code = ord(character)
    if code < ord(" "):
        return chr(0x2400 + code)
    is_control = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
    return "\ufffd" if is_control or character in TURNS else character
