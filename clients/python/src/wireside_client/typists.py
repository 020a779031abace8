"""Who is writing in one conversation."""

from collections.abc import Callable, Sequence

from wireside_client.timing import Alarm, Clock

LAPSES_SECONDS = 6.0


class Typists:
    """User ids. A sign of writing lapses after 6 s."""

    def __init__(self, clock: Clock, changed: Callable[[], None]) -> None:
        self._clock, self._changed = clock, changed
        self._alarms: dict[str, Alarm] = {}

    @property
    def ids(self) -> Sequence[str]:
        """Who is writing, whoever began first before others."""
        return [*self._alarms]

    def note(self, user_id: str, *, on: bool) -> None:
        """Take a sign of somebody."""
        known = self._alarms.pop(user_id, None)
        if known is not None:
            known.clear()
        if on:
            self._alarms[user_id] = alarm = Alarm(self._clock)
            alarm.set(LAPSES_SECONDS, lambda: self.note(user_id, on=False))
        if on or known is not None:
            self._changed()

    def clear(self) -> None:
        """Know of nobody."""
        for alarm in self._alarms.values():
            alarm.clear()
        self._alarms.clear()
