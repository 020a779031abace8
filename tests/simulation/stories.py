"""Stories: what the people of a seed do, told to its end."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from tests.builders import DEMO, message, user
from tests.simulation.client import Client
from tests.simulation.clock import VirtualLoop, play
from tests.simulation.gateway import Frame
from tests.simulation.invariants import on_the_wire
from tests.simulation.weather import Weather
from tests.simulation.world import BEFORE, Simulation
from wireside.domain.conversation import Role
from wireside.domain.errors import Refused
from wireside.domain.events import ConversationId
from wireside.services.deeds import Patch, Request

FAULTS_SECONDS = 15
COME_BACK = 0.04
LONG = 312
"""More events than a client may be behind."""


@dataclass(slots=True)
class Story:
    """What the people of one seed do, in the first seconds."""

    simulation: Simulation
    chance: random.Random
    texts: int = 0

    def cast(self) -> None:
        """Draw people, rooms and tabs."""
        names = ["ana", "ben", "cara"][: self.chance.choice([1, 2, 2, 3])]
        self.simulation.furnish(names, self.chance.choice([1, 1, 1, 1, 2, 3]))
        for name in names:
            for index in range(self.chance.choice([1, 1, 1, 2])):
                self.simulation.tab(name, f"{name}-{index}")

    def come_back(self) -> None:
        """Let one client come back to a long log, with a write of which it knows nothing."""
        client, room_id = self.simulation.clients[-1], self.simulation.rooms[0]
        log = self.simulation.world.store.log(room_id)
        held, stored_at = self.chance.randrange(1, 9), self.chance.randrange(9, 2 * LONG)
        for number in range(1, LONG):
            mine = {"by": client.user.id, "client_id": "old"} if number == stored_at else {}
            log.append(message(log[-1] if log else None, text=BEFORE, **mine))
        self.simulation.followed[room_id] = len(log)
        client.rooms[room_id].view.page(on_the_wire(log[:held]))
        frame = {"action": "send", "text": BEFORE, "client_id": "old", "after_seq": held}
        client.write(room_id, frame)

    def plan(self) -> None:
        """Begin what everybody does."""
        begin = self.simulation.gateway.begin
        for client in self.simulation.clients:
            begin(self._talk(client))
        if self.chance.random() < 0.3:
            begin(self._govern())
        if self.chance.random() < 0.25:
            begin(self._operate())

    async def _talk(self, client: Client) -> None:
        for _ in range(self.chance.choice([1, 2, 2, 3, 4])):
            await asyncio.sleep(self.chance.uniform(0, 4))
            room_id = self.chance.choice(self.simulation.rooms)
            deeds = [self._send, self._send, self._send, self._alter, self._alter, self._stop]
            self.chance.choice(deeds)(client, room_id)

    def _send(self, client: Client, room_id: str) -> None:
        frame: Frame = {"action": "send", "text": "hé 🙂"}
        if self.chance.random() < 0.3:
            frame["mentions"] = ["assistant:second"]
        self._write(client, room_id, frame)

    def _write(self, client: Client, room_id: str, frame: Frame) -> None:
        self.texts += 1
        frame["client_id"] = f"{client.name}-{self.texts}"
        client.write(room_id, frame)
        twins = [
            each
            for each in self.simulation.clients
            if each is not client and each.user.id == client.user.id
        ]
        if twins and self.chance.random() < 0.5:
            # Both tabs find it in the outbox that they share.
            twins[0].write(room_id, frame)

    def _alter(self, client: Client, room_id: str) -> None:
        """Do something to a message that the client shows, or choose who answers the next ones."""
        events = client.rooms[room_id].view.events
        shown = [
            each
            for each in events
            if each["kind"] == "message" and each["sender"]["id"] in {client.user.id, DEMO.id}
        ]
        if not shown:
            self._send(client, room_id)
            return
        target = self.chance.choice(shown)
        by_assistant = target["sender"]["type"] == "assistant"
        frames: list[Frame] = [
            {"action": "regenerate" if by_assistant else "edit", "text": f"né {self.texts}"},
            {"action": "react", "emoji": "🔥", "on": self.chance.random() < 0.7},
            {"action": "delete"},
            {"action": "model", "model": self.chance.choice(["demo", "second"])},
        ]
        frame = self.chance.choice(frames)
        if frame["action"] != "model":
            frame["target_seq"] = target["seq"]
        if frame["action"] == "regenerate":
            del frame["text"]
        self._write(client, room_id, frame)

    def _stop(self, client: Client, room_id: str) -> None:
        view = client.rooms[room_id].view
        frame: Frame = {"after_seq": view.held}
        if view.runs and self.chance.random() < 0.5:
            frame = {"run_id": self.chance.choice(list(view.runs))}
        self.simulation.asked_to_stop.append(frame)
        self.simulation.gateway.begin(client.stop(room_id, frame))

    async def _govern(self) -> None:
        """Let the owner change the conversation, throw somebody out, or end it."""
        await asyncio.sleep(self.chance.uniform(0, 8))
        app = self.simulation.world.app
        room_id = self.chance.choice(self.simulation.rooms)
        request = Request(user("ana"), "key-1")
        deeds = [
            lambda: app.conversations.patch(request, room_id, Patch(title="new", model="second")),
            lambda: app.conversations.remove(request, room_id, "ben"),
            lambda: app.conversations.add(request, room_id, "dora", None),
            lambda: app.operators.end(request, room_id),
        ]
        await self._do(self.chance.choice(deeds))

    async def _operate(self) -> None:
        """Let one operator or two take a conversation over, and hand it back."""
        room_id = self.chance.choice(self.simulation.rooms)
        for name in self.chance.choice([["olga"], ["olga", "otto"]]):
            self.simulation.gateway.begin(self._assist(name, room_id))

    async def _assist(self, name: str, room_id: ConversationId) -> None:
        await asyncio.sleep(self.chance.uniform(0, 6))
        operators = self.simulation.world.app.operators
        who = user(name, roles=frozenset({Role.OPERATOR}))
        await self._do(lambda: operators.take_over(Request(who, f"{name}-take"), room_id))
        if self.chance.random() < 0.6:
            await asyncio.sleep(self.chance.uniform(0, 4))
            await self._do(lambda: operators.release(Request(who, f"{name}-release"), room_id))

    async def _do(self, deed: Any) -> None:
        async def forgiving() -> None:
            try:
                await deed()
            except Refused:
                return

        await self.simulation.over_http(forgiving)


def tell(seed: int, *, kind: type[Simulation] = Simulation, **parts: Any) -> Simulation:
    """Tell the story of a seed to its end; ``violations`` says what is wrong with it."""
    chance = random.Random(seed)
    loop = VirtualLoop(chance)
    simulation = kind(chance, loop, Weather.of(chance), **parts)
    story = Story(simulation, chance)
    story.cast()
    if chance.random() < COME_BACK:
        story.come_back()

    async def all_of_it() -> None:
        simulation.start()
        story.plan()
        await asyncio.sleep(FAULTS_SECONDS)
        await simulation.settled()

    play(loop, all_of_it())
    return simulation
