"""One local run for all integration tests."""

from collections.abc import Iterator

import pytest

from local.harness import Running, local_run


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return the running system."""
    with local_run(tmp_path_factory.mktemp("local-run")) as started:
        yield started
