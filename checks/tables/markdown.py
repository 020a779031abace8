"""Markdown, as far as tables need it."""

from collections.abc import Iterable, Sequence

NOTHING = "–"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; an empty cell shows a dash."""
    lines = [_row(header), "|" + "---|" * len(header)]
    return "\n".join([*lines, *(_row([cell or NOTHING for cell in row]) for row in rows)])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def code(text: object) -> str:
    """Return ``text`` as code, or nothing where there is none."""
    return f"`{text}`" if str(text) else ""


def codes(texts: Iterable[object]) -> str:
    """Return a list of codes."""
    return ", ".join(code(each) for each in texts)


def yes(*, when: bool) -> str:
    """Return a word for a fact that is mostly not so."""
    return "yes" if when else ""
