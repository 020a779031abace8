"""What the local run does as AWS does, as the tests of ``tests/contract/gateway`` say."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checks.tables.markdown import code, table
from tests.contract.gateway.differences import DIFFERENCES

ROOT = Path(__file__).resolve().parent.parent.parent
SUITE = ROOT / "tests" / "contract" / "gateway"
LOCAL_ONLY = frozenset({"test_local.py"})
"""Tests of what the local run does in ways of its own."""


@dataclass(frozen=True, slots=True)
class Check:
    """One test of the suite, with what AWS does and where it says so."""

    file: str
    test: str
    behaviour: str
    source: str


def parity_table() -> str:
    """Return what AWS does, the test that holds the local run to it, and AWS's own word."""
    rows = [(each.behaviour, code(each.test), f"[source]({each.source})") for each in checks()]
    return table(("AWS does", "test", "says so"), rows)


def differences() -> str:
    """Return what the local run is known to do otherwise."""
    rows = [(each.on_aws, each.here, f"[source]({each.source})") for each in DIFFERENCES]
    return table(("on AWS", "in the local run", "says so"), rows)


def checks() -> Iterator[Check]:
    """Yield every test of the suite, in the order of its files.

    Raises: LookupError for one that does not say what AWS does.
    """
    for path in sorted(SUITE.glob("test_*.py")):
        if path.name not in LOCAL_ONLY:
            yield from _checks_in(path)


def _checks_in(path: Path) -> Iterator[Check]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            behaviour, source = _said(path, node)
            yield Check(path.name, node.name, behaviour, source)


def _said(path: Path, node: ast.FunctionDef) -> tuple[str, str]:
    """Return what the test's ``@parity`` says."""
    for decorator in node.decorator_list:
        match decorator:
            case ast.Call(
                func=ast.Name(id="parity"),
                args=[ast.Constant(value=str() as behaviour)],
                keywords=[ast.keyword(arg="source", value=ast.Constant(value=str() as source))],
            ):
                return behaviour, source
    message = f"{path.name}: {node.name} does not say what AWS does"
    raise LookupError(message)
