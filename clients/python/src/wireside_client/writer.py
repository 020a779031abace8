"""Sends what the outbox holds for one conversation, one write at a time."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from wireside_client.errors import Refused
from wireside_client.log import Event
from wireside_client.outbox import Entry, Outbox
from wireside_client.requests import ANSWER_SECONDS
from wireside_client.room import Phase, Room, Spawn
from wireside_client.timing import Alarm, Backoff, Clock

type Frame = dict[str, Any]

READ_AGAIN = frozenset({"invalid_after_seq", "resync_required"})
KEPT = frozenset({"code", "message", "details"})
DISOWNED = {
    "code": "resync_required",
    "message": "What this was to change stands in another log than the one that there is now.",
}


class WriterEvents(Protocol):
    """Who is told."""

    def is_awaited(self, client_id: str) -> bool:
        """Return whether somebody waits for what becomes of a write."""

    def settled(self, entry: Entry, outcome: Event | Refused) -> None:
        """A write is stored, or refused; the outbox knows already."""


class Writer:
    """Each write is acknowledged by its own event, or refused.

    A refusal that nobody waits for stays in the outbox until somebody deals with it. Before a write
    goes out again after a reconnect, every event since it was first sent has been read without
    finding it.
    """

    def __init__(
        self,
        room: Room,
        *,
        outbox: Outbox,
        user_id: str,
        clock: Clock,
        spawn: Spawn,
        send: Callable[[Frame], bool],
        events: WriterEvents,
    ) -> None:
        self._room, self._outbox, self._user_id = room, outbox, user_id
        self._spawn, self._send, self._events = spawn, send, events
        self._alarm, self._backoff = Alarm(clock), Backoff(clock)
        self._in_flight: str | None = None
        self._is_verifying = False

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to be sent."""
        return self._outbox.next(self._room.id) is not None

    def pump(self) -> None:
        """Send the next write, if one waits and the one before it is answered."""
        is_held = self._in_flight is not None or self._alarm.is_set or self._is_verifying
        if self._room.phase is not Phase.LIVE or is_held:
            return
        entry = self._outbox.next(self._room.id)
        if entry is None:
            return
        own = self._room.log.find(self._user_id, entry.client_id)
        if own is not None:
            self._acknowledge(entry.client_id, own)
        elif entry.seen_in is not None and entry.seen_in != self._room.epoch:
            # The message that it changes was another one, in another log.
            self._give_up(entry, DISOWNED)
            self.pump()
        elif self._room.log.start > _read_from(entry, self._room):
            self._is_verifying = True
            self._spawn(self._verify())
        else:
            self._transmit(entry)

    def pause(self) -> None:
        """Know that the link is gone; the answer may still have been on its way."""
        self._in_flight = None
        self._alarm.clear()

    def read(self, events: Sequence[Event]) -> None:
        """Find own writes among events."""
        for event in events:
            if "client_id" in event and event["sender"]["id"] == self._user_id:
                self._acknowledge(event["client_id"], event)

    def refuse(self, error: Frame) -> None:
        """Take an error about a write."""
        client_id = error.get("client_id")
        if client_id is None or client_id != self._in_flight:
            return
        self.pause()
        if error["code"] == "invalid_after_seq":
            self.read_again()
        if error["code"] in READ_AGAIN:
            self._room.reload()
        elif error["retryable"]:
            wait_ms = error.get("retry_after_ms")
            self._pump_in(self._backoff.next() if wait_ms is None else wait_ms / 1_000)
        else:
            entry = self._outbox.next(self._room.id)
            if entry is not None:
                self._give_up(entry, error)
            self.pump()

    def refuse_too_large(self) -> None:
        """Refuse what was in flight: a frame was above the size that the gateway takes."""
        if self._in_flight is not None:
            about = {"client_id": self._in_flight, "retryable": False}
            self.refuse({"code": "frame_too_large", **about})

    def read_again(self) -> None:
        """Send nothing a second time before the whole log is read: it is an older one."""
        for entry in self._outbox.of(self._room.id):
            if entry.after_seq is not None:
                self._outbox.change(entry.client_id, after_seq=0)

    def give_up(self, error: Frame) -> None:
        """Refuse all that waits: there is nothing any more to write to."""
        self.pause()
        for entry in self._outbox.of(self._room.id):
            self._give_up(entry, error)

    def _transmit(self, entry: Entry) -> None:
        after_seq = self._room.log.through
        self._outbox.change(entry.client_id, after_seq=after_seq, epoch=self._room.epoch)
        self._in_flight = entry.client_id
        self._repeat(frame_of(entry, after_seq))

    def _repeat(self, frame: Frame) -> None:
        self._send(frame)
        self._alarm.set(ANSWER_SECONDS, lambda: self._repeat(frame))

    def _acknowledge(self, client_id: str, event: Event) -> None:
        entry = self._outbox.remove(client_id)
        if entry is None:
            return
        if client_id == self._in_flight:
            self.pause()
            self._backoff.reset()
        self._events.settled(entry, event)
        self.pump()

    def _give_up(self, entry: Entry, error: Frame) -> None:
        if self._events.is_awaited(entry.client_id):
            self._outbox.remove(entry.client_id)
        else:
            refusal = {key: error[key] for key in KEPT & {*error}}
            self._outbox.change(entry.client_id, refusal=refusal)
        self._events.settled(entry, Refused(error))

    async def _verify(self) -> None:
        """Read back to where the write was first sent from."""
        try:
            grew = await self._room.load_earlier()
        except Refused:
            grew = False
        finally:
            self._is_verifying = False
        if grew:
            self.pump()
        else:
            self._pump_in(self._backoff.next())

    def _pump_in(self, seconds: float) -> None:
        self._alarm.set(seconds, self.pump)


def frame_of(entry: Entry, after_seq: int) -> Frame:
    """Return the frame of a write."""
    about = {"conversation_id": entry.conversation_id, "client_id": entry.client_id}
    return {**entry.write, **about, "after_seq": after_seq}


def _read_from(entry: Entry, room: Room) -> float:
    """Return the seq above which the log must have been read before this may be sent again.

    All of it, where the log is another one than the write was sent to, or ends before that place.
    """
    if entry.after_seq is None:
        return float("inf")
    is_same = entry.epoch == room.epoch and entry.after_seq <= room.log.through
    return entry.after_seq if is_same else 0
