"""Every scenario. What is inside ``failing`` fails at every call, and its caller tries again."""

from tests.crash.scenarios import (  # noqa: F401 - each adds its own to the table
    asking,
    handshakes,
    minutes,
    operators,
    requests,
    shares,
    turns,
    writing,
)
from tests.crash.scenarios.table import SCENARIOS

__all__ = ["SCENARIOS"]
