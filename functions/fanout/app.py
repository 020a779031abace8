"""Pushes a frame to a part of a crowd."""

from wireside.entrypoints.crowd import fanout as handler

__all__ = ["handler"]
