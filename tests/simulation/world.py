"""The whole service in virtual time: people, functions, queue, stream and model in one weather.

Faults stop at a moment; from then on everything must settle, and all invariants are checked.
"""

import asyncio
import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.builders import World, conversation, member, user
from tests.simulation import invariants
from tests.simulation.client import Client
from tests.simulation.clock import LoopClock, VirtualLoop
from tests.simulation.gateway import Gateway
from tests.simulation.invariants import Shown
from tests.simulation.model import MoodyModel
from tests.simulation.queue import FifoQueue, Workers
from tests.simulation.rooms import Page, Room
from tests.simulation.view import fold
from tests.simulation.weather import Exposed, Functions, KilledError, Weather
from wireside import wire
from wireside.domain.conversation import MemberRole, User
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId, UserId
from wireside.domain.runs import Job
from wireside.services.runs import Settled

SETTLING_SECONDS = 900
LOOK_SECONDS = 1.0
OUTBOX_SECONDS = (0.05, 1.0)
PAGE = 50


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
    model: MoodyModel = field(init=False)
    world: World = field(init=False)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Wire the shipped fakes into the weather."""
        self.functions = Functions(self.weather)
        self.gateway = Gateway(self.weather, self.functions)
        self.queue = FifoQueue()
        self.model = MoodyModel(self.weather)
        self.world = self._wired()
        self.gateway.app = self.world.app

    def _wired(self) -> World:
        def around(port: Any) -> Any:
            return Exposed(self.swap(port), self.weather)

        clock: Any = LoopClock(self.loop)
        lines: Any = self.gateway
        return World(
            lines=lines,
            jobs=around(self.queue),
            clock=clock,
            provider=self.model,
            around=around,
        )

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
        client = self.client(label, user(name), self.gateway, self.chance, pages=self.pages)
        for each in self.rooms:
            client.rooms[each] = Room(each)
        self.clients.append(client)
        return client

    async def pages(self, who: User, room_id: str, before_seq: int | None) -> Page | None:
        """Read a page over HTTP."""
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
        if ended.value is None:
            return None
        place, window = ended.value
        events = [wire.event_json(each) for each in window.events]
        return Page(place.epoch, events, window.head.seq if window.head else 0)

    # ------------------------------------------------------------------ the machinery

    def start(self) -> None:
        """Start everything that goes on by itself."""
        workers = Workers(self.queue, self.settle, self.weather, self.functions, self.gateway.begin)
        self.gateway.begin(workers.poll())
        for each in self.rooms:
            self.gateway.begin(self._follow(each))
        for client in self.clients:
            self.gateway.begin(client.live())

    async def settle(self, job: Job, receipt: str) -> Settled:
        """Settle a job as ``entrypoints.queue`` does."""
        try:
            return await self.world.runs.settle(job, receipt)
        except Unavailable:
            return Settled.KEEP

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
            self.queue.redrive()
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

    def violations(self) -> list[str]:
        """Return everything that is wrong with the story now that it is over."""
        found = [*self.wrong, *self.functions.errors]
        found += [wrong for client in self.clients for wrong in client.wrong]
        found += [_complaint(each) for each in self.loop.complaints if _is_bad(each)]
        for each in self.rooms:
            found += [f"{each}: {wrong}" for wrong in self._violations_in(each)]
        return found

    def _violations_in(self, room_id: ConversationId) -> list[str]:
        log = invariants.on_the_wire(self.world.store.log(room_id))
        known = [ack for client in self.clients for ack in client.acknowledgements(room_id)]
        found = invariants.stored_once(log, known)
        found += invariants.numbered(log)
        found += invariants.in_order(log, known)
        found += invariants.answered_once(log)
        found += invariants.held_by_operators(log)
        for client in self.clients:
            found += self._violations_of(client, room_id, log)
        return found

    def _violations_of(
        self, client: Client, room_id: ConversationId, log: Sequence[Shown]
    ) -> list[str]:
        room = client.rooms[room_id]
        found = invariants.contiguous(room.view.seqs)
        found += invariants.silent_after_removal(log, client.user.id, room.heard)
        if not room.gone and room.view.seqs:
            cold = fold(log[room.view.seqs[0] - 1 :])
            found += invariants.same(room.view.shown, cold, client.name)
            found += [f"I4: {client.name} still shows {each}" for each in room.view.runs]
        return found


def _is_bad(complaint: dict[str, Any]) -> bool:
    return not isinstance(complaint.get("exception"), KilledError)


def _complaint(complaint: dict[str, Any]) -> str:
    return f"the loop complains: {complaint.get('message')} {complaint.get('exception')!r}"
