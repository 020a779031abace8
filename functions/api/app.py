"""Answers the HTTP API."""

from wireside.entrypoints.http import api as handler

__all__ = ["handler"]
