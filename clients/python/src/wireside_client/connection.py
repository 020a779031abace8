"""A connection that comes back, and that is replaced before its life ends."""

from enum import Enum
from typing import Any, Protocol

from wireside_client.link import Dial, Link
from wireside_client.renewal import seconds_of
from wireside_client.timing import Alarm, Backoff, Clock

type Frame = dict[str, Any]

RETIRE_SECONDS = 10.0
CALM_SECONDS = 10.0
"""A line that ends sooner after its welcome tells of trouble: the delays go on growing."""
ROTATION_SPREAD_SECONDS = 60.0
LONGEST_BACKOFF_SECONDS = 30.0
TOO_LARGE = 1009
REFUSALS = range(400, 500)
"""HTTP statuses; a WebSocket's own codes begin at 1000."""


class State(Enum):
    """What a connection is doing."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"


class ConnectionEvents(Protocol):
    """Who is told."""

    def became(self, state: State) -> None:
        """The state is another one."""

    def ready(self, welcome: Frame) -> None:
        """A new link is welcome, also one that takes over from a living one."""

    def came(self, frame: Frame) -> None:
        """A frame has come."""

    def down(self, *, was_too_large: bool) -> None:
        """The link is gone."""

    def expired(self) -> None:
        """The token is no good any more; ``again`` comes back with another one."""

    def not_welcome(self, status: int) -> None:
        """The handshake was refused with this HTTP status; it is tried again."""

    def dismissed(self, reason: str) -> None:
        """The service wants nobody to come back; nothing is tried until ``wake``."""


class Connection:
    """Makes links: with full jitter up to 30 s, and a new one before the old one's end."""

    def __init__(self, clock: Clock, dial: Dial, events: ConnectionEvents) -> None:
        self._clock, self._dial, self._events = clock, dial, events
        self._backoff = Backoff(clock, cap_seconds=LONGEST_BACKOFF_SECONDS)
        self._retry, self._rotation = Alarm(clock), Alarm(clock)
        self._retirement, self._calm = Alarm(clock), Alarm(clock)
        self._link: Link | None = None
        self._next: Link | None = None
        self._old: Link | None = None
        self.state = State.STOPPED

    def wake(self) -> None:
        """Connect, at once if a next attempt was being waited for."""
        self._backoff.reset()
        if self._link is None and self._next is None:
            self._connect()

    def stop(self) -> None:
        """Be silent from now on."""
        self._let_go()
        self._become(State.STOPPED)

    def again(self) -> None:
        """Let go of all links, and come back on a new one in a moment."""
        if self.state is not State.STOPPED:
            self._let_go()
            self._wait()

    def _let_go(self) -> None:
        links = (self._link, self._next, self._old)
        self._link = self._next = self._old = None
        for alarm in (self._retry, self._rotation, self._retirement, self._calm):
            alarm.clear()
        for link in links:
            if link is not None:
                link.close()

    def send(self, frame: Frame) -> bool:
        """Send a frame; return whether it went out."""
        return self._link is not None and self._link.send(frame)

    def retire_old(self) -> None:
        """Close the link that was taken over from: the new one has caught up."""
        self._retirement.clear()
        old, self._old = self._old, None
        if old is not None:
            old.close()

    def welcomed(self, link: Link, welcome: Frame) -> None:
        """Let a link take over."""
        self._calm.set(CALM_SECONDS, self._backoff.reset)
        self._next = None
        self.retire_old()
        self._old, self._link = self._link, link
        if self._old is not None:
            self._retirement.set(RETIRE_SECONDS, self.retire_old)
        self._plan_rotation(welcome)
        self._become(State.CONNECTED)
        self._events.ready(welcome)

    def received(self, link: Link, frame: Frame) -> None:
        """Pass a frame on, unless it is about the connection itself."""
        if frame["type"] == "goodbye":
            if link is self._link:
                self._dismissed(frame)
        elif frame["type"] == "error" and frame.get("fatal"):
            if link is self._link:
                self._events.expired()
        else:
            self._events.came(frame)

    def closed(self, link: Link, *, code: int | None) -> None:
        """Make a new link where the one in use has ended, or the one that was to be it."""
        if link is self._old:
            self._old = None
        was_next = link is self._next
        if was_next:
            self._next = None
        if link is self._link:
            self._link = None
            self._rotation.clear()
            self._calm.clear()
            self._events.down(was_too_large=code == TOO_LARGE)
        elif not was_next:
            return
        if self._next is None and self.state is not State.STOPPED:
            self._wait()
        if was_next and code in REFUSALS:
            self._events.not_welcome(code or 0)

    def _become(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            self._events.became(state)

    def _connect(self) -> None:
        self._retry.clear()
        if self._link is None:
            self._become(State.CONNECTING)
        self._next = Link(self._clock, self._dial, self)

    def _plan_rotation(self, welcome: Frame) -> None:
        """Count from the server's own clock: only the difference of its times counts."""
        left = _seconds_between(welcome.get("server_time"), welcome.get("rotate_at"))
        if left is not None:
            spread = self._clock.random() * min(ROTATION_SPREAD_SECONDS, left / 10)
            self._rotation.set(max(0.0, left - spread), self._rotate)

    def _rotate(self) -> None:
        if self._next is None:
            self._connect()

    def _dismissed(self, goodbye: Frame) -> None:
        if goodbye["reason"] == "expired":
            self._events.expired()
        elif not goodbye["reconnect"]:
            self.stop()
            self._events.dismissed(goodbye["reason"])
        elif goodbye["reason"] in {"rotate", "shutdown"}:
            self._rotate()

    def _wait(self) -> None:
        if self._link is None:
            self._become(State.WAITING)
        self._retry.set(self._backoff.next(), self._connect)


def _seconds_between(start: object, end: object) -> float | None:
    begins, ends = seconds_of(start), seconds_of(end)
    return None if begins is None or ends is None else ends - begins
