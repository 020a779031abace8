"""Stories: what the people of a seed do, told to its end."""

import asyncio
import random
from dataclasses import dataclass
from typing import Any

from tests.builders import user
from tests.simulation.client import Client
from tests.simulation.clock import VirtualLoop, play
from tests.simulation.rooms import Write
from tests.simulation.weather import Weather
from tests.simulation.world import Simulation
from wireside.domain.errors import Refused
from wireside.services.deeds import Patch, Request

FAULTS_SECONDS = 15


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

    def plan(self) -> None:
        """Begin what everybody does."""
        begin = self.simulation.gateway.begin
        for client in self.simulation.clients:
            begin(self._talk(client))
        if self.chance.random() < 0.3:
            begin(self._govern())

    async def _talk(self, client: Client) -> None:
        for _ in range(self.chance.choice([1, 1, 2, 3])):
            await asyncio.sleep(self.chance.uniform(0, 4))
            self._send(client)

    def _send(self, client: Client) -> Write:
        self.texts += 1
        room_id = self.chance.choice(self.simulation.rooms)
        frame = {"action": "send", "client_id": f"{client.name}-{self.texts}", "text": "hé 🙂"}
        if self.chance.random() < 0.3:
            frame["mentions"] = ["assistant:second"]
        write = client.write(room_id, frame)
        twins = [
            each
            for each in self.simulation.clients
            if each is not client and each.user.id == client.user.id
        ]
        if twins and self.chance.random() < 0.5:
            # Both tabs find it in the outbox that they share.
            twins[0].write(room_id, frame)
        return write

    async def _govern(self) -> None:
        """Let the owner change the conversation, and throw somebody out."""
        await asyncio.sleep(self.chance.uniform(0, 8))
        app = self.simulation.world.app
        room_id = self.chance.choice(self.simulation.rooms)
        request = Request(user("ana"), "key-1")
        deeds = [
            lambda: app.conversations.patch(request, room_id, Patch(title="new", model="second")),
            lambda: app.conversations.remove(request, room_id, "ben"),
            lambda: app.conversations.add(request, room_id, "dora", None),
        ]
        await self._do(self.chance.choice(deeds))

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

    async def all_of_it() -> None:
        simulation.start()
        story.plan()
        await asyncio.sleep(FAULTS_SECONDS)
        await simulation.settled()

    play(loop, all_of_it())
    return simulation
