"""Runs real services through their interleavings: every call of a port waits for its turn.

Each player is a task that does what a person, an operator, or a worker does until it is answered.
The director decides who makes the next call, whether its answer gets lost, whether its maker dies
after it, and whether time passes beyond a lease meanwhile. Histories are walked by doing them
again from the start; one is left where it comes to a state that was there before: the same store,
and everybody has seen the same.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.builders import World
from tests.property.explorer import Choices, CrashedError, Fate
from wireside.domain.errors import Refused, Unavailable

LEASE_OVER_MS = 21_000
"""Beyond the lease and beyond the time for which a job is hidden."""
MOST_LAPSES = 8
"""More of them without an end, and the history is stuck."""
UNSEEN = frozenset({"roster", "count_message", "remembered", "forget_text", "read"})
"""Calls whose moment makes no difference here: nobody comes or goes, events stay as they are."""

ON_STAGE: ContextVar["Player | None"] = ContextVar("ON_STAGE", default=None)


@dataclass(slots=True, eq=False)
class Player:
    """Somebody who plays until ``play`` returns; what dies or is unavailable begins again.

    ``waits``: only after the job that it is about is visible again. ``enters`` says from when on.
    ``seen`` stands for everything that its running try knows.
    """

    name: str
    play: Callable[[], Awaitable[Any]]
    enters: Callable[[], bool] = lambda: True
    waits: bool = False
    answer: Any = None
    seen: int = 0
    task: "asyncio.Task[None] | None" = None
    parked: "asyncio.Future[Fate] | None" = None
    asleep: "asyncio.Future[None] | None" = None

    @property
    def is_done(self) -> bool:
        """Whether it has been answered."""
        return self.task is not None and self.task.done()

    async def turn(self) -> Fate:
        """Wait for the director."""
        self.parked = asyncio.get_running_loop().create_future()
        return await self.parked

    async def sleep(self) -> None:
        """Wait until time has passed."""
        self.seen = 0
        self.asleep = asyncio.get_running_loop().create_future()
        await self.asleep

    async def perform(self) -> None:
        """Try until there is an answer."""
        ON_STAGE.set(self)
        while True:
            self.seen = 0
            try:
                self.answer = await self.play()
            except Refused as refused:
                self.answer = refused.code
            except (CrashedError, Unavailable):
                if self.waits:
                    await self.sleep()
                continue
            return


@dataclass(frozen=True, slots=True)
class Staged:
    """A port whose every call waits for its turn, and for its fate."""

    port: Any

    def __getattr__(self, name: str) -> Any:
        """Wrap one method."""
        method = getattr(self.port, name)
        player = ON_STAGE.get()
        if player is None or (name in UNSEEN and not _is_of_runs(self.port, name)):
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            fate = await player.turn()
            answer = await method(*args, **kwargs)
            player.seen = hash((player.seen, name, repr(answer)))
            if fate is Fate.CRASH_AFTER:
                raise CrashedError
            if fate is Fate.ANSWER_LOST:
                message = "the answer was lost"
                raise Unavailable(message)
            return answer

        return call


def _is_of_runs(port: object, name: str) -> bool:
    """Whether it is the read of a run, which unlike that of an event may change."""
    return name == "read" and hasattr(port, "claim")


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far a search goes.

    ``switches``: how often the director turns from somebody who could go on. ``faults``: crashes
    and lost answers, and ``lapses``: leases that end too early.
    """

    switches: int
    faults: int = 0
    lapses: int = 0


@dataclass(slots=True)
class Scene:
    """A world and who plays in it. ``wrong`` collects what is seen to go wrong on the way.

    ``settles``: what is asked has been answered by the end.
    """

    world: World
    players: Sequence[Player] = ()
    settles: bool = True
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Director:
    """One history: who goes on, and what becomes of each call."""

    scene: Scene
    choices: Choices
    seen: set[Any]
    switches: int
    faults: int
    lapses: int
    last: Player | None = None
    forced: int = 0

    async def direct(self) -> bool:
        """Play to the end; ``False``: it came to where another history had been."""
        await self._settle()
        while True:
            if not (able := [each for each in self.scene.players if each.parked]):
                if not any(each.asleep for each in self.scene.players):
                    break
                self.forced += 1
                if self.forced > MOST_LAPSES:
                    self.scene.wrong.append("stuck")
                    return True
                await self._pass_time()
                continue
            await self._choose(able)
            if self._was_here():
                return False
        if not all(each.is_done for each in self.scene.players):
            self.scene.wrong.append("stuck")
        return True

    async def _choose(self, able: list[Player]) -> None:
        going = self.last if self.last in able else None
        if going is not None:
            others = [each for each in able if each is not going] if self.switches else []
            able = [going, *others]
        fates = [Fate.WELL]
        if self.faults:
            fates += [Fate.CRASH_AFTER, Fate.ANSWER_LOST]
        may_lapse = int(self.lapses > 0 and self._has_lease())
        picked = self.choices.pick(len(able) * len(fates) + may_lapse)
        if picked == len(able) * len(fates):
            self.lapses -= 1
            await self._pass_time()
            return
        player, fate = able[picked // len(fates)], fates[picked % len(fates)]
        self.switches -= going is not None and player is not going
        self.faults -= fate is not Fate.WELL
        self.last = player
        turn, player.parked = player.parked, None
        assert turn is not None
        turn.set_result(fate)
        await self._settle()

    def _has_lease(self) -> bool:
        world = self.scene.world
        now_ms = world.clock.now_ms()
        return any(each.lease_until_ms > now_ms for each in world.store.runs.values())

    async def _pass_time(self) -> None:
        self.scene.world.clock.time_ms += LEASE_OVER_MS
        for each in self.scene.players:
            each.seen = hash((each.seen, "time"))
            if each.asleep is not None:
                each.asleep.set_result(None)
                each.asleep = None
        await self._settle()

    async def _settle(self) -> None:
        """Let everybody come to their next call, whoever may enter by now too."""
        for each in self.scene.players:
            if each.task is None and each.enters():
                each.task = asyncio.create_task(each.perform())
            while each.task is not None and not (each.parked or each.asleep or each.is_done):
                await asyncio.sleep(0)
            if each.task is not None and each.task.done():
                each.task.result()

    def _was_here(self) -> bool:
        if len(self.choices.widths) < len(self.choices.path):
            return False
        world = self.scene.world
        store = world.store
        state = (
            hash(repr((store.logs, store.conversations, store.runs, world.clock.time_ms))),
            tuple((each.seen, each.is_done, each.asleep is None) for each in self.scene.players),
            self.scene.players.index(self.last) if self.last else -1,
            (self.switches, self.faults, self.lapses, tuple(self.scene.wrong)),
        )
        if state in self.seen:
            return True
        self.seen.add(state)
        return False

    async def curtain(self) -> None:
        """Send everybody home."""
        left = [each.task for each in self.scene.players if each.task and not each.task.done()]
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)


@dataclass(slots=True)
class Played:
    """How far a search went: all histories, those of them that came to an end, what was wrong."""

    histories: int = 0
    ends: int = 0
    wrong: set[str] = field(default_factory=set)


async def play_all(
    setup: Callable[[], Scene],
    judge: Callable[[Scene], Iterator[str]],
    bounds: Bounds,
    *,
    until: str | None = None,
) -> Played:
    """Play every history within the bounds, or until something is wrong in this way."""
    played, seen = Played(), set[Any]()
    order, ahead = Random(1), [list[int]()]
    while ahead and not (until and until in played.wrong):
        # In any order it is the same search; in this one, early switches do not have to wait.
        path = ahead.pop(order.randrange(len(ahead)))
        choices, scene = Choices(path), setup()
        director = Director(scene, choices, seen, bounds.switches, bounds.faults, bounds.lapses)
        ended = await director.direct()
        await director.curtain()
        played.histories += 1
        played.ends += ended
        played.wrong.update(scene.wrong)
        if ended:
            played.wrong.update(judge(scene))
        ahead += _branches(choices)
    return played


def _branches(choices: Choices) -> Iterator[list[int]]:
    """Yield the paths that turn from this one after what was given of it."""
    taken = choices.path + [0] * (len(choices.widths) - len(choices.path))
    for depth in range(len(choices.path), len(choices.widths)):
        for other in range(1, choices.widths[depth]):
            yield [*taken[:depth], other]
