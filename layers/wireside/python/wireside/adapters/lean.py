"""Importing a package without an optional part of it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(package: str) -> Iterator[None]:
    """Let imports inside this block find that a package is not installed.

    What was imported before stays. ``None`` in ``sys.modules`` is Python's own way to say so.
    Source: https://docs.python.org/3/reference/import.html#the-module-cache
    """
    if package in sys.modules:
        yield
        return
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
