"""Runs the scenarios of the selected tests, and prints how many points were gone through."""

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from tests.crash.harness import Report
from tests.crash.pool import Pool, Task, working

REPORTS: list[Report] = []


@pytest.fixture(scope="session")
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """Work on what the selected tests ask for, in their order."""
    asked = [
        item.callspec.params["task"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "task" in getattr(item, "fixturenames", ())
    ]
    with working(asked, everything=request.config.getoption("--soak")) as working_pool:
        yield working_pool


@pytest.fixture
def report(task: Task, pool: Pool) -> Report:
    """Return what became of a scenario."""
    found = pool.reports[task].result()
    if task.variant is None:
        REPORTS.append(found)
    return found


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the points of each function: calls, and the ways in which they failed."""
    if not REPORTS:
        return
    points: dict[str, Counter[str]] = defaultdict(Counter)
    calls: Counter[str] = Counter()
    for each in REPORTS:
        calls[each.scenario.function] += len(each.calls)
        points[each.scenario.function].update({m.name: n for m, n in each.points.items()})
    terminalreporter.section("crash points")
    for function, by_mode in sorted(points.items()):
        ways = ", ".join(f"{name.lower()} {count}" for name, count in sorted(by_mode.items()))
        line = f"{function:22} {calls[function]:4} calls {by_mode.total():5} points: {ways}"
        terminalreporter.line(line)
    total = sum(each.total() for each in points.values())
    terminalreporter.line(f"{'all':22} {calls.total():4} calls {total:5} points")
