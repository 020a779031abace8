"""What our clients offer, beside what the service answers."""

import re
from pathlib import Path

import pytest

from wireside.protocol import ACTIONS

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    "path",
    [
        "web/wireside/writes.js",
        "web/wireside/thread.js",
        "clients/python/src/wireside_client/verbs.py",
    ],
)
def test_nothing_is_written_that_the_service_does_not_know(path: str) -> None:
    written = re.findall(r"\baction\"?: \"(\w+)\"", (ROOT / path).read_text("utf-8"))

    assert len(written) > 5
    assert set(written) <= set(ACTIONS)
