"""The tables of docs/reliability.md: every fault has its tests, or a reason why not."""

from pathlib import Path

import pytest

from checks.tables.faults import Fault, Missing, refuse_unproven
from checks.tables.proofs import proofs
from checks.tables.registry import TABLES

PARTS = ("faults_of_delivery", "faults_of_assistants", "faults_of_access")
PYTHON = """
from tests.faults import fault
@fault(1, 22)
@other
def test_one() -> None: ...
def test_two() -> None: ...
"""
PAGE = """
test("it is so (fault 18)", () => {});
  test(`of ${each} (faults 2, 3)`, () => {});
test("no fault 7 here", () => {});
"""
FAULTS = [Fault(number, "", "") for number in (1, 2, 3)]


def tree(root: Path, **files: str) -> Path:
    """Return a root with tests."""
    for name, text in files.items():
        path = root / "tests" / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def test_all_fifty_faults_have_a_line_in_their_order() -> None:
    lines = [line for part in PARTS for line in TABLES[part]().splitlines()[2:]]

    assert [int(line.split("|")[1]) for line in lines] == list(range(1, 51))


def test_marks_are_found_in_python_and_in_the_names_of_the_pages_tests(tmp_path: Path) -> None:
    root = tree(tmp_path, test_a__py=PYTHON, b__test__mjs=PAGE)

    found = [(each.number, each.path.name, each.test) for each in proofs(root)]

    assert found == [
        (1, "test_a.py", "test_one"),
        (22, "test_a.py", "test_one"),
        (18, "b.test.mjs", "it is so"),
        (2, "b.test.mjs", "of ${each}"),
        (3, "b.test.mjs", "of ${each}"),
    ]


@pytest.mark.parametrize(
    "source",
    ["pytestmark = fault(1)", "def helper():\n    fault(1)", "@fault(1)\ndef story(): ..."],
)
def test_a_mark_that_belongs_to_no_test_is_refused(tmp_path: Path, source: str) -> None:
    with pytest.raises(LookupError, match="where no test is"):
        list(proofs(tree(tmp_path, test_a__py=source)))


def test_a_mark_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match="a fault is a number"):
        list(proofs(tree(tmp_path, test_a__py="@fault(N)\ndef test_it(): ...")))


@pytest.mark.parametrize(
    ("missing", "proven", "says"),
    [
        (Missing({}, {}), {1, 2}, "nothing proves fault [3]"),
        (Missing({}, {}), {1, 2, 3, 4}, "there is no fault [4]"),
        (Missing({3: "why"}, {}), {1, 2, 3}, "not to be built, but proven: fault [3]"),
        (Missing({}, {3: "why"}), {1, 2}, "in part, but not proven: fault [3]"),
        (Missing({9: "why"}, {}), {1, 2, 3}, "there is no fault [9]"),
    ],
)
def test_what_is_said_and_what_is_proven_must_agree(
    missing: Missing, proven: set[int], says: str
) -> None:
    with pytest.raises(LookupError) as refused:
        refuse_unproven(FAULTS, missing, proven)

    assert says in str(refused.value)


def test_a_fault_is_proven_or_said_to_be_missing() -> None:
    refuse_unproven(FAULTS, Missing({3: "why"}, {1: "why"}), {1, 2})
