"""How Hypothesis runs here: the same examples everywhere, and no clock, for machines are noisy.

With ``--soak`` the examples are many and new each time; the seed is printed, and
``--hypothesis-seed`` brings them back.
"""

import pytest
from hypothesis import HealthCheck, settings

from tests.property.tally import SEARCHED

SOAK_EXAMPLES = 3_000
CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

settings.register_profile("wireside", CALM, derandomize=True)
settings.register_profile("soak", CALM, max_examples=SOAK_EXAMPLES, print_blob=True)


def pytest_configure(config: pytest.Config) -> None:
    settings.load_profile("soak" if config.getoption("--soak") else "wireside")


@pytest.fixture
def more_faults(request: pytest.FixtureRequest) -> int:
    """Return how many faults a search goes beyond what every run searches."""
    return 1 if request.config.getoption("--soak") else 0


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how far the searches went."""
    for of, count in sorted(SEARCHED.items()):
        terminalreporter.write_line(f"searched {count:,} {of}")
