"""Removes what a closed connection had."""

from wireside.entrypoints.lifecycle import disconnect as handler

__all__ = ["handler"]
