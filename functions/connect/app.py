"""Keeps a new connection."""

from wireside.entrypoints.lifecycle import connect as handler

__all__ = ["handler"]
