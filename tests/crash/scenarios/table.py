"""The table of all scenarios."""

from collections.abc import Callable, Sequence

from tests.crash.harness import Play, Scenario
from tests.leaks import PLANTED

TEXT = f"Is there still some of that soup? {PLANTED}"
PEOPLE = ("ana", "ben")

SCENARIOS: list[Scenario] = []


def scenario(
    function: str, covers: str, calls: str, *, people: Sequence[str] = PEOPLE, policy: str = "off"
) -> Callable[[Play], Play]:
    """Add a scenario: whose it is, what it covers, and the table of its calls."""

    def add(play: Play) -> Play:
        named = frozenset(_full(each) for each in calls.split())
        SCENARIOS.append(Scenario(function, covers, named, play, people, policy))
        return play

    return add


def _full(name: str) -> str:
    """Return a call's name; most are the table's."""
    return name if ":" in name else f"dynamodb:{name}"
