"""The toy functions: of a local run, or of the stack that ``PARITY_STACK`` names."""

import os
from collections.abc import Iterator

import pytest

from local.harness import Running, local_run
from tests.contract.gateway.toys import ROOT, Toy, deployed_toy, local_toy

STACK = os.environ.get("PARITY_STACK")


@pytest.fixture(scope="session")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return the local run of the toy functions. What the developer has set stays outside."""
    variables = {"OPENAI_API_KEY": "not for functions"}
    with local_run(tmp_path_factory.mktemp("toy"), variables, root=ROOT) as started:
        yield started


@pytest.fixture(scope="session")
def toy(request: pytest.FixtureRequest) -> Toy:
    """Return the toy functions, with AWS's own limits."""
    return deployed_toy(STACK) if STACK else local_toy(request.getfixturevalue("toy_run"))


@pytest.fixture(scope="session")
def compressed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Toy]:
    """Return the toy functions behind a gateway whose limits are seconds."""
    if STACK:
        pytest.skip("AWS's own limits take hours")
    variables = {
        "LOCAL_IDLE_SECONDS": "2",
        "LOCAL_LIFETIME_SECONDS": "4",
        "LOCAL_INTEGRATION_SECONDS": "1",
        "LOCAL_LOSE_DISCONNECTS": "1",
        "LOCAL_SCHEDULE_SECONDS": "1",
    }
    with local_run(tmp_path_factory.mktemp("compressed"), variables, root=ROOT) as started:
        yield local_toy(started)
