"""One local run for all integration tests."""

from collections.abc import Iterator

import pytest

from local.harness import Running, local_run
from tests.integration.toys import ROOT, Toy
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


@pytest.fixture(scope="session")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    """Return the toy functions, with AWS's own limits. What the developer has set stays outside."""
    variables = {"OPENAI_API_KEY": "not for functions"}
    with local_run(tmp_path_factory.mktemp("toy"), variables, root=ROOT) as started:
        yield Toy(started)


@pytest.fixture(scope="session")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    """Return the toy functions behind a gateway whose limits are seconds."""
    variables = {
        "LOCAL_IDLE_SECONDS": "2",
        "LOCAL_LIFETIME_SECONDS": "4",
        "LOCAL_INTEGRATION_SECONDS": "1",
        "LOCAL_LOSE_DISCONNECTS": "1",
    }
    with local_run(tmp_path_factory.mktemp("compressed"), variables, root=ROOT) as started:
        yield Toy(started)
