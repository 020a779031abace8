"""A conversation as the compact model sees it, and the rules that may be switched off there.

Everything is a named tuple: a search compares and hashes hundreds of thousands of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of the protocol, each on unless a test switches it off."""

    anchor_first: bool = True
    second_look: bool = True
    dedup_while_walking: bool = True
    verified_raise: bool = True
    fence: bool = True
    frozen_once: bool = True
    one_transaction: bool = True
    job_until_answered: bool = True
    answered_equal: bool = True
    epoch_equal: bool = True
    takeover_settles: bool = True
    takeover_planned_anew: bool = True
    stop_by_first_seq: bool = True
    stop_splits_the_turn: bool = True
    blanking_keeps_addressed: bool = True


STANDS_FOR = {
    "anchor_first": "wireside.services.messages:Messages.write",
    "second_look": "wireside.services.log:PersonAppend._meet",
    "dedup_while_walking": "wireside.services.log:PersonAppend._is_this",
    "verified_raise": "tests.simulation.client:Client._may_raise",
    "fence": "wireside.adapters.memory.changes:holds",
    "frozen_once": "wireside.adapters.memory.runs:MemoryRuns.claim",
    "one_transaction": "wireside.services.outcomes:Turn.settlement",
    "job_until_answered": "wireside.domain.runs:is_settled",
    "answered_equal": "wireside.adapters.memory.changes:_state_holds",
    "epoch_equal": "wireside.adapters.memory.changes:_state_holds",
    "takeover_settles": "wireside.domain.changes:Silence",
    "takeover_planned_anew": "wireside.services.changing:_Trial.prepare",
    "stop_by_first_seq": "wireside.domain.runs:Standing.stops",
    "stop_splits_the_turn": "wireside.services.turns:Turns.stopped",
    "blanking_keeps_addressed": "wireside.domain.events:blanked",
}
"""Where each rule is in the code that the model mirrors; a test looks whether it is there still."""


class Entry(NamedTuple):
    """An event: its seq is its place in the log.

    ``who`` is the ``client_id`` of what a person sent, and who wrote anything else. ``asks``:
    whether it is addressed to the assistant. Of an outcome, ``through`` is its ``trigger_seq``
    and ``first`` the key of its run; of a takeover or an end, ``stops`` are the keys of the runs
    in flight.
    """

    kind: str
    who: str
    asks: bool = False
    through: int = 0
    first: int = 0
    stops: tuple[int, ...] = ()


class Run(NamedTuple):
    """RUN. ``live``: its lease is not over. ``through`` is 0 until the turn is frozen."""

    first: int
    fence: int
    live: bool = True
    through: int = 0
    stop: bool = False
    ended: bool = False


class Room(NamedTuple):
    """A conversation: its log and its state item, its runs by their keys, and the queue's jobs.

    ``replies``: whether the assistant is asked at all. ``wrong`` says what was seen to go wrong that the log alone does not show.
    """

    log: tuple[Entry, ...] = ()
    answered: int = 0
    stopped_through: int = 0
    epoch: int = 0
    operator: str = ""
    ended: bool = False
    without: str = ""
    runs: tuple[Run, ...] = ()
    jobs: tuple[int, ...] = ()
    replies: bool = True
    wrong: str = ""

    def run(self, first: int) -> Run | None:
        """Return the run with that key."""
        for each in self.runs:
            if each.first == first:
                return each
        return None

    def owed(self, answered: int) -> tuple[int, ...]:
        """Return the seqs above ``answered`` that ask the assistant."""
        later = enumerate(self.log[answered:], start=answered + 1)
        return tuple(seq for seq, each in later if each.asks)

    def unfinished(self, answered: int) -> Iterator[Run]:
        """Yield the runs that begin above ``answered`` and have not ended."""
        return (each for each in self.runs if each.first > answered and not each.ended)

    def put(self, entry: Entry) -> "Room":
        """Return the room with one more event."""
        return self._replace(log=(*self.log, entry))

    def keep(self, run: Run) -> "Room":
        """Return the room with this run in place of the one with its key."""
        others = [each for each in self.runs if each.first != run.first]
        return self._replace(runs=tuple(sorted([*others, run])))

    def enqueue(self, seq: int) -> "Room":
        """Return the room with a job for that seq; there is one at most."""
        return self._replace(jobs=tuple(sorted({*self.jobs, seq})))

    def silence(self, entry: Entry, rules: Rules) -> "Room":
        """Return the room after a takeover or an end: one transaction."""
        put = self.put(entry)
        answered = len(put.log) if rules.takeover_settles else self.answered
        return put._replace(answered=answered, epoch=self.epoch + 1)
