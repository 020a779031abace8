"""Connections that come and go: what ``connect`` and ``disconnect`` need, and what tells people."""

from functools import cache
from typing import TYPE_CHECKING

from wireside.adapters.system import SystemClock
from wireside.bootstrap.process import fan_out, lines, settings, store

if TYPE_CHECKING:
    from wireside.bootstrap.store import Store
    from wireside.services.attendance import Attendance
    from wireside.services.delivery import Delivery
    from wireside.services.presence import Presence
    from wireside.services.sessions import Sessions


@cache
def sessions() -> "Sessions":
    """Return what connect and disconnect need."""
    from wireside.services.sessions import Sessions

    known = settings()
    return Sessions(
        connections=store().connections,
        conversations=store().conversations,
        log=store().log,
        clock=SystemClock(),
        assistants=known.assistants,
        messages_per_minute=known.messages_per_minute,
        attendance=attendance(),
        connection_seconds=known.connection_seconds,
    )


@cache
def attendance() -> "Attendance":
    """Return who looks after the beginning and the end of connections."""
    from wireside.services.attendance import Allowance, Attendance

    known = settings()
    return Attendance(
        connections=store().connections,
        places=store().places,
        limits=store().limits,
        presence=presence(),
        clock=SystemClock(),
        allowance=Allowance(known.connections_per_user, known.connects_per_minute),
    )


@cache
def presence() -> "Presence":
    """Return who sees who comes and goes. ``disconnect`` needs no more of what pushes."""
    from wireside.services.presence import Presence

    return Presence(store().conversations, store().connections, lines(), SystemClock())


@cache
def share_delivery() -> "Delivery":
    """Return what pushes a share of a large fan-out: it needs no more of the table than that."""
    return delivery(store())


def delivery(store: "Store") -> "Delivery":
    """Return what tells people."""
    from wireside.services.delivery import Delivery

    return Delivery(
        store.conversations,
        store.connections,
        lines(),
        SystemClock(),
        fan_out(),
        settings().fanout_listeners,
    )
