"""``--soak``: longer and wider. ``--fault 29``: only what proves that fault."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--soak", action="store_true", help="search further; see `make soak`")
    parser.addoption("--fault", type=int, help="run only what proves this fault")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "soak: runs only with --soak")
    config.addinivalue_line("markers", "fault(*numbers): what of docs/reliability.md it proves")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for a soak alone, and what proves another fault than the one asked for."""
    left_out = {id(each) for each in items if _is_left_out(config, each)}
    config.hook.pytest_deselected(items=[each for each in items if id(each) in left_out])
    items[:] = [each for each in items if id(each) not in left_out]


def _is_left_out(config: pytest.Config, item: pytest.Item) -> bool:
    if item.get_closest_marker("soak") and not config.getoption("--soak"):
        return True
    asked = config.getoption("--fault")
    proven = {number for mark in item.iter_markers("fault") for number in mark.args}
    return asked is not None and asked not in proven
