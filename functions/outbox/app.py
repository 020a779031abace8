"""Follows the log through the table's stream."""

from wireside.entrypoints.stream import outbox as handler

__all__ = ["handler"]
