"""The search for leaks finds them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.harness import SECRET
from tests.leaks import PLANTED, PLANTED_KEY, leaks
from tests.unit.test_tokens import token


@pytest.fixture(name="place")
def _place() -> Iterator[Path]:
    """Yield a directory that no other search of this session looks into."""
    with tempfile.TemporaryDirectory() as directory:
        yield Path(directory)


@pytest.mark.parametrize(
    ("leaked", "kind"),
    [
        (token(), "a JWT"),
        ("wst_" + "x" * 22, "a ticket"),
        ("wsi_" + "x" * 22, "an invitation"),
        (SECRET, "the secret of tokens"),
        (f"{PLANTED_KEY}-key-of-a-model", "the key of a model"),
        (f"Hello {PLANTED}!", "a person's words"),
    ],
)
def test_what_no_log_may_hold_is_found_in_any_of_them(place: Path, leaked: str, kind: str) -> None:
    log = place / "run" / "logs" / "MessageFunction.log"
    log.parent.mkdir(parents=True)
    log.write_text(f'{{"message":"refused","token":"{leaked}"}}\n', encoding="utf-8")

    (found,) = leaks(place)

    assert (found.path, found.kind) == (Path("run/logs/MessageFunction.log"), kind)
    assert leaked not in repr(found)


def test_ids_and_codes_are_no_leaks(place: Path) -> None:
    line = '{"connection_id":"Wx4hYfHLIAMCKgw=","code":"unauthorized","room":"9sLQW1cW8k6M2o3S1bB"}'
    (place / "console.log").write_text(line, encoding="utf-8")

    assert list(leaks(place)) == []
