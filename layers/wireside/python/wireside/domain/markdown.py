"""Markdown that people's texts cannot break out of: what somebody wrote stays in its quote.

Rules of the syntax: https://spec.commonmark.org/0.31.2/
"""

import re
import unicodedata
from collections.abc import Iterator

JOINERS = "\u200c\u200d"
BREAKS = re.compile("\r\n?")
OTHER_BREAKS = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f]")
MEANINGFUL = re.compile(r"([\\`*_\[\]<>#&~|!])")
FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^`]*|(?<=~).*)")
LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{0,20}")
TAG_OR_IMAGE = re.compile(r"(\\*)(<|!\[)")
HEADING = re.compile(r"(^|[\s>])#")
UNDERLINE = re.compile(r"([\s>]*)([=-][=\s-]*)")
OTHER_TARGET = re.compile(r"\]\((?!\s*(https?://|mailto:))")


def inline(text: str) -> str:
    """Return a text as part of a line, every character as it is and none with a meaning."""
    line = " ".join(text.split())
    kept = (each for each in line if each in JOINERS or not _is_invisible(each))
    return MEANINGFUL.sub(r"\\\1", "".join(kept))


def _is_invisible(character: str) -> bool:
    """Whether it is a control character or one that turns the direction of what follows it."""
    return unicodedata.category(character) in {"Cc", "Cf", "Cs"}


def code(text: str) -> str:
    """Return a short text, such as an id, as code."""
    return f"`{' '.join(text.split()).replace('`', chr(39))}`"


def quote(text: str) -> str:
    """Return a text as a quote: its own Markdown, without headings, tags, images and definitions.

    Blocks of code are as they are, within fences of ours that no line of theirs can close.
    """
    lines = CONTROLS.sub("\ufffd", OTHER_BREAKS.sub(" ", BREAKS.sub("\n", text))).split("\n")
    return "\n".join(f"> {each}".rstrip() for each in _blocks(lines))


def _blocks(lines: list[str]) -> Iterator[str]:
    fence, language, block = "", "", list[str]()
    for line in lines:
        if fence:
            if _closes(line, fence):
                yield from _fenced(language, block)
                fence, block = "", []
            else:
                block.append(line)
        elif opening := FENCE.fullmatch(line):
            fence, language = opening[1], _language(opening[2])
        else:
            yield _prose(line)
    if fence:
        yield from _fenced(language, block)


def _closes(line: str, fence: str) -> bool:
    mark = line.strip()
    return len(mark) >= len(fence) and set(mark) == {fence[0]}


def _language(info: str) -> str:
    return (LANGUAGE.match(info.strip()) or [""])[0]


def _fenced(language: str, block: list[str]) -> Iterator[str]:
    longest = max((len(run) for line in block for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    yield fence + language
    yield from block
    yield fence


def _prose(line: str) -> str:
    line = TAG_OR_IMAGE.sub(_escaped, line)
    line = HEADING.sub(r"\1\\#", line)
    if underline := UNDERLINE.fullmatch(line):
        line = f"{underline[1]}\\{underline[2]}"
    return OTHER_TARGET.sub(r"]\\(", line.replace("]:", "]\\:"))


def _escaped(found: re.Match[str]) -> str:
    """Add a backslash unless there is one that is not itself escaped."""
    before, mark = found[1], found[2]
    return f"{before}{mark}" if len(before) % 2 else f"{before}\\{mark}"
