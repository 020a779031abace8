"""Lets a WebSocket handshake in, or not."""

from wireside.entrypoints.handshake import authorize as handler

__all__ = ["handler"]
