"""The real services on a stage: rooms, and players that use them as the entry points do."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.builders import DEMO, NEVER_SECONDS, ROOM, World, addressed_message, user
from tests.property.referee import Referee
from tests.property.stage import Player, Scene, Staged
from tests.property.verdicts import verdicts
from tests.simulation import invariants
from wireside.adapters.memory.store import MemoryStore
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Assistant, ReplyPolicy, Role
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ClientId, ConnectionId, UserId
from wireside.domain.runs import Job
from wireside.ports import Connection, Usage
from wireside.services.answers import Answered
from wireside.services.deeds import Request
from wireside.services.outcomes import Answer, Turn
from wireside.services.runs import RunService, Settled
from wireside.services.writes import Delete, NewMessage, Select, Write

OPERATOR = frozenset({Role.OPERATOR})


class AtOnce:
    """``services.runs.Answers`` without a provider: the answer is there."""

    def prepare(self, _assistant: Assistant) -> None:
        """Nothing is needed."""

    async def answer(self, turn: Turn, _receipt: str, *, deadline_ms: int) -> Answered:
        return Answered(turn, Answer("yes", "stop", Usage(1, 1, estimated=False)))


def as_it_is(port: Any, _store: MemoryStore) -> Any:
    """Break nothing."""
    return port


def as_they_are(worker: RunService) -> RunService:
    """Break nothing."""
    return worker


@dataclass(slots=True)
class Theatre:
    """A world whose ports wait for their turn, with a room and who is in it.

    ``late_ms``: how long ago the first message came; its turn's window is 100 ms. ``breaking`` puts a port in place of a fake, and ``worker`` a service in place of the worker.
    """

    asked: bool = True
    late_ms: int = 10_000
    policy: ReplyPolicy = ReplyPolicy.ALWAYS
    assistants: Sequence[Assistant] = (DEMO,)
    settles: bool = True
    breaking: Callable[[Any, MemoryStore], Any] = as_it_is
    worker: Callable[[RunService], RunService] = as_they_are
    store: MemoryStore = field(default_factory=MemoryStore)
    referee: Referee = field(init=False)
    world: World = field(init=False)

    def __post_init__(self) -> None:
        self.referee = Referee(self.store)
        self.world = World(store=self.store, assistants=self.assistants, around=self._around)
        self.world.room("ana", reply_policy=self.policy)
        if self.asked:
            self.world.log.append(addressed_message(now_ms=START_MS))
        self.world.clock.time_ms += self.late_ms
        for name in ("ana", "ben"):
            line = ConnectionId(name)
            self.store.connections[line] = Connection(
                line, user(name, expires_at=NEVER_SECONDS), START_MS, greeted=True
            )

    def _around(self, port: Any) -> Any:
        return Staged(self.referee.watch(self.breaking(port, self.store)))

    def scene(self, *players: Player) -> Scene:
        return Scene(self.world, players, self.settles, self.referee.wrong)

    def _writes(self, name: str, write: Write) -> Player:
        async def play() -> None:
            await self.world.app.messages.write(ConnectionId(name), write, ref=None)

        return Player(f"send {write.client_id}", play)

    def sends(self, client_id: str, *, after: int = 0) -> Player:
        return self._writes(
            "ana",
            NewMessage(
                conversation_id=ROOM, client_id=ClientId(client_id), after_seq=after, text="hi"
            ),
        )

    def sends_again(self, client_id: str, *, verified: bool = True) -> Player:
        """Return a retry that has raised ``after_seq`` to the head it has read."""

        async def play() -> None:
            log = Staged(self.breaking(_log_of(self.world), self.store))
            events = await log.after(ROOM, 0, limit=300)
            if verified and any(each.client_id == client_id for each in events):
                return
            write = NewMessage(
                conversation_id=ROOM,
                client_id=ClientId(client_id),
                after_seq=len(events),
                text="hi",
            )
            await self.world.app.messages.write(ConnectionId("ana"), write, ref=None)

        return Player(f"send {client_id}", play)

    def deletes(self, target_seq: int) -> Player:
        return self._writes(
            "ana",
            Delete(
                conversation_id=ROOM, client_id=ClientId("d"), after_seq=0, target_seq=target_seq
            ),
        )

    def selects(self, client_id: str, model: str) -> Player:
        write = Select(
            conversation_id=ROOM, client_id=ClientId(client_id), after_seq=0, model=model
        )
        return self._writes("ana", write)

    def works(self, client_id: str | None = None, *, fails: bool = False) -> Player:
        """Return one delivery after the other of a message's job, until it is deleted.

        It is the first message's job, unless another's is named.
        """
        world = self.world
        answering = replace(world.runs, answering=AtOnce())
        service = self.worker(world.dead_letters if fails else answering)

        def seq() -> int:
            named = (each.seq for each in world.log if each.client_id == client_id)
            return next(named, 0)

        player = Player(f"job {client_id}", _never, lambda: seq() > 0, waits=True)

        async def play() -> None:
            message = world.log[seq() - 1]
            if not message.addressed and not message.is_deleted:
                return
            job = Job(ROOM, DEMO.id, message.seq)
            while await service.settle(job, "receipt") is not Settled.DELETE:
                await player.sleep()

        player.play = play
        return player

    def stops_all(self, after: int) -> Player:
        async def play() -> object:
            return await self.world.app.stops.all(user(), ROOM, after)

        return Player("stop", play)

    def stops_run(self) -> Player:
        """Return somebody who stops the first run that they see streaming."""

        def streaming() -> list[Any]:
            return [each for each in self.store.runs.values() if each.through_seq]

        async def play() -> object:
            return await self.world.app.stops.run(user(), ROOM, streaming()[0].id)

        return Player("stop", play, lambda: bool(streaming()))

    def takes_over(self, name: str, *, releases: bool = False) -> Player:
        taken = False
        request = Request(user(name, roles=OPERATOR), None)

        async def play() -> None:
            nonlocal taken
            if not taken:
                await self.world.app.operators.take_over(request, ROOM)
                taken = True
            if releases:
                await self.world.app.operators.release(request, ROOM)

        return Player(name, play)

    def removes_ben(self) -> Player:
        async def play() -> None:
            await self.world.app.conversations.remove_member(
                Request(user(), None), ROOM, UserId("ben")
            )

        return Player("remove", play)


def _log_of(world: World) -> Any:
    return world.app.messages.log.port.port


async def _never() -> None:
    raise AssertionError


def judge(scene: Scene) -> Iterator[str]:
    """Yield what is wrong at the end of a history."""
    log, world = invariants.on_the_wire(scene.world.log), scene.world
    yield from verdicts(world.log, DEMO.id, settled=scene.settles)
    policy = world.store.conversations[ROOM].reply_policy
    yield from invariants.addressed_by_the_rules(
        log, model=DEMO.name, policy=policy, mentionable=[each.id for each in world.assistants]
    )
    stored = {each.client_id for each in scene.world.log}
    for each in scene.players:
        is_acknowledged = each.name.startswith("send ") and not isinstance(each.answer, ErrorCode)
        if is_acknowledged and each.name.removeprefix("send ") not in stored:
            yield f"I1: {each.name} was acknowledged and is not stored"
