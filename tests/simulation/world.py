"""The whole service in virtual time: people, functions, queue, stream and model in one weather.

Faults stop at a moment; from then on everything must settle, and all invariants are checked.
"""

import asyncio
import functools
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.builders import World, conversation, member, user
from tests.simulation.client import Client
from tests.simulation.clock import LoopClock, VirtualLoop
from tests.simulation.gateway import Gateway
from tests.simulation.model import MoodyModel
from tests.simulation.queue import FifoQueue, Workers
from tests.simulation.rooms import Page, Room
from tests.simulation.weather import Exposed, Functions, Weather
from wireside import wire
from wireside.domain.conversation import MemberRole, User
from wireside.domain.errors import Refused, Unavailable
from wireside.domain.events import ConversationId, RunId, UserId
from wireside.domain.runs import Job
from wireside.domain.shares import Share
from wireside.services.runs import Settled

SETTLING_SECONDS = 900
LOOK_SECONDS = 1.0
SWEEP_SECONDS = 60
OUTBOX_SECONDS = (0.05, 1.0)
PAGE = 50

BEFORE = "old"
"""The text of what was there before the story, and asked nobody."""


@dataclass(slots=True)
class Invoked:
    """``ports.FanOut`` that invokes a function, and does not wait for it."""

    gateway: Gateway
    take: Callable[[Share], Awaitable[None]] | None = None

    async def hand_on(self, share: Share) -> None:
        """Have the share taken."""
        take, weather = self.take, self.gateway.weather
        assert take is not None
        await asyncio.sleep(weather.seconds())
        if weather.happens(weather.refused):
            message = "Nobody takes shares."
            raise Unavailable(message)
        self.gateway.begin(self.gateway.functions.invoke("fanout", lambda: take(share)))


@dataclass(slots=True)
class Simulation:
    """One story.

    ``swap`` may put something else in the place of each port of the store, ``client`` behave in
    another way, and ``settle`` be overridden, to see whether what is broken is found out.
    """

    chance: random.Random
    loop: VirtualLoop
    weather: Weather
    swap: Callable[[Any], Any] = field(default=lambda port: port)
    client: type[Client] = Client
    clients: list[Client] = field(default_factory=list)
    rooms: list[ConversationId] = field(default_factory=list)
    followed: dict[ConversationId, int] = field(default_factory=dict)
    functions: Functions = field(init=False)
    gateway: Gateway = field(init=False)
    queue: FifoQueue = field(init=False)
    dead_letters: FifoQueue = field(init=False)
    model: MoodyModel = field(init=False)
    world: World = field(init=False)
    story_stalls: bool = field(init=False)
    asked_to_stop: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire the shipped fakes into the weather."""
        self.story_stalls = self.weather.stalled > 0
        self.functions = Functions(self.weather)
        self.gateway = Gateway(self.weather, self.functions)
        self.dead_letters = FifoQueue(visibility_seconds=60)
        self.queue = FifoQueue(dead_letters=self.dead_letters)
        self.model = MoodyModel(self.weather)
        self.world = self._wired()
        self.gateway.app = self.world.app

    def _wired(self) -> World:
        def around(port: Any) -> Any:
            return Exposed(self.swap(port), self.weather)

        parts: dict[str, Any] = {
            "lines": self.gateway,
            "jobs": around(self.queue),
            "clock": LoopClock(self.loop),
            "provider": self.model,
            "fan_out": Invoked(self.gateway),
            "fan_out_listeners": self.chance.choice([1, 300, 300]),
            "around": around,
        }
        world = World(**parts)
        world.dead_letters = replace(world.dead_letters, jobs=around(self.dead_letters))
        return world

    # ------------------------------------------------------------------ the cast

    def furnish(self, names: Sequence[str], rooms: int) -> None:
        """Make rooms in which everybody is a member."""
        for index in range(rooms):
            room_id = ConversationId(f"room-{index}")
            self.rooms.append(room_id)
            self.followed[room_id] = 0
            self.world.store.conversations[room_id] = conversation(
                id=room_id, member_count=len(names)
            )
            for place, name in enumerate(names):
                role = MemberRole.MEMBER if place else MemberRole.OWNER
                self.world.store.members[room_id, UserId(name)] = member(name, role=role)

    def tab(self, name: str, label: str) -> Client:
        """Add a client for one of the people."""
        client = self.client(
            label, user(name), self.gateway, self.chance, pages=self.pages, watch=self._compare
        )
        for each in self.rooms:
            client.rooms[each] = Room(each)
        self.clients.append(client)
        return client

    def _compare(self, room: Room) -> None:
        """Compare every text that somebody shows with what the model said."""
        for run_id, writing in room.view.runs.items():
            said = self.model.said.get(RunId(run_id), [""])
            if not any(each[writing.start : writing.end] == writing.text for each in said):
                self.wrong.append(f"{writing} is shown of {run_id}, which said {said}")

    async def pages(self, who: User, room_id: str, before_seq: int | None) -> Page | None:
        """Read a page over HTTP.

        Raises: LookupError for who may not.
        """
        ended = await self.functions.invoke(
            "api",
            lambda: self.world.app.conversations.events(
                who,
                ConversationId(room_id),
                after_seq=None,
                before_seq=before_seq,
                limit=PAGE,
            ),
        )
        if isinstance(ended.error, Refused):
            raise LookupError(room_id)
        if ended.value is None:
            return None
        place, window = ended.value
        events = [wire.event_json(each) for each in window.events]
        return Page(place.epoch, events, window.head.seq if window.head else 0)

    # ------------------------------------------------------------------ the machinery

    def start(self) -> None:
        """Start everything that goes on by itself."""
        begin = self.gateway.begin
        work = (self.weather, self.functions, begin)
        begin(Workers("reply", 300, self.queue, self.settle, *work).poll())
        begin(Workers("dead_letter", 60, self.dead_letters, self.give_up, *work).poll())
        begin(self._sweep())
        for each in self.rooms:
            begin(self._follow(each))
        for client in self.clients:
            begin(client.live())

    async def settle(self, job: Job, receipt: str) -> Settled:
        """Settle a job as ``entrypoints.queue`` does."""
        try:
            return await self.world.runs.settle(job, receipt)
        except Unavailable:
            return Settled.KEEP

    async def give_up(self, job: Job, receipt: str) -> Settled:
        """Settle a dead letter."""
        try:
            return await self.world.dead_letters.settle(job, receipt)
        except Unavailable:
            return Settled.KEEP

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self.functions.invoke("sweep", self.world.sweeping.sweep, timeout_seconds=60)

    async def _follow(self, room_id: ConversationId) -> None:
        """Be the table's stream: each event at least once, in order."""
        log = self.world.store.log(room_id)
        while True:
            await asyncio.sleep(self.weather.seconds(OUTBOX_SECONDS))
            while (seq := self.followed[room_id]) < len(log):
                event = log[seq]
                ended = await self.functions.invoke(
                    "outbox", functools.partial(self.world.app.activity.follow, room_id, event)
                )
                if ended.died or ended.error:
                    await asyncio.sleep(self.weather.seconds(OUTBOX_SECONDS))
                    continue
                back = (
                    self.chance.randrange(3) if self.weather.happens(self.weather.repeated) else 0
                )
                self.followed[room_id] = max(0, seq + 1 - back)

    async def over_http(self, make: Any) -> None:
        """Make a request until it is answered, as clients do with an ``Idempotency-Key``."""
        while True:
            ended = await self.functions.invoke("api", make)
            if not ended.died and not isinstance(ended.error, Unavailable):
                return
            await asyncio.sleep(self.chance.uniform(0, 2))

    # ------------------------------------------------------------------ the end

    async def settled(self) -> None:
        """Stop the faults; wait until nothing is left to do."""
        self.weather.clear_up()
        for _ in range(round(SETTLING_SECONDS / LOOK_SECONDS)):
            await asyncio.sleep(LOOK_SECONDS)
            if self.is_settled:
                return
        self.wrong.append(f"never settled: {self._unsettled()}")

    @property
    def is_settled(self) -> bool:
        """Whether nothing is under way, and everybody has everything."""
        return not any(self._unsettled())

    def _unsettled(self) -> list[str]:
        logs = self.world.store.logs
        found = [f"{each.name} is busy" for each in self.clients if not each.is_idle]
        found += [] if self.queue.is_empty else ["jobs are left"]
        found += [] if self.dead_letters.is_empty else ["dead letters are left"]
        found += [] if not self.functions.running else ["functions run"]
        found += [
            f"outbox of {each} is behind"
            for each in self.rooms
            if self.followed[each] < len(logs.get(each, []))
        ]
        found += [
            f"{client.name} is behind in {name}"
            for client in self.clients
            for name, room in client.rooms.items()
            if not room.gone and room.view.held < len(logs.get(ConversationId(name), []))
        ]
        return found
