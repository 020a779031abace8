"""Which faults a test proves; ``docs/reliability.md`` lists them all."""

import pytest


def fault(*numbers: int) -> pytest.MarkDecorator:
    """Say that the test shows what becomes of these faults."""
    return pytest.mark.fault(*numbers)
