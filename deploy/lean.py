"""What the page's own modules are without their comments: a third less to fetch."""

import re
from pathlib import Path

COMMENT = re.compile(rb"^[ \t]*(?:/\*.*?\*/|//[^\n]*)[ \t]*$", re.DOTALL | re.MULTILINE)


def lean(path: Path) -> bytes:
    """Return a file as it is sent: our own modules without the comments that fill whole lines.

    Lines keep their numbers. What others wrote stays as it is, with the licences in it.
    """
    body = path.read_bytes()
    if path.suffix != ".js" or path.parent.name == "vendor":
        return body
    return COMMENT.sub(lambda found: b"\n" * found[0].count(b"\n"), body)
