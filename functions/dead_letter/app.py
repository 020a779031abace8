"""Settles the turns that no worker could."""

from wireside.entrypoints.queue import dead_letter as handler

__all__ = ["handler"]
