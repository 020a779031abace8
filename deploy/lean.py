"""What the page's own files are without comments and indentation: a third less to fetch."""

import re
from pathlib import Path

COMMENT = re.compile(rb"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*$", re.DOTALL | re.MULTILINE)
INDENTATION = re.compile(rb"^[ \t]+", re.MULTILINE)


def lean(path: Path) -> bytes:
    """Return a file as it is sent: our own without comments that fill whole lines, and flush left.

    Lines keep their numbers; no text in them goes over a line's end. What others wrote stays as it
    is, with the licences in it.
    """
    body = path.read_bytes()
    if path.suffix not in {".js", ".css"} or path.parent.name == "vendor":
        return body
    return INDENTATION.sub(b"", COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), body))
