"""Which tests prove which fault, as the tests themselves say, without running anything.

A Python test has ``@fault(12)``; the name of a test of the page ends in ``(fault 12)``.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE_TEST = re.compile(r"^\s*test\((?P<quote>[\"'`])(?P<name>.*?)(?P=quote),", re.MULTILINE)
PAGE_FAULTS = re.compile(r" \(faults? (?P<numbers>\d+(?:, \d+)*)\)$")


@dataclass(frozen=True, slots=True)
class Proof:
    """A test that proves a fault. ``path`` is below the root."""

    number: int
    path: Path
    test: str


@cache
def proofs(root: Path = ROOT) -> Sequence[Proof]:
    """Return every mark of every test, in the order of files and lines; they are read once.

    Raises: LookupError for a mark that belongs to no test, or is no number.
    """
    return tuple(_read(root))


def _read(root: Path) -> Iterator[Proof]:
    for path in sorted((root / "tests").rglob("test_*.py")):
        yield from _of_python(path.relative_to(root), path.read_text(encoding="utf-8"))
    for path in sorted((root / "tests").rglob("*.test.mjs")):
        yield from _of_page(path.relative_to(root), path.read_text(encoding="utf-8"))


def _of_python(path: Path, source: str) -> Iterator[Proof]:
    if "fault(" not in source:
        return
    tree = ast.parse(source)
    marked = 0
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            calls = [each for mark in node.decorator_list for each in _calls(mark)]
            marked += len(calls)
            yield from (Proof(number, path, node.name) for each in calls for number in _said(each))
    if marked != len(list(_calls(tree))):
        message = f"{path}: a fault is named where no test is"
        raise LookupError(message)


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="fault")):
                yield node


def _said(call: ast.Call) -> Iterator[int]:
    for argument in call.args:
        match argument:
            case ast.Constant(value=int() as number):
                yield number
            case _:
                message = f"line {call.lineno}: a fault is a number"
                raise LookupError(message)


def _of_page(path: Path, source: str) -> Iterator[Proof]:
    for test in PAGE_TEST.finditer(source):
        if said := PAGE_FAULTS.search(test["name"]):
            name = test["name"].removesuffix(said[0])
            yield from (Proof(int(each), path, name) for each in said["numbers"].split(", "))
