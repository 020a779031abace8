"""``--soak``: longer and wider, for an evening rather than for every change."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="search further; see `make soak`")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: runs only with --soak")
    config.addinivalue_line("markers", "fault(*numbers): what of docs/reliability.md it proves")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for a soak alone; ``make soak`` runs it."""
    if config.getoption("--soak"):
        return
    soaking = [each for each in items if each.get_closest_marker("soak")]
    config.hook.pytest_deselected(items=soaking)
    items[:] = [each for each in items if each not in soaking]
