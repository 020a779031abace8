"""One local run for all integration tests."""

from collections.abc import Iterator

import pytest

from local.harness import Running, local_run
from tests.leaks import leaks


@pytest.fixture(scope="session", autouse=True)
def _no_leaks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Search every log of every local run of this session once they have all ended."""
    yield
    assert list(leaks(tmp_path_factory.getbasetemp())) == []


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return the running system, whose functions log all that they can."""
    with local_run(tmp_path_factory.mktemp("local-run"), {"LOCAL_LOG_LEVEL": "DEBUG"}) as started:
        yield started
