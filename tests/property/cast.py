"""Who acts on the model's room: programs of a few atomic steps, as the services' are.

Every step is one call to the store. Calls are one step together where nothing that somebody else
does between them makes a difference: two reads of what only grows, a walk along the log whose
plan does not depend on the place.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from tests.property.room import Entry, Room, Rules, Run

STATE_CHANGING = frozenset({"taken_over", "released", "ended", "removed"})
"""``wireside.domain.events.CHANGES_STATE``, as far as the model has them."""


class Local(NamedTuple):
    """What somebody knows, and ``at`` which step they are.

    ``seq`` is the job's, or the place before the one to write at.
    """

    at: str
    seq: int = 0
    answered: int = 0
    epoch: int = 0
    first: int = 0
    fence: int = 0
    through: int = 0
    stopped: bool = False
    asks: bool = False
    left: int = 0
    stops: tuple[int, ...] = ()


type Step = tuple[Room, Local]

AT_REST = frozenset({"idle", "press", "acknowledged", "refused", "done"})
HOLDING = frozenset({"freeze", "watch", "commit", "settle"})
"""Steps at which a worker holds a run's lease."""


class Actor(Protocol):
    """Somebody."""

    @property
    def begins(self) -> Local:
        """Where they begin."""

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        """Yield what they may do next; nothing: they are at rest, or have to wait."""

    def revived(self, me: Local) -> Local:
        """Return where they go on after a crash."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A person's client that sends: ``messages.Messages.write``, ``log.PersonAppend``.

    With ``raises`` it is a retry that has raised ``after_seq`` to the head.
    """

    client_id: str
    after: int = 0
    person: str = "ana"
    raises: bool = False

    @property
    def begins(self) -> Local:
        return Local("raise" if self.raises else "begin", seq=self.after)

    def revived(self, me: Local) -> Local:
        return self.begins

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        match me.at:
            case "raise":
                head = len(room.log)
                is_known = rules.verified_raise and self._is_in(room.log)
                yield room, Local("acknowledged" if is_known else "begin", seq=head)
            case "begin" if rules.anchor_first:
                yield room, self._anchored(room, me, "access")
            case "begin":
                yield room, self._admitted(room, me, "anchor")
            case "anchor":
                yield room, self._anchored(room, me, "put")
            case "access":
                yield room, self._admitted(room, me, "put")
            case "put":
                yield self._put(room, me, rules)
            case "look":
                yield room, Local("acknowledged" if self._is_in(room.log) else "refused")

    def _is_in(self, log: tuple[Entry, ...]) -> bool:
        return any(each.who == self.client_id for each in log)

    def _anchored(self, room: Room, me: Local, then: str) -> Local:
        return me._replace(at=then if me.seq <= len(room.log) else "refused")

    def _admitted(self, room: Room, me: Local, then: str) -> Local:
        if room.without == self.person:
            return Local("refused")
        if room.ended:
            return Local("look")
        return me._replace(at=then, asks=room.replies and not room.operator)

    def _put(self, room: Room, me: Local, rules: Rules) -> Step:
        if me.seq == len(room.log):
            entry = Entry("message", self.client_id, asks=me.asks)
            wrong = "a removed person wrote" if room.without == self.person else room.wrong
            return room.put(entry)._replace(wrong=wrong), Local("acknowledged")
        there = room.log[me.seq]
        if there.who == self.client_id and rules.dedup_while_walking:
            return room, Local("acknowledged")
        looks = there.kind in STATE_CHANGING and rules.second_look
        return room, me._replace(at="access" if looks else "put", seq=me.seq + 1)


@dataclass(frozen=True, slots=True)
class Remover:
    """Takes somebody out of the conversation: ``deeds.Removing``."""

    person: str

    @property
    def begins(self) -> Local:
        return Local("remove")

    def revived(self, me: Local) -> Local:
        return me

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        if me.at == "remove":
            yield (
                room.put(Entry("removed", self.person))._replace(without=self.person),
                Local("done"),
            )


@dataclass(frozen=True, slots=True)
class Deleter:
    """Deletes a message as soon as it is there: ``writes.Delete``, one transaction."""

    target: int

    @property
    def begins(self) -> Local:
        return Local("delete")

    def revived(self, me: Local) -> Local:
        return me

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        if me.at == "delete" and len(room.log) >= self.target:
            log = [*room.log, Entry("deleted", "ana", through=self.target)]
            if not rules.blanking_keeps_addressed:
                log[self.target - 1] = log[self.target - 1]._replace(asks=False)
            yield room._replace(log=tuple(log)), Local("done")


@dataclass(frozen=True, slots=True)
class Operator:
    """Takes over, and hands back unless ``keeps``: ``handover.TakingOver``, ``Releasing``."""

    name: str
    keeps: bool = False

    @property
    def begins(self) -> Local:
        return Local("plan")

    def revived(self, me: Local) -> Local:
        return Local("release") if me.at == "release" else Local("plan")

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        match me.at:
            case "plan":
                yield room, self._planned(room)
            case "take":
                yield self._taken(room, me, rules)
            case "release" if self.keeps:
                yield room, Local("done")
            case "release":
                is_mine = room.operator == self.name
                released = room.put(Entry("released", self.name))._replace(operator="")
                yield (released if is_mine else room), Local("done")

    def _planned(self, room: Room) -> Local:
        if room.ended or room.operator not in {"", self.name}:
            return Local("refused")
        if room.operator == self.name:
            return Local("release")
        return _silencing("take", room)

    def _taken(self, room: Room, me: Local, rules: Rules) -> Step:
        is_free = not room.operator and not room.ended and room.epoch == me.epoch
        if rules.takeover_planned_anew and not (is_free and me.seq == len(room.log)):
            return room, Local("plan")
        wrong = f"took over from {room.operator}" if room.operator else room.wrong
        entry = Entry("taken_over", self.name, stops=me.stops)
        taken = room.silence(entry, rules)._replace(operator=self.name, wrong=wrong)
        return taken, Local("release")


def _silencing(at: str, room: Room) -> Local:
    """What a takeover or an end reads before: head, epoch, and the runs in flight."""
    stops = tuple(each.first for each in room.unfinished(room.answered) if each.through)
    return Local(at, seq=len(room.log), epoch=room.epoch, stops=stops)


@dataclass(frozen=True, slots=True)
class Ender:
    """Ends the conversation: ``handover.Ending``."""

    @property
    def begins(self) -> Local:
        return Local("plan")

    def revived(self, me: Local) -> Local:
        return Local("plan")

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        match me.at:
            case "plan" if room.ended:
                yield room, Local("done")
            case "plan":
                yield room, _silencing("end", room)
            case "end" if room.ended or (me.seq, me.epoch) != (len(room.log), room.epoch):
                yield room, Local("plan")
            case "end":
                ended = room.silence(Entry("ended", "ana", stops=me.stops), rules)
                yield ended._replace(ended=True), Local("done")


@dataclass(frozen=True, slots=True)
class Outbox:
    """Sends a job for every event that asks, and ``repeats`` of them once more.

    ``activity.Activity``; the job that the writer sends itself is one of these.
    """

    repeats: int = 0

    @property
    def begins(self) -> Local:
        return Local("idle", left=self.repeats)

    def revived(self, me: Local) -> Local:
        return me

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        for seq in room.owed(me.seq)[:1]:
            yield room.enqueue(seq), me._replace(seq=seq)
        if me.left:
            for seq in room.owed(0):
                if seq <= me.seq and seq not in room.jobs:
                    yield room.enqueue(seq), me._replace(left=me.left - 1)


def claimed(room: Room, me: Local, rules: Rules) -> Room | None:
    """``turns.Turns.claim``: the run over the one that was found, unless it has changed since."""
    there = room.run(me.first)
    if there is None:
        return room.keep(Run(me.first, 1)) if me.fence == 0 else None
    is_found = there.fence == me.fence and (there.through == me.through or not rules.frozen_once)
    if there.ended or there.live or not is_found:
        return None
    return room.keep(there._replace(fence=there.fence + 1, live=True))


def frozen(room: Room, me: Local, rules: Rules, *, windows: bool) -> Iterator[tuple[Room, int]]:
    """``turns.Turns.freeze``: what the run answers. Yields nothing where the fence is not ours.

    With ``windows`` the turn ends after its first event, or with all that there are by now.
    """
    there = room.run(me.first)
    if there is None or there.ended or (there.fence != me.fence and rules.fence):
        return
    asking = room.owed(me.first - 1)
    if not asking:
        return
    ends = (me.through,) if me.through else {asking[0], asking[-1]} if windows else (asking[-1],)
    for through in sorted(ends):
        wrong = room.wrong
        if there.through not in {0, through}:
            wrong = f"a turn that was frozen at {there.through} was frozen at {through}"
        yield room.keep(there._replace(through=through))._replace(wrong=wrong), through


def watched(room: Room, me: Local, rules: Rules) -> Local | None:
    """``Turn.is_held``, ``Standing.stops``, ``turns.Turns.stopped``; ``None``: not ours.

    One read stands for all: an earlier one that saw nothing changes nothing.
    """
    there = room.run(me.first)
    if there is None or there.ended or (there.fence != me.fence and rules.fence):
        return None
    if not is_quiet(room, me, rules):
        return None
    through = me.through
    compared = me.first if rules.stop_by_first_seq else through
    if not there.stop and compared > room.stopped_through:
        return me._replace(at="commit", stopped=False)
    if not there.stop and rules.stop_splits_the_turn:
        last = min(through, room.stopped_through)
        through = max((seq for seq in room.owed(0) if seq <= last), default=through)
    return me._replace(at="commit", stopped=True, through=through)


def is_quiet(room: Room, me: Local, rules: Rules) -> bool:
    """Whether the conversation is as it was read at the start of the turn.

    Without the rule, it is enough that the turn's end is not answered yet.
    """
    is_equal = room.answered == me.answered
    is_unanswered = is_equal if rules.answered_equal else room.answered < me.through
    return is_unanswered and (room.epoch == me.epoch or not rules.epoch_equal)


def may_settle(room: Room, me: Local, rules: Rules) -> bool:
    """Whether the conditions of ``changes.SettleRun`` hold."""
    there = room.run(me.first)
    if there is None or there.ended:
        return False
    return (there.fence == me.fence or not rules.fence) and is_quiet(room, me, rules)


def told(room: Room, me: Local, kind: str) -> Room:
    """Return the room with the outcome in its log."""
    there = room.run(me.first)
    entry = Entry(kind, "stopped" if me.stopped else "", through=me.through, first=me.first)
    wrong = room.wrong
    if there is None or there.fence != me.fence:
        wrong = "a zombie wrote the outcome"
    elif me.stopped and not there.stop and me.through > room.stopped_through:
        wrong = "a message posted after the stop was stopped"
    elif any(each.kind == "taken_over" for each in room.log[me.first - 1 : me.through]):
        wrong = "a turn went on from before a takeover to after it"
    return room.put(entry)._replace(wrong=wrong)


def settled(room: Room, me: Local) -> Room:
    """Return the room with the run ended and its turn answered."""
    there = room.run(me.first)
    assert there is not None
    return room.keep(there._replace(ended=True))._replace(answered=me.through)


@dataclass(frozen=True, slots=True)
class Worker:
    """Settles jobs: ``runs.RunService``. ``fails``: as the dead-letter consumer does."""

    fails: bool = False
    windows: bool = False

    @property
    def begins(self) -> Local:
        return Local("idle")

    def revived(self, me: Local) -> Local:
        return Local("idle")

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        match me.at:
            case "idle":
                for seq in room.jobs:
                    yield from self._begun(room, seq)
            case "find":
                yield room, self._found(room, me)
            case "claim":
                taken = claimed(room, me, rules)
                yield taken or room, _after_claim(me) if taken else self.begins
            case _:
                yield from self._answers(room, me, rules)

    def _answers(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        match me.at:
            case "freeze":
                ends = [*frozen(room, me, rules, windows=self.windows)]
                for after, through in ends:
                    yield after, me._replace(at="watch", through=through)
                if not ends:
                    yield room, self.begins
            case "watch":
                yield self._watched(room, me, rules)
            case "commit" if not may_settle(room, me, rules):
                yield room, self.begins
            case "commit":
                put = told(room, me, "run_failed" if self.fails and not me.stopped else "answer")
                if not rules.one_transaction:
                    yield put, me._replace(at="settle")
                else:
                    yield self._done(settled(put, me), me, rules)
            case "settle":
                yield self._done(settled(room, me), me, rules)

    def _watched(self, room: Room, me: Local, rules: Rules) -> Step:
        after = watched(room, me, rules)
        if after is None:
            return room, self.begins
        there = room.run(me.first)
        is_stopped = me.first <= room.stopped_through or (there is not None and there.stop)
        wrong = "a stopped run went on" if is_stopped and not after.stopped else room.wrong
        return room._replace(wrong=wrong), after

    def _begun(self, room: Room, seq: int) -> Iterator[Step]:
        """``runs.RunService.settle``: delete the job, or begin from the conversation item.

        A job that is there before its event is kept. Whoever is to begin again with a job is as
        good as idle: they, or somebody else, will take it.
        """
        if seq <= room.answered:
            yield _without_job(room, seq), self.begins
            return
        for first in room.owed(room.answered)[:1]:
            yield room, Local("find", seq, room.answered, room.epoch, first)

    def _found(self, room: Room, me: Local) -> Local:
        there = room.run(me.first)
        if there is None:
            return me._replace(at="claim")
        if there.ended or there.live:
            return self.begins
        return me._replace(at="claim", fence=there.fence, through=there.through)

    def _done(self, room: Room, me: Local, rules: Rules) -> Step:
        return room if rules.job_until_answered else _without_job(room, me.seq), self.begins


def _without_job(room: Room, seq: int) -> Room:
    return room._replace(jobs=tuple(each for each in room.jobs if each != seq))


def _after_claim(me: Local) -> Local:
    return me._replace(at="freeze", fence=me.fence + 1)


@dataclass(frozen=True, slots=True)
class Stopper:
    """Stops: ``stops.Stops``; all turns up to ``after`` once it is there, or (0) a run in flight."""

    after: int = 0

    @property
    def begins(self) -> Local:
        return Local("press")

    def revived(self, me: Local) -> Local:
        return Local("press", left=1)

    def steps(self, room: Room, me: Local, rules: Rules) -> Iterator[Step]:
        match me.at:
            case "press":
                yield from self._pressed(room, me)
            case "raise":
                through = max(room.stopped_through, me.seq)
                yield room._replace(stopped_through=through), me._replace(at="find")
            case "find":
                chosen = (each for each in room.unfinished(me.answered) if each.first <= me.seq)
                yield room, self._chosen(me, next(chosen, None))
            case "flag":
                there = room.run(me.first)
                asked = there is not None and not there.ended
                after = room.keep(there._replace(stop=True)) if there and asked else room
                yield after, me._replace(at="claim" if me.left == 0 else "done")
            case "claim":
                taken = claimed(room, me, rules)
                yield taken or room, _after_claim(me) if taken else Local("done")
            case "freeze":
                ends = [*frozen(room, me, rules, windows=False)]
                for after, through in ends:
                    yield after, me._replace(at="watch", through=through)
                if not ends:
                    yield room, Local("done")
            case "watch":
                seen = watched(room, me, rules)
                yield room, seen if seen and seen.stopped else Local("done")
            case "commit":
                is_mine = may_settle(room, me, rules)
                yield settled(told(room, me, "answer"), me) if is_mine else room, Local("done")

    def _pressed(self, room: Room, me: Local) -> Iterator[Step]:
        now = {"answered": room.answered, "epoch": room.epoch}
        if self.after and (self.after <= len(room.log) or me.left):
            through = min(self.after, len(room.log))
            yield room, Local("raise" if through else "done", seq=through, **now)
        elif not self.after:
            flying = [each for each in room.unfinished(room.answered) if each.through]
            for each in flying:
                found = self._chosen(Local("press", **now), each)
                yield room, found._replace(at="flag", left=int(each.live))
            if me.left and not flying:
                yield room, Local("done")

    def _chosen(self, me: Local, run: Run | None) -> Local:
        if run is None:
            return Local("done")
        at = "done" if run.live else "claim"
        return me._replace(at=at, first=run.first, fence=run.fence, through=run.through, left=0)
