"""One conversation, for whoever uses the client."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, Any

from wireside_client.errors import Closed, Refused
from wireside_client.fold import Folded
from wireside_client.items import Item
from wireside_client.log import Event
from wireside_client.membership import followed
from wireside_client.outbox import Entry
from wireside_client.room import Phase, Room
from wireside_client.signals import Signals
from wireside_client.streams import Run
from wireside_client.typists import Typists
from wireside_client.verbs import Verbs
from wireside_client.watchers import Watchers
from wireside_client.writer import Writer, frame_of
from wireside_client.writes import check_size

if TYPE_CHECKING:
    from wireside_client.client import Client

type Frame = dict[str, Any]

TYPED = frozenset({"message", "edited"})
"""Whoever has stored one of these has stopped writing it."""
HIGHEST_SEQ = 2**53


class Conversation(Verbs):
    """What this client has of a conversation, and what can be done in it.

    ``info`` is the conversation as over HTTP, kept up to date; ``None`` until it is open.
    ``present`` are the user ids of who is there, ``read_seq`` is how far one has read.
    """

    def __init__(self, client: "Client", id: str) -> None:
        self.id = id
        self.info: Frame | None = None
        self.present: frozenset[str] = frozenset()
        self.read_seq = 0
        self._read_n = 0
        self._client = client
        self._folded = Folded()
        self._waiting: dict[str, asyncio.Future[Event]] = {}
        self._over: Exception | None = None
        self._watchers = Watchers()
        self._typists = Typists(client.clock, self.changed)
        self._signals = Signals(id, client.clock, client.connection.send)
        self.room = Room(
            id,
            api=client.api,
            requests=client.requests,
            clock=client.clock,
            spawn=client.spawn,
            events=self,
        )
        self.writer = Writer(
            self.room,
            outbox=client.outbox,
            user_id=client.user_id,
            clock=client.clock,
            spawn=client.spawn,
            send=client.connection.send,
            events=self,
        )

    @property
    def events(self) -> Sequence[Event]:
        """The contiguous window of the log that is held, ascending."""
        return self.room.log.events

    @property
    def items(self) -> list[Item]:
        """The same as people see it: messages with their changes, notices, calls of tools.

        What changes is another object from then on; looking costs what has changed.
        """
        return [*self._folded.items(self.room.log.events)]

    @property
    def pending(self) -> Sequence[Frame]:
        """What one has written here and is not stored yet, oldest first: see ``write``."""
        return [each.write for each in self._client.outbox.of(self.id)]

    @property
    def answers(self) -> Sequence[Run]:
        """What is being answered, in the order in which it was asked."""
        return self.room.streams.in_flight

    @property
    def typing_ids(self) -> Sequence[str]:
        """The user ids of who is writing."""
        return self._typists.ids

    @property
    def is_live(self) -> bool:
        """Whether what was there is held, and what comes will come by itself."""
        return self.room.phase is Phase.LIVE

    @property
    def is_gone(self) -> bool:
        """Whether it is not there any more, for this person or for this client."""
        return self.room.phase is Phase.GONE

    @property
    def unread(self) -> int:
        """How many messages are above what one has read."""
        n: int = self.info["n"] if self.info else 0
        return max(0, n - self._read_n)

    async def write(self, write: Frame) -> Event:
        """Write anything: ``action`` and its fields, as the protocol has them."""
        if self._over is not None:
            raise self._over
        client_id = uuid.uuid4().hex
        seen_in = self.room.epoch if "target_seq" in write else None
        entry = Entry(self.id, client_id, write, seen_in)
        check_size(frame_of(entry, HIGHEST_SEQ), self._client.limits)
        self._signals.wrote()
        self._client.outbox.add(entry)
        return await self.settle(entry)

    async def settle(self, entry: Entry) -> Event:
        """Wait for what becomes of a write that is in the outbox. Raises: Refused; Closed."""
        stored: asyncio.Future[Event] = asyncio.get_running_loop().create_future()
        self._waiting[entry.client_id] = stored
        self.writer.pump()
        self.changed()
        return await stored

    async def stop(self, run_id: str | None = None) -> Sequence[str]:
        """Stop an answer, or every answer to what is there by now; return the runs' ids.

        Raises: Refused; Closed.
        """
        asked = [self.room.log.through, *(each.trigger_seq for each in self.answers)]
        which: Frame = {"run_id": run_id} if run_id else {"after_seq": max(asked)}
        about = {"action": "stop", "conversation_id": self.id}
        return list((await self._client.ask({**about, **which}))["runs"])

    def typing(self, *, on: bool = True) -> None:
        """Let the others see that one is writing: call it with every key, it is told rarely."""
        self._signals.typing(on=on)

    def read(self, seq: int | None = None) -> None:
        """Mark as read, up to an event or all that is held; told at most every 2 s."""
        self._has_read(self.room.log.through if seq is None else seq)
        self._signals.read(self.read_seq)

    async def load_earlier(self) -> bool:
        """Load the page before the window; return whether there was one. Raises: Refused."""
        return await self.room.load_earlier()

    async def catch_up(self) -> None:
        """Wait until everything is held that is stored by now. Raises: Refused; Closed."""
        await self.until(lambda _: self.is_live)
        await self._client.pong()
        await self.until(lambda _: self.is_live and not self.room.log.is_behind)

    async def close(self) -> None:
        """Listen no longer, once everything that was written here is settled."""
        await self.until(lambda _: not self.writer.is_busy)
        self._client.let_go(self)

    async def until(self, is_so: Callable[["Conversation"], bool]) -> None:
        """Wait for something to be so, looking whenever anything changed.

        Raises: Refused where the conversation is gone, or the service lets this person in no more;
            Closed; whatever ``is_so`` raises.
        """
        if self._over is not None and not is_so(self):
            raise self._over
        await self._watchers.until(lambda: is_so(self))

    def follow(self) -> AsyncIterator[Event]:
        """Yield every event that enters the log from now on, each once, in order.

        It ends when the conversation does, for this client.
        """
        return self._watchers.follow()

    def changes(self) -> AsyncIterator[None]:
        """Yield at once and whenever anything is different: many changes at once are one."""
        return self._watchers.changes()

    def receive(self, frame: Frame) -> None:
        """Take any frame that names this conversation."""
        match frame["type"]:
            case "error":
                self.writer.refuse(frame)
            case "typing":
                self._typists.note(frame["user_id"], on=frame["on"])
            case "presence":
                who = {frame["user_id"]}
                self.present = self.present | who if frame["on"] else self.present - who
                self.changed()
            case "read":
                self._has_read(frame["seq"])
            case _:
                self.room.receive(frame)

    def opened(self, answer: Frame) -> None:
        """Take what ``opened`` says of the conversation and who is there."""
        self.info, self.present = answer["conversation"], frozenset(answer["present"])
        if answer["read_seq"] >= self.read_seq:
            self.read_seq = answer["read_seq"]
            self._read_n = answer["n"] - answer["conversation"].get("unread", 0)
        self._signals.opened(answer["read_seq"])

    def changed(self) -> None:
        """Wake whoever waits for what is so by now."""
        self._watchers.changed()

    def came(self, events: Sequence[Event]) -> None:
        """Let the writer find its own."""
        self.writer.read(events)

    def entered(self, events: Sequence[Event]) -> None:
        """Learn from events, and hand them to whoever follows."""
        for event in events:
            self._learn(event)
        self._watchers.entered(events)

    def live(self) -> None:
        """Send what waits."""
        self._client.caught_up()
        self.writer.pump()
        self._client.close_idle(self)

    def restored(self) -> None:
        """Know that the log is an older one: whether a write is in it has to be read."""
        self.writer.read_again()

    def gone(self, error: Frame) -> None:
        """Tell everybody that there is no more."""
        self.writer.give_up(error)
        self._over = Refused(error)
        self._watchers.end(self._over)
        self._client.admit()

    def is_awaited(self, client_id: str) -> bool:
        """Return whether somebody waits for what becomes of a write."""
        waiting = self._waiting.get(client_id)
        return waiting is not None and not waiting.done()

    def settled(self, entry: Entry, outcome: Event | Refused) -> None:
        """Tell whoever waits, else the client's listeners."""
        waiting = self._waiting.pop(entry.client_id, None)
        if waiting is not None and not waiting.done():
            if isinstance(outcome, Refused):
                waiting.set_exception(outcome)
            else:
                waiting.set_result(outcome)
        elif isinstance(outcome, Refused):
            self._client.unheard(entry, outcome)
        self.changed()
        self._client.close_idle(self)

    def lost(self, *, was_too_large: bool) -> None:
        """Know that the link is gone, and with it who is writing."""
        if was_too_large:
            self.writer.refuse_too_large()
        self.writer.pause()
        self._typists.clear()
        self.room.leave()

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that it will not happen; the conversation goes on."""
        self._watchers.fail(error)

    def end(self, error: Closed) -> None:
        """Let go of everything: nothing is heard here any more."""
        self.writer.pause()
        self._signals.clear()
        self._typists.clear()
        self.room.dispose()
        self._over = self._over or error
        self._watchers.end(error)
        for each in self._waiting.values():
            if not each.done():
                each.set_exception(error)

    def _learn(self, event: Event) -> None:
        sender, kind = event["sender"]["id"], event["kind"]
        if self.info is not None:
            self.info = followed(self.info, event)
        if kind in TYPED:
            self._typists.note(sender, on=False)
        if kind == "message" and sender == self._client.user_id:
            self._has_read(event["seq"])

    def _has_read(self, seq: int) -> None:
        if seq <= self.read_seq:
            return
        self.read_seq = seq
        index = seq - self.room.log.start - 1
        if 0 <= index < len(self.events):
            self._read_n = self.events[index].get("n", self._read_n)
        self.changed()
