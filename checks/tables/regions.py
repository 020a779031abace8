"""Regions of Markdown documents that hold a generated table."""

import re
from collections.abc import Callable, Mapping

BEGIN = re.compile(r"^<!-- generated: (?P<name>[a-z_]+) -->$")
END = "<!-- end -->"

type Table = Callable[[], str]


class RegionError(ValueError):
    """A region is not closed, or names a table that nobody makes. ``str()`` is one line."""


def names(text: str) -> list[str]:
    """Return the names of the regions of a document."""
    return [found["name"] for line in text.splitlines() if (found := BEGIN.match(line))]


def renewed(where: str, text: str, tables: Mapping[str, Table]) -> str:
    """Return the document with every region written anew. ``where`` is for errors.

    Raises: RegionError.
    """
    lines: list[str] = []
    inside: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        begins = BEGIN.match(line)
        if begins and inside is None:
            inside = begins["name"]
            lines += [line, "", _made(f"{where}:{number}", inside, tables), ""]
        elif begins:
            message = f"{where}:{number}: {inside} is not closed before the next table"
            raise RegionError(message)
        elif line == END:
            inside = None
        if inside is None:
            lines.append(line)
    if inside is not None:
        message = f"{where}: {inside} is not closed"
        raise RegionError(message)
    return "\n".join(lines) + "\n"


def _made(where: str, name: str, tables: Mapping[str, Table]) -> str:
    if name not in tables:
        message = f"{where}: nobody makes a table {name}; see checks/tables/registry.py"
        raise RegionError(message)
    return tables[name]()
