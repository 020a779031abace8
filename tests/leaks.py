"""Looks for what no log may hold: tokens, tickets, keys, secrets, and what people wrote."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from local.harness import SECRET

PLANTED = "planted-words-of-a-person"
"""Stands in texts, titles and names of tests: wherever it is logged, so would be anybody's."""
PLANTED_KEY = "sk-planted"

KINDS = {
    "a JWT": re.compile(rb"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    "a ticket": re.compile(rb"wst_[A-Za-z0-9_-]{16,}"),
    "an invitation": re.compile(rb"wsi_[A-Za-z0-9_-]{16,}"),
    "the secret of tokens": re.compile(re.escape(SECRET.encode())),
    "the key of a model": re.compile(re.escape(PLANTED_KEY.encode())),
    "a person's words": re.compile(re.escape(PLANTED.encode())),
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Where something was found. What was found is not told again."""

    path: Path
    kind: str
    offset: int


def leaks(directory: Path) -> Iterator[Leak]:
    """Yield what is in any log beneath a directory."""
    for path in sorted(directory.rglob("*.log")):
        content = path.read_bytes()
        for kind, pattern in KINDS.items():
            if found := pattern.search(content):
                yield Leak(path.relative_to(directory), kind, found.start())
