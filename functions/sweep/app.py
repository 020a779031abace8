"""Does every minute what nobody asks for."""

from wireside.entrypoints.schedule import sweep as handler

__all__ = ["handler"]
