"""Where the adapters are chosen: the only package that knows them all.

Everything is built on first call, never at import: what is made at import would be frozen into
a snapshot and shared by all copies of a function.
"""

from wireside.bootstrap.application import Application, application
from wireside.bootstrap.door import door, verifier
from wireside.bootstrap.presence import sessions, share_delivery
from wireside.bootstrap.process import event_loop, secrets, settings, store
from wireside.bootstrap.workers import dead_letters, runs, sweeping

__all__ = [
    "Application",
    "application",
    "dead_letters",
    "door",
    "event_loop",
    "runs",
    "secrets",
    "sessions",
    "settings",
    "share_delivery",
    "store",
    "sweeping",
    "verifier",
]
