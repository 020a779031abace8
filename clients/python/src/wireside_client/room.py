"""One conversation that is open: a contiguous window of its log, and the answers in flight."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any, Protocol

from wireside_client.api import Api
from wireside_client.errors import Refused
from wireside_client.log import Event, Log
from wireside_client.requests import ANSWER_SECONDS, Requests
from wireside_client.streams import Streams
from wireside_client.timing import Alarm, Backoff, Clock

type Frame = dict[str, Any]
type Spawn = Callable[[Coroutine[Any, Any, None]], "asyncio.Task[None]"]

GAP_SECONDS = 0.3
REOPEN_SECONDS = 1.0
PAGE = 50
FULL_PAGE = 300


class Phase(Enum):
    """How far a conversation has come on the link of now."""

    AWAY = "away"
    OPENING = "opening"
    CATCHING_UP = "catching up"
    LIVE = "live"
    RELOADING = "reloading"
    GONE = "gone"


class RoomEvents(Protocol):
    """Who is told."""

    def changed(self) -> None:
        """Something is different."""

    def opened(self, answer: Frame) -> None:
        """The service has subscribed this connection."""

    def came(self, events: Sequence[Event]) -> None:
        """Events have come, known ones among them."""

    def entered(self, events: Sequence[Event]) -> None:
        """Events have joined the window, each once, in order."""

    def live(self) -> None:
        """It has caught up on the link of now."""

    def restored(self) -> None:
        """The log ends before what was held: it was restored from an older state."""

    def gone(self, error: Frame) -> None:
        """It is not there any more for this person."""


class Room:
    """Keeps the window through reconnects, gaps and restored tables."""

    def __init__(
        self,
        id: str,
        *,
        api: Api,
        requests: Requests,
        clock: Clock,
        spawn: Spawn,
        events: RoomEvents,
    ) -> None:
        self.id = id
        self.log, self.streams = Log(), Streams()
        self.phase = Phase.AWAY
        self.epoch: str | None = None
        self._api, self._requests, self._clock = api, requests, clock
        self._spawn, self._events = spawn, events
        self._gap, self._catch_up = Alarm(clock), Alarm(clock)
        self._reopen, self._again = Alarm(clock), Alarm(clock)
        self._backoff = Backoff(clock)
        self._opened_at = float("-inf")
        self._is_syncing = False
        self._is_caught_up = False

    @property
    def is_settled(self) -> bool:
        """Whether it has caught up on the link of now, or never will."""
        is_live = self.phase is Phase.LIVE and self._is_caught_up
        return is_live or self.phase is Phase.GONE

    @property
    def takes_place(self) -> bool:
        """Whether it is one of the conversations that the service has open for this connection."""
        return self.phase not in {Phase.AWAY, Phase.GONE}

    def open(self) -> None:
        """Subscribe on the link of now, from the place where the window ends."""
        self._reopen.clear()
        self._opened_at = self._clock.now()
        self._is_syncing = self._is_caught_up = False
        if self.phase is not Phase.LIVE:
            self._become(Phase.OPENING)
        frame: Frame = {"action": "open", "conversation_id": self.id}
        if self.log.is_loaded and self.epoch:
            frame |= {"after_seq": self.log.through, "epoch": self.epoch}
        self._requests.ask(frame, self._opened)

    def leave(self) -> None:
        """Know that the link is gone; the window stays."""
        for alarm in (self._gap, self._catch_up, self._reopen):
            alarm.clear()
        self._is_syncing = False
        if self.phase not in {Phase.GONE, Phase.RELOADING}:
            self._become(Phase.AWAY)

    def dispose(self) -> None:
        """Be looked at by nobody any more."""
        self.leave()
        self._again.clear()
        self.phase = Phase.GONE

    def receive(self, frame: Frame) -> None:
        """Take any frame that names this conversation."""
        if self.epoch and frame.get("epoch", self.epoch) != self.epoch:
            self.reload()
            return
        match frame["type"]:
            case "events":
                self._page(frame)
            case "event":
                self._take([frame["event"]])
            case "run":
                self.streams.note(frame)
                if frame["state"] == "ended":
                    self._expect_more()
                self._events.changed()
            case "delta":
                if self.streams.apply(frame):
                    self._reopen_soon()
                self._events.changed()

    def note_head(self, head: int | None) -> None:
        """Take what a ``pong`` told; nothing where this subscription is lost."""
        if self.phase is not Phase.LIVE:
            return
        if head is None:
            self.open()
            return
        self.log.note_head(head)
        self._check_gap()

    def reload(self) -> None:
        """Start again from the newest page, over HTTP."""
        if self.phase not in {Phase.RELOADING, Phase.GONE}:
            self._become(Phase.RELOADING)
            self._spawn(self._reload())

    async def load_earlier(self) -> bool:
        """Load the page before the window; return whether there was one.

        Raises: Refused.
        """
        if not self.log.is_loaded or not self.log.start:
            return False
        limit = PAGE if len(self.log.events) < FULL_PAGE else FULL_PAGE
        page = await self._api.events(self.id, {"before_seq": self.log.start + 1}, limit)
        if page["epoch"] != self.epoch or not self.log.prepend(page["events"]):
            return False
        self._complete(page["events"])
        self._events.came(page["events"])
        self._events.changed()
        return True

    def _opened(self, answer: Frame) -> None:
        if answer["type"] == "error":
            self._refused(answer)
            return
        if self.epoch and self.epoch != answer["epoch"]:
            self.reload()
            return
        self.epoch = answer["epoch"]
        self._events.opened(answer)
        self.streams.restore(answer["runs"])
        if self.streams.has_gap:
            self._reopen_soon()
        if self.phase is Phase.OPENING:
            self._become(Phase.CATCHING_UP)
        self._catch_up.set(ANSWER_SECONDS, self.open)
        self._events.changed()

    def _refused(self, error: Frame) -> None:
        if error["code"] in {"resync_required", "invalid_after_seq"}:
            if error["code"] == "invalid_after_seq":
                self._events.restored()
            self.reload()
            return
        self._become(Phase.GONE)
        self._events.gone(error)

    def _page(self, frame: Frame) -> None:
        if self.log.is_loaded:
            self.log.note_head(frame["head"])
            self._take(frame["events"])
        elif self.phase is Phase.CATCHING_UP:
            self._entered(frame["events"], self.log.begin(frame["events"], frame["head"]))
        else:
            return
        if not frame["more"]:
            self._caught_up()

    def _caught_up(self) -> None:
        was_opened = self._catch_up.is_set
        self._catch_up.clear()
        if was_opened:
            self._is_caught_up = True
            if self.phase is Phase.CATCHING_UP:
                self._become(Phase.LIVE)
            self._events.live()
        self._check_gap()

    def _take(self, events: Sequence[Event]) -> None:
        self._entered(events, self.log.add(events))
        self._check_gap()

    def _entered(self, came: Sequence[Event], entered: Sequence[Event]) -> None:
        for event in came:
            self.streams.settle(event)
        self._complete(came)
        self._events.came(came)
        if entered:
            self._events.entered(entered)
        self._events.changed()

    def _check_gap(self) -> None:
        """A gap may close by itself; one that does not is asked for."""
        if not self.log.is_behind:
            self._gap.clear()
        elif self.phase is Phase.LIVE and not self._gap.is_set:
            self._gap.set(GAP_SECONDS, self._sync)

    def _expect_more(self) -> None:
        """A run has ended: its last event is due."""
        if self.phase is Phase.LIVE and not self._gap.is_set:
            self._gap.set(GAP_SECONDS, self._sync)

    def _sync(self) -> None:
        if self._is_syncing or self.phase is not Phase.LIVE:
            return
        self._is_syncing = True
        place = {"epoch": self.epoch, "after_seq": self.log.through}
        self._requests.ask({"action": "sync", "conversation_id": self.id, **place}, self._synced)

    def _synced(self, answer: Frame) -> None:
        self._is_syncing = False
        if answer["type"] == "error":
            self._refused(answer)

    def _reopen_soon(self) -> None:
        if not self._reopen.is_set:
            due = self._opened_at + REOPEN_SECONDS - self._clock.now()
            self._reopen.set(max(0.0, due), self.open)

    async def _reload(self) -> None:
        try:
            head = (await self._api.conversation(self.id))["head"]
            page = await self._api.events(self.id, {"before_seq": head + 1}, PAGE)
        except Refused as refused:
            if not refused.retryable:
                self._become(Phase.GONE)
                self._events.gone({"code": refused.code, "message": str(refused)})
                return
            self._again.set(self._backoff.next(), self._reload_again)
            return
        self._backoff.reset()
        self.log, self.streams = Log(), Streams()
        self.epoch, events = page["epoch"], page["events"]
        self._entered(events, self.log.begin(events, events[-1]["seq"] if events else 0))
        self.phase = Phase.AWAY
        self.open()

    def _reload_again(self) -> None:
        self.phase = Phase.AWAY
        self.reload()

    def _complete(self, events: Sequence[Event]) -> None:
        """Read whole what was cut for the stream."""
        for event in events:
            if event.get("truncated"):
                self._spawn(self._read_whole(event["seq"]))

    async def _read_whole(self, seq: int) -> None:
        # Where it cannot be read it stays cut, and says so.
        with suppress(Refused):
            page = await self._api.events(self.id, {"after_seq": seq - 1}, 1)
            if page["epoch"] == self.epoch and page["events"]:
                self.log.replace(page["events"][0])
                self._events.changed()

    def _become(self, phase: Phase) -> None:
        self.phase = phase
        self._events.changed()
