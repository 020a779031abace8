"""Answers the frames of open connections."""

from wireside.entrypoints.websocket import message as handler

__all__ = ["handler"]
