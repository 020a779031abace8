"""Removes what a closed connection had, and tells the others."""

from wireside.entrypoints.lifecycle import disconnect as handler

__all__ = ["handler"]
