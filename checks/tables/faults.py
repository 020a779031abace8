"""What can go wrong, what becomes of it, and the tests that prove it.

The words are in ``faults.toml``. A fault without a test fails the check, unless what it is about
is said there to be missing.
"""

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.tables.markdown import table
from checks.tables.proofs import Proof, proofs

WORDS = Path(__file__).with_name("faults.toml")
PARTS = ("delivery", "assistants", "access")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that can go wrong; both texts are one line of Markdown."""

    number: int
    fault: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not there yet, by fault, each with its reason.

    Nothing proves a fault that is ``not_built``; one that is so ``partly`` has its proofs.
    """

    not_built: Mapping[int, str]
    partly: Mapping[int, str]


def part(name: str) -> Callable[[], str]:
    """Return what makes the table of one part of the faults."""
    return lambda: _table(_part(_words(), name), list(proofs()))


def not_built() -> str:
    """Return which faults, or parts of them, are not proven, and why.

    Raises: LookupError for a fault that is neither proven nor said to be missing, or both.
    """
    words = _words()
    faults = [each for name in PARTS for each in _part(words, name)]
    missing = _missing(words)
    refuse_unproven(faults, missing, {each.number for each in proofs()})
    rows = [(each, "all of it", why) for each, why in missing.not_built.items()]
    rows += [(each, "a part", why) for each, why in missing.partly.items()]
    return table(("fault", "missing", "why"), [(str(n), *rest) for n, *rest in sorted(rows)])


def refuse_unproven(faults: Iterable[Fault], missing: Missing, proven: set[int]) -> None:
    """Compare what is proven with what should be.

    Raises: LookupError with every number that is wrong.
    """
    known = {each.number for each in faults}
    wrong = {
        "nothing proves": known - proven - set(missing.not_built),
        "there is no": (proven | set(missing.not_built) | set(missing.partly)) - known,
        "said not to be built, but proven:": proven & set(missing.not_built),
        "said to be built in part, but not proven:": set(missing.partly) - proven,
    }
    if said := [f"{what} fault {sorted(which)}" for what, which in wrong.items() if which]:
        raise LookupError("; ".join(said))


def _words() -> dict[str, Any]:
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def _part(words: Mapping[str, Any], name: str) -> list[Fault]:
    return [Fault(**each) for each in words[name]]


def _missing(words: Mapping[str, Any]) -> Missing:
    not_built, partly = (
        {int(n): str(why) for n, why in words[kind].items()} for kind in ("not_built", "partly")
    )
    return Missing(not_built, partly)


def _table(faults: Iterable[Fault], found: Iterable[Proof]) -> str:
    by_number: dict[int, list[Proof]] = {}
    for each in found:
        by_number.setdefault(each.number, []).append(each)
    rows = [
        (str(each.number), each.fault, each.outcome, _tests(by_number.get(each.number, ())))
        for each in faults
    ]
    return table(("", "fault", "outcome", "tests"), rows)


def _tests(found: Iterable[Proof]) -> str:
    """Return the tests, each a link to its file."""
    return "<br>".join(f"[{each.test}](../{each.path.as_posix()})" for each in found)
