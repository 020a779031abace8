"""Answers one assistant's turn for each job."""

from wireside.entrypoints.queue import reply as handler

__all__ = ["handler"]
