"""A client of the protocol, as ``docs/protocol.md`` asks clients to be."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.caller import ANSWER_SECONDS, Caller
from tests.simulation.gateway import Frame
from tests.simulation.invariants import Acknowledgement, Shown
from tests.simulation.rooms import REOPEN_SECONDS, Page, Pages, Room, Write

GAP_SECONDS = 0.3


@dataclass(slots=True)
class Client(Caller):
    """One tab of one person."""

    pages: Pages = field(kw_only=True)
    watch: Callable[[Room], None] = field(kw_only=True)
    rooms: dict[str, Room] = field(default_factory=dict)
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)

    # ------------------------------------------------------------------ what people do

    def write(self, room_id: str, frame: Frame) -> Write:
        """Put a write into the outbox; its ``after_seq`` is set when it is sent."""
        write = Write({"conversation_id": room_id, **frame})
        room = self.rooms[room_id]
        room.outbox.append(write)
        # Another tab may have sent it, and this one have read it.
        for each in room.view.events:
            self._look(room, each)
        room.wake()
        return write

    def acknowledgements(self, room_id: str) -> list[Acknowledgement]:
        """Return the writes of which the client knows that they are stored."""
        return [
            Acknowledgement(self.user.id, each.client_id, each.begun_ms, each.known_ms)
            for each in self.rooms[room_id].outbox
            if each.known_ms is not None
        ]

    @property
    def is_idle(self) -> bool:
        """Whether the client has nothing left to do."""
        return self.line is not None and all(each.is_idle for each in self.rooms.values())

    def works(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return what is to be done for as long as a line lasts."""
        for each in self.rooms.values():
            each.wants_open = True
        keeping = [self._keep(each) for each in self.rooms.values()]
        return [*keeping, *(self._post(each) for each in self.rooms.values())]

    # ------------------------------------------------------------------ what comes in

    def hear(self, frame: Frame) -> None:
        """Take a frame. Unknown types are ignored."""
        self.last_heard_at = asyncio.get_running_loop().time()
        room = self.rooms.get(frame.get("conversation_id", ""))
        match frame.get("type"):
            case "opened":
                room = self.rooms[frame["conversation"]["id"]]
                self._opened(room, frame)
            case "events" if room and self._same_epoch(room, frame):
                self._take(room, frame["events"])
                room.view.page(frame["events"])
                room.knows(frame["head"])
            case "event" if room and self._same_epoch(room, frame):
                self._take(room, [frame["event"]])
                room.view.take(frame["event"])
                room.knows(frame["event"]["seq"])
            case "run" if room:
                room.view.run(frame)
            case "delta" if room:
                room.seen.add(frame["run_id"])
                if room.view.delta(frame):
                    room.wants_open = True
                    room.wake()
            case "activity" if room and room.gone:
                room.reopen()
            case "pong":
                self._heads(frame["heads"])
            case "goodbye" if self.line is not None:
                self.gateway.cut(self.line)
        if room and room.view.runs:
            self.watch(room)
        self._resolve(frame.get("ref"), frame)

    def _heads(self, heads: dict[str, int]) -> None:
        """Compare with what is open; what the service does not know as open is opened again."""
        for each in self.rooms.values():
            if each.id in heads:
                each.knows(heads[each.id])
            elif not each.gone:
                each.reopen()

    def _same_epoch(self, room: Room, frame: Frame) -> bool:
        if room.view.epoch in {None, frame["epoch"]}:
            room.view.epoch = frame["epoch"]
            return True
        room.reopen()
        return False

    def _opened(self, room: Room, frame: Frame) -> None:
        if room.view.epoch is None:
            room.view.epoch = frame["epoch"]
        room.view.opened(frame["runs"], room.known_runs)
        room.knows(frame["head"])

    def _take(self, room: Room, events: Sequence[Shown]) -> None:
        """Look for own writes among events that were read."""
        for event in events:
            room.heard.append(event["seq"])
            self._look(room, event)
            person = event["body"].get("user")
            if person and person["id"] == self.user.id:
                room.membership(event["seq"], event["kind"])

    def _look(self, room: Room, event: Shown) -> None:
        if event.get("client_id") and event["sender"]["id"] == self.user.id:
            self._acknowledge(room, event)

    def _acknowledge(self, room: Room, event: Shown) -> None:
        for write in room.outbox:
            if write.client_id == event["client_id"] and write.known_ms is None:
                if write.refused not in {None, "not_found"}:
                    self.wrong.append(f"I1: {write.client_id} was {write.refused}, and is stored")
                write.known_ms = self._now_ms()
                self._resolve(f"w-{write.client_id}", {"type": "event"})
        room.wake()

    # ------------------------------------------------------------------ keeping up

    async def _keep(self, room: Room) -> None:
        """Open the conversation, and repair what is missing, as often as it takes."""
        while True:
            if room.gone or not (room.wants_open or room.is_behind):
                room.stir.clear()
                await room.stir.wait()
            elif room.wants_open:
                await self._open(room)
            else:
                await asyncio.sleep(GAP_SECONDS)
                if room.is_behind and not room.wants_open:
                    await self._sync(room)

    async def _open(self, room: Room) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0, room.opened_at + REOPEN_SECONDS - loop.time()))
        room.opened_at, room.wants_open = loop.time(), False
        room.known_runs = tuple(room.view.runs)
        frame: Frame = {"action": "open", "conversation_id": room.id}
        if room.view.has_base:
            frame |= {"after_seq": room.view.held, "epoch": room.view.epoch}
        async with self.opening:
            answer = await self.ask(frame, self._ref())
        if answer is None or answer["type"] != "opened":
            room.wants_open = True
            await self._cope(room, answer)
        elif not room.view.has_base:
            await self._first_page(room)

    async def _first_page(self, room: Room) -> None:
        """Wait for the page that follows ``opened``; if it got lost, open again."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while not room.view.has_base:
                    await asyncio.sleep(GAP_SECONDS)
        except TimeoutError:
            room.wants_open = True

    async def _sync(self, room: Room) -> None:
        frame = {
            "action": "sync",
            "conversation_id": room.id,
            "epoch": room.view.epoch,
            "after_seq": room.view.held,
        }
        answer = await self.ask(frame, self._ref())
        await self._cope(room, answer)

    async def _cope(self, room: Room, answer: Frame | None) -> None:
        """Do what an error asks for, before the same is tried again."""
        if answer is None or answer["type"] != "error":
            return
        match answer["code"]:
            case "not_found":
                room.gone = True
                room.wake()
            case "resync_required":
                await self._reload(room)
            case code:
                if not answer["retryable"]:
                    self.wrong.append(f"{self.name} was told {code}")
                await asyncio.sleep(self._wait_seconds(answer))

    def _wait_seconds(self, answer: Frame) -> float:
        asked_ms = answer.get("retry_after_ms")
        return asked_ms / 1_000 if asked_ms else self.chance.uniform(0, 2)

    async def _reload(self, room: Room) -> None:
        """Load the newest page, and what a write in doubt needs below it."""
        try:
            # Both an open and a write may be told that they are too far behind.
            async with room.reloading:
                await self._reload_pages(room)
        except LookupError:
            room.gone = True
            room.wake()

    async def _reload_pages(self, room: Room) -> None:
        page = await self._page(room, None)
        self._take(room, page.events)
        room.view.reload(page.epoch, page.events)
        room.head = page.head
        doubtful = [each.frame["after_seq"] for each in room.outbox if _is_in_doubt(each)]
        while doubtful and not room.view.covers(min(doubtful)):
            page = await self._page(room, room.view.events[0]["seq"])
            self._take(room, page.events)
            room.view.before(page.events)

    async def _page(self, room: Room, before_seq: int | None) -> Page:
        while True:
            page = await self.pages(self.user, room.id, before_seq)
            if page is not None:
                return page
            await asyncio.sleep(self.chance.uniform(0, 2))

    # ------------------------------------------------------------------ writing

    async def stop(self, room_id: str, frame: Frame) -> None:
        """Stop answers: the same frame again until it is answered."""
        ref = self._ref()
        while not self.rooms[room_id].gone:
            answer = await self.ask({"action": "stop", "conversation_id": room_id, **frame}, ref)
            if answer is not None and answer["type"] == "stopped":
                return
            await self._cope(self.rooms[room_id], answer)
            await asyncio.sleep(self.chance.uniform(0, 1))

    async def _post(self, room: Room) -> None:
        """Send what is in the outbox, one write after the other."""
        while True:
            write = next((each for each in room.outbox if not each.is_settled), None)
            if write is not None and room.gone:
                write.refused = "not_found"
            elif write is None or not room.view.has_base:
                room.mail.clear()
                await room.mail.wait()
            else:
                await self._attempt(room, write)

    async def _attempt(self, room: Room, write: Write) -> None:
        if "after_seq" not in write.frame:
            write.begun_ms = self._now_ms()
            write.frame["after_seq"] = room.view.held
        elif self._may_raise(room, write):
            write.frame["after_seq"] = room.view.held
        answer = await self.ask(write.frame, f"w-{write.client_id}")
        if answer is None or write.is_settled or answer["type"] != "error":
            return
        if answer["code"] == "resync_required" or answer["retryable"]:
            await self._cope(room, answer)
        else:
            if answer["code"] in {"invalid_after_seq", "client_id_reused"}:
                self.wrong.append(f"{self.name} was told {answer['code']}")
            write.refused = answer["code"]

    def _may_raise(self, room: Room, write: Write) -> bool:
        """Whether every event above the frame's ``after_seq`` was read: the write is not there."""
        held = room.view.held
        return held > write.frame["after_seq"] and room.view.covers(write.frame["after_seq"])


def _is_in_doubt(write: Write) -> bool:
    return not write.is_settled and "after_seq" in write.frame
