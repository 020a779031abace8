"""When a fresh token is asked for: a while before the old one expires, again until one has come."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from wireside_client.timing import Alarm, Clock

type Frame = dict[str, Any]

MARGIN_SECONDS = 300.0
AGAIN_SECONDS = 30.0
LONGEST_TIMER_SECONDS = 1_000_000.0


class Renewal:
    """Counts by the server's own times; only their differences matter.

    ``wanted`` is called when it is time, and every 30 s until ``plan`` tells of a later end;
    ``over`` once the token has expired.
    """

    def __init__(
        self, clock: Clock, *, wanted: Callable[[], None], over: Callable[[], None]
    ) -> None:
        self._clock, self._wanted, self._over = clock, wanted, over
        self._alarm = Alarm(clock)
        self._ahead = 0.0
        self._expires_at = float("inf")

    def greeted(self, welcome: Frame) -> None:
        """Take the times of a ``welcome``."""
        server_time = seconds_of(welcome.get("server_time"))
        if server_time is not None:
            self._ahead = server_time - self._clock.now()
        self.plan(welcome.get("expires_at"))

    def plan(self, expires_at: object) -> None:
        """Count to the end of the token that the connection lives by now."""
        end = seconds_of(expires_at)
        if end is None:
            self._alarm.clear()
            return
        self._expires_at = end - self._ahead
        left = self._left
        wait = max(0.0, left - min(MARGIN_SECONDS, left / 4))
        self._alarm.set(min(wait, LONGEST_TIMER_SECONDS), self._ask)

    def stop(self) -> None:
        """Ask for nothing any more."""
        self._alarm.clear()

    @property
    def _left(self) -> float:
        return self._expires_at - self._clock.now()

    def _ask(self) -> None:
        left = self._left
        if left <= 0:
            self._over()
            return
        self._alarm.set(min(AGAIN_SECONDS, left), self._ask)
        self._wanted()


def seconds_of(time: object) -> float | None:
    """Return the seconds since the epoch of a time as the protocol writes it."""
    if not isinstance(time, str):
        return None
    try:
        return datetime.fromisoformat(time).timestamp()
    except ValueError:
        return None
