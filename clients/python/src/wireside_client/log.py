"""A contiguous window of a conversation's log, and what came too early to be part of it."""

from collections.abc import Iterable, Sequence
from typing import Any

type Event = dict[str, Any]


class Log:
    """The window is ``start + 1 … through``; each seq is in it once.

    ``head`` is the highest seq that is known to exist, ``is_loaded`` whether a first page has come.
    ``events`` grows at its end; whatever else happens to it makes another list of it.
    """

    def __init__(self) -> None:
        self.start = 0
        self.events: list[Event] = []
        self.head = 0
        self.is_loaded = False
        self._ahead: dict[int, Event] = {}

    @property
    def through(self) -> int:
        """The last seq that is held without a gap."""
        return self.start + len(self.events)

    @property
    def is_behind(self) -> bool:
        """Whether something is missing between the window and the head."""
        return self.is_loaded and self.through < self.head

    def begin(self, page: Sequence[Event], head: int) -> list[Event]:
        """Take a first page; live events that came before it find their place.

        Returns what entered the window.
        """
        self.start = page[0]["seq"] - 1 if page else head
        self.is_loaded = True
        self.note_head(head)
        return self.add(page)

    def add(self, events: Iterable[Event]) -> list[Event]:
        """Merge events in whatever order and however often they come; return what entered."""
        for event in events:
            self.note_head(event["seq"])
            if not self.is_loaded or event["seq"] > self.through:
                self._ahead[event["seq"]] = event
        return self._join() if self.is_loaded else []

    def _join(self) -> list[Event]:
        entered: list[Event] = []
        while (found := self._ahead.pop(self.through + 1, None)) is not None:
            self.events.append(found)
            entered.append(found)
        self._ahead = {seq: each for seq, each in self._ahead.items() if seq > self.through}
        return entered

    def prepend(self, page: Sequence[Event]) -> bool:
        """Put an earlier page before the window, as far as it joins; return whether it grew."""
        earlier = [each for each in page if each["seq"] <= self.start]
        if not earlier or earlier[-1]["seq"] != self.start:
            return False
        self.events = [*earlier, *self.events]
        self.start -= len(earlier)
        return True

    def replace(self, event: Event) -> None:
        """Put the whole of an event in place of one that came cut."""
        index = event["seq"] - self.start - 1
        if 0 <= index < len(self.events):
            self.events = [*self.events[:index], event, *self.events[index + 1 :]]

    def note_head(self, seq: int) -> None:
        """Remember that this seq exists."""
        self.head = max(self.head, seq)

    def find(self, user_id: str, client_id: str) -> Event | None:
        """Return this person's write, if the window holds it."""
        own = (
            each
            for each in self.events
            if each.get("client_id") == client_id and each["sender"]["id"] == user_id
        )
        return next(own, None)
