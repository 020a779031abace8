"""Crash at every call: each SDK call of a scenario fails in every way, and its caller tries again.

A scenario is run once to see its calls, and then once for each call and each mode. After each run
the pollers finish, people catch up, and the invariants must hold. A call that was to fail and was
never made, or one that the scenario's table does not name, is a failure of its own.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.crash.backend import Backend
from tests.crash.cloud import Call, Mode, Trap, Watch
from tests.crash.room import Room, enter

POINTS_A_ROOM = 8
"""A partition with hundreds of items makes ministack slow, a room for each point everything."""
CHANCES = 6
"""What runs beside each other does not always come in the same order."""

type Failing = AbstractContextManager[Watch]
type Play = Callable[[Room, Failing], None]

READS = frozenset({"GetItem", "BatchGetItem", "Query", "GetParameter"})
WRITES = frozenset(
    {
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "TransactWriteItems",
        "BatchWriteItem",
        "SendMessage",
    }
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a function does for one action, route or event.

    ``calls`` is the table of the calls that it makes: those, all of those, and no others. ``play``
    asserts what must have come of it; what is inside its ``failing`` may fail.
    """

    function: str
    covers: str
    calls: frozenset[str]
    play: Play
    people: Sequence[str]
    policy: str

    @property
    def name(self) -> str:
        """Return what it is called in reports."""
        return self.play.__name__.replace("_", " ")


@dataclass(slots=True)
class Report:
    """What a scenario went through, and what went wrong."""

    scenario: Scenario
    calls: Sequence[Call] = ()
    points: Counter[Mode] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def modes_of(call: Call, *, is_first: bool, everything: bool = False) -> Iterator[Mode]:
    """Yield how a call may fail; ``is_first``: it is the first of all. A soak is ``everything``.

    Whoever dies before a call leaves what they leave who die after the one before it. A read has no
    effect, so whoever dies after it leaves what they leave who die before it. What SDK and adapters
    do about a call that is throttled, or tried twice, is alike for all calls of a name: the first
    of them is enough.
    """
    service, _, operation = call.name.partition(":")
    yield Mode.LOST
    if everything or is_first:
        yield Mode.BEFORE
    if everything or operation not in READS:
        yield Mode.AFTER
    if operation in WRITES and (everything or call.number == 1):
        yield Mode.LOST_ONCE
    if service in {"dynamodb", "sqs", "ssm"} and (everything or call.number == 1):
        yield Mode.REFUSED


def fail_everywhere(
    backend: Backend,
    scenario: Scenario,
    *,
    everything: bool = False,
    until_it_goes_wrong: bool = False,
) -> Report:
    """Run a scenario with a failure at every call."""
    report, stage = Report(scenario), _Stage(backend, scenario)
    watch, wrong = stage.undisturbed()
    report.calls = tuple(watch.calls)
    report.wrong += [f"undisturbed: {each}" for each in [*wrong, *_unlike(scenario, watch)]]
    for number, call in enumerate(report.calls):
        for mode in modes_of(call, is_first=number == 0, everything=everything):
            if report.wrong and until_it_goes_wrong:
                return report
            report.points[mode] += 1
            report.wrong += [f"{call}, {mode.value}: {each}" for each in stage.fail(call, mode)]
    return report


def _unlike(scenario: Scenario, watch: Watch) -> Iterator[str]:
    made = {call.name for call in watch.calls}
    yield from (f"{each} is never called" for each in sorted(scenario.calls - made))
    yield from (f"{each} is not in the table" for each in sorted(made - scenario.calls))


@dataclass(slots=True)
class _Stage:
    """Where a scenario is played: a room for a few points, a new one after every failure."""

    backend: Backend
    scenario: Scenario
    _room: Room | None = None
    _left: int = 0

    def fail(self, call: Call, mode: Mode) -> Sequence[str]:
        """Let one call fail; return what is wrong afterwards."""
        for _ in range(CHANCES):
            trap = Trap(call, mode)
            _, wrong = self.run(trap)
            if wrong or trap.has_sprung:
                return wrong
        return ["never reached"]

    def undisturbed(self) -> tuple[Watch, Sequence[str]]:
        """Play until twice the same calls are made: the first may be for what others left behind."""
        self.run(None)  # makes what a process makes once
        before, wrong = self.run(None)
        for _ in range(CHANCES):
            watch, more = self.run(None)
            wrong = [*wrong, *more]
            if watch.calls == before.calls:
                break
            before = watch
        return before, wrong

    def run(self, trap: Trap | None) -> tuple[Watch, Sequence[str]]:
        """Play once; return the calls, and what is wrong afterwards."""
        watch = Watch(self.scenario.function, trap)
        try:
            room = self._take_room()
            self.scenario.play(room, self.backend.watching(watch))
            room.settle()
            wrong = [*room.violations()]
        except Exception as error:
            wrong = [f"{type(error).__name__}: {error}"]
        if wrong or (self._room is not None and self._room.is_over):
            self._left = 0
        return watch, wrong

    def _take_room(self) -> Room:
        if self._room is None or not self._left:
            self._left = POINTS_A_ROOM
            self._room = enter(self.backend, self.scenario.people, self.scenario.policy)
        self._left -= 1
        return self._room
