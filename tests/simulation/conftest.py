"""Keeps the functions' log out of the way: thousands of stories would fill it."""

from collections.abc import Iterator

import pytest

from wireside.entrypoints.observability import logger


@pytest.fixture(autouse=True, scope="module")
def quiet() -> Iterator[None]:
    level = logger.log_level
    logger.setLevel("CRITICAL")
    yield
    logger.setLevel(level)
