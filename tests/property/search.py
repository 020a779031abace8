"""Goes through every state that a cast can bring the model's room to, breadth first.

A state is visited once, whatever the order of steps that led there. So this sees all interleavings
with all crashes, lost answers, stalls and repeated jobs within the given numbers, and the first
thing that it finds wrong has come about in as few steps as possible.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache

from tests.property.cast import AT_REST, HOLDING, Actor, Local
from tests.property.room import Entry, Room, Rules
from tests.property.verdicts import verdicts
from wireside.domain.events import (
    AssistantId,
    ClientId,
    Event,
    Kind,
    Participant,
    SenderType,
)

MOST_STATES = 3_000_000
ASSISTANT = AssistantId("assistant:demo")


@dataclass(frozen=True, slots=True)
class Story:
    """A cast and what may go wrong: crashes or lost answers, and leases that end too early.

    Who is the same as somebody before them is their twin: it does not matter which one does what.
    """

    actors: Sequence[Actor]
    room: Room = Room()
    crashes: int = 0
    stalls: int = 0


@dataclass(slots=True)
class Found:
    """What a search has seen. ``wrong`` maps what went wrong to the shortest history to it."""

    states: int = 0
    endings: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)


class Numbers[T]:
    """Numbers for things, so that what is large is compared once."""

    def __init__(self) -> None:
        """Begin without any."""
        self.things: list[T] = []
        self._known: dict[T, int] = {}

    def of(self, thing: T) -> int:
        """Return the thing's number."""
        number = self._known.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


type State = tuple[int, ...]
"""The numbers of the room and of what each actor knows, then the crashes and stalls left."""

type Move = tuple[int, int, int]
"""The numbers of room and knowledge after a step, and of the knowledge if the actor dies then."""


@dataclass(slots=True)
class Search:
    """One search. ``came`` says from which state, and by which step, each was reached first."""

    story: Story
    rules: Rules
    rooms: Numbers[Room] = field(default_factory=Numbers)
    knowledge: Numbers[Local] = field(default_factory=Numbers)
    states: Numbers[State] = field(default_factory=Numbers)
    came: list[tuple[int, int]] = field(default_factory=list)
    before: list[list[int]] = field(default_factory=list)
    endings: list[int] = field(default_factory=list)
    _moves: dict[tuple[int, int, int], tuple[Move, ...]] = field(default_factory=dict)
    _lapses: dict[int, tuple[tuple[int, int, int], ...]] = field(default_factory=dict)
    _judged: dict[tuple[int, bool], tuple[str, ...]] = field(default_factory=dict)
    _roles: list[int] = field(default_factory=list)
    _twins: list[tuple[int, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Give twins the same role."""
        actors = self.story.actors
        self._roles = [actors.index(each) for each in actors]
        self._twins = [
            tuple(index for index, role in enumerate(self._roles) if role == each)
            for each in self._roles
        ]

    def run(self, *, until: str | None = None) -> Found:
        """Visit all states, or go on until something is wrong whose name begins like this."""
        found = Found()
        begins = [self.knowledge.of(each.begins) for each in self.story.actors]
        self._reach(
            (self.rooms.of(self.story.room), *begins, self.story.crashes, self.story.stalls), -1, -1
        )
        index = 0
        while index < len(self.states.things):
            for wrong in self._wrong_at(index):
                found.wrong.setdefault(wrong, self.history(index))
            if until and any(each.startswith(until) for each in found.wrong):
                break
            index += 1
        else:
            for index in self._stuck():
                found.wrong.setdefault("stuck", self.history(index))
        found.states, found.endings = len(self.states.things), len(self.endings)
        return found

    def history(self, index: int) -> list[str]:
        """Return the steps that lead to a state."""
        steps: list[str] = []
        while index > 0:
            origin, who = self.came[index]
            steps.append(self._told(self.states.things[origin], self.states.things[index], who))
            index = origin
        return steps[::-1]

    def _told(self, origin: State, state: State, who: int) -> str:
        if who < 0:
            return "a lease ends"
        before = self.knowledge.things[origin[1 + who]].at
        after = sorted(self.knowledge.things[each].at for each in state[1:-2])
        dies = ", then dies" if origin[-2] > state[-2] else ""
        return f"{type(self.story.actors[who]).__name__} {who}: {before}{dies}; now {after}"

    def _reach(self, state: State, origin: int, who: int) -> None:
        number = self.states.of(state)
        if number == len(self.came):
            assert number < MOST_STATES, "too many states"
            self.came.append((origin, who))
            self.before.append([])
        if origin >= 0:
            self.before[number].append(origin)

    def _wrong_at(self, index: int) -> Sequence[str]:
        state = self.states.things[index]
        if wrong := self.rooms.things[state[0]].wrong:
            self.endings.append(index)
            return (wrong,)
        reached = self._go_on(index, state)
        if reached:
            return self._verdicts(state[0], settled=False)
        self.endings.append(index)
        return (*self._verdicts(state[0], settled=True), *self._left_over(state))

    def _go_on(self, index: int, state: State) -> bool:
        """Reach all that comes right after a state; return whether anything does."""
        room, *known, crashes, stalls = state
        is_moving = False
        for who, me in enumerate(known):
            for after, then, revived in self._moves_of(self._roles[who], room, me):
                is_moving = True
                self._reach(self._state(after, known, who, then, crashes, stalls), index, who)
                if crashes:
                    dead = self._state(after, known, who, revived, crashes - 1, stalls)
                    self._reach(dead, index, who)
        for over, first, fence in self._lapses_of(room):
            spent = any(self._holds(each, first, fence) for each in known)
            if spent <= stalls:
                is_moving = True
                self._reach((over, *known, crashes, stalls - spent), index, -1)
        return is_moving

    def _state(
        self, room: int, known: Sequence[int], who: int, then: int, crashes: int, stalls: int
    ) -> State:
        after = [*known]
        after[who] = then
        twins = self._twins[who]
        if len(twins) > 1:
            for index, number in zip(twins, sorted(after[each] for each in twins), strict=True):
                after[index] = number
        return (room, *after, crashes, stalls)

    def _moves_of(self, role: int, room: int, me: int) -> tuple[Move, ...]:
        key = (role, room, me)
        if key not in self._moves:
            actor = self.story.actors[role]
            steps = actor.steps(self.rooms.things[room], self.knowledge.things[me], self.rules)
            self._moves[key] = tuple(
                (
                    self.rooms.of(after),
                    self.knowledge.of(then),
                    self.knowledge.of(actor.revived(then)),
                )
                for after, then in steps
            )
        return self._moves[key]

    def _lapses_of(self, number: int) -> tuple[tuple[int, int, int], ...]:
        """Return what the room is like after each lease that may end, and whose that was."""
        if number not in self._lapses:
            room = self.rooms.things[number]
            self._lapses[number] = tuple(
                (self.rooms.of(room.keep(run._replace(live=False))), run.first, run.fence)
                for run in room.unfinished(room.answered)
                if run.live
            )
        return self._lapses[number]

    def _holds(self, me: int, first: int, fence: int) -> bool:
        """Whether somebody who lives believes that the run is theirs."""
        known = self.knowledge.things[me]
        return known.at in HOLDING and known.first == first and known.fence == fence

    def _verdicts(self, room: int, *, settled: bool) -> tuple[str, ...]:
        key = (room, settled)
        if key not in self._judged:
            self._judged[key] = verdicts_on(self.rooms.things[room].log, settled=settled)
        return self._judged[key]

    def _left_over(self, state: State) -> Iterator[str]:
        """Yield what should not be so where nothing can happen any more."""
        known = [self.knowledge.things[each].at for each in state[1:-2]]
        waiting = [each for each in known if each not in AT_REST]
        if waiting or self.rooms.things[state[0]].jobs:
            yield f"stuck: {waiting}, and jobs {self.rooms.things[state[0]].jobs}"

    def _stuck(self) -> Iterator[int]:
        """Yield the first state from which nothing leads to an end any more."""
        leads = set(self.endings)
        waiting = [*leads]
        while waiting:
            for each in self.before[waiting.pop()]:
                if each not in leads:
                    leads.add(each)
                    waiting.append(each)
        for index in range(len(self.states.things)):
            if index not in leads:
                yield index
                return


@cache
def verdicts_on(log: tuple[Entry, ...], *, settled: bool) -> tuple[str, ...]:
    """Return what is wrong with a log, as with that of a real conversation."""
    return tuple(verdicts(events_of(log), ASSISTANT, settled=settled))


KINDS = {"answer": Kind.MESSAGE}


def events_of(log: Sequence[Entry]) -> list[Event]:
    """Return the log as the domain has it."""
    return [_event(seq, each) for seq, each in enumerate(log, start=1)]


def _event(seq: int, entry: Entry) -> Event:
    is_outcome = entry.kind in {"answer", "run_failed"}
    who = ASSISTANT if is_outcome else "ana"
    kind = SenderType.ASSISTANT if is_outcome else SenderType.HUMAN
    is_sent = entry.kind == "message"
    return Event(
        seq=seq,
        n=0,
        kind=KINDS.get(entry.kind) or Kind(entry.kind),
        at_ms=0,
        sender=Participant(who, who, kind),
        body=_outcome_body(entry) if is_outcome else _body(entry),
        client_id=ClientId(entry.who) if is_sent else None,
    )


def _outcome_body(entry: Entry) -> dict[str, object]:
    about: dict[str, object] = {"run_id": str(entry.first), "trigger_seq": entry.through}
    return about | ({"participant": ASSISTANT} if entry.kind == "run_failed" else {})


def _body(entry: Entry) -> dict[str, object]:
    return {
        "addressed": [ASSISTANT] if entry.asks else [],
        "stopped_runs": [{"run_id": str(each)} for each in entry.stops],
    }
