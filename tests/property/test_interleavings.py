"""The real services over the shipped fakes, through every interleaving within bounds.

A search is bounded by how often the next call is made by another player although the last one
could go on (most faults need one or two such switches), by crashes and lost answers, and by
leases that end under a living worker. Within these bounds it leaves out nothing but what comes to
a state that was there before. Without bounds: ``test_model``.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.builders import DEMO, SECOND
from tests.faults import fault
from tests.property import breaking
from tests.property.stage import Bounds, Played, Scene, play_all
from tests.property.tally import searched
from tests.property.theatre import Theatre, judge
from wireside.domain.conversation import ReplyPolicy

FREE = 99
"""So many switches are as good as no bound."""
JUST_ASKED: Mapping[str, Any] = {"late_ms": 0}
"""What comes now is part of the first message's turn."""
CHOICE: Mapping[str, Any] = {"asked": False, "assistants": (DEMO, SECOND), "settles": False}
"""Who is asked depends on what was chosen. Nobody works, so nothing has to be answered."""
QUIET: Mapping[str, Any] = {"asked": False, "policy": ReplyPolicy.OFF}


@dataclass(frozen=True, slots=True)
class Play:
    """Who plays, in what room, and how far."""

    cast: Callable[[Theatre], Scene]
    bounds: Bounds
    room: Mapping[str, Any] = field(default_factory=dict)


def search(name: str, play: Play, *, until: str | None = None, **broken: Any) -> Played:
    """Play all histories, and print how many there were."""

    def setup() -> Scene:
        return play.cast(Theatre(**play.room, **broken))

    played = asyncio.run(play_all(setup, judge, play.bounds, until=until))
    searched(name, "histories", played.histories)
    return played


def two_jobs(theatre: Theatre) -> Scene:
    return theatre.scene(theatre.works(), theatre.works())


def two_questions(theatre: Theatre) -> Scene:
    return theatre.scene(theatre.works(), theatre.sends("b", after=1), theatre.works("b"))


def dead_letter(theatre: Theatre) -> Scene:
    return theatre.scene(theatre.works(), theatre.works(fails=True))


def takeover(theatre: Theatre) -> Scene:
    return theatre.scene(theatre.works(), theatre.takes_over("olga", releases=True))


def takeover_and_send(theatre: Theatre) -> Scene:
    return theatre.scene(
        theatre.sends("b", after=1), theatre.takes_over("olga"), theatre.works("b"), theatre.works()
    )


PLAYS = {
    "two tabs send the same": Play(
        lambda at: at.scene(at.sends("a"), at.sends("a")), Bounds(FREE, faults=2), room=QUIET
    ),
    "a send, its retry, another": Play(
        lambda at: at.scene(at.sends("a"), at.sends_again("a"), at.sends("b")),
        Bounds(1, faults=1),
        room=QUIET,
    ),
    "one job twice": Play(two_jobs, Bounds(2, lapses=1)),
    "one job twice, just asked": Play(two_jobs, Bounds(2, lapses=1), room=JUST_ASKED),
    "one job twice, and a fault": Play(two_jobs, Bounds(1, faults=1)),
    "two questions": Play(two_questions, Bounds(2)),
    "dead letters": Play(dead_letter, Bounds(1, lapses=1)),
    "dead letters, and a fault": Play(dead_letter, Bounds(1, faults=1)),
    "a takeover": Play(takeover, Bounds(2, faults=0)),
    "a takeover, just asked": Play(takeover, Bounds(2, faults=0), room=JUST_ASKED),
    "a takeover, and a fault": Play(takeover, Bounds(1, faults=1)),
    "a takeover while people write": Play(takeover_and_send, Bounds(1)),
    "two operators": Play(
        lambda at: at.scene(at.takes_over("olga"), at.takes_over("otto")), Bounds(FREE, faults=1)
    ),
    "a stop": Play(
        lambda at: at.scene(at.works(), at.stops_all(1), at.sends("b", after=1), at.works("b")),
        Bounds(1),
        room=JUST_ASKED,
    ),
    "a stop of a dead worker's run": Play(
        lambda at: at.scene(at.works(), at.stops_run()), Bounds(1, faults=1, lapses=1)
    ),
    "a stop of a dead worker's run, just asked": Play(
        lambda at: at.scene(at.works(), at.stops_run()),
        Bounds(1, faults=1, lapses=1),
        room=JUST_ASKED,
    ),
    "a choice while people write": Play(
        lambda at: at.scene(at.selects("m", "second"), at.sends("a"), at.sends("b")),
        Bounds(1, faults=1),
        room=CHOICE,
    ),
    "two choices while somebody writes": Play(
        lambda at: at.scene(at.selects("m", "second"), at.selects("o", "demo"), at.sends("a")),
        Bounds(2),
        room=CHOICE,
    ),
    "a deleted question": Play(lambda at: at.scene(at.works(), at.deletes(1)), Bounds(2, faults=1)),
}

FLOORS = {
    "two tabs send the same": 986,
    "a send, its retry, another": 596,
    "one job twice": 343,
    "one job twice, just asked": 1_179,
    "one job twice, and a fault": 176,
    "two questions": 142,
    "dead letters": 72,
    "dead letters, and a fault": 176,
    "a takeover": 73,
    "a takeover, just asked": 124,
    "a takeover, and a fault": 339,
    "a takeover while people write": 211,
    "two operators": 1_530,
    "a stop": 285,
    "a stop of a dead worker's run": 347,
    "a stop of a dead worker's run, just asked": 918,
    "a choice while people write": 769,
    "two choices while somebody writes": 210,
    "a deleted question": 402,
}
"""About nine tenths of the histories there are: a search that plays fewer has shrunk."""

DEEPER = {
    "two tabs send the same",
    "a send, its retry, another",
    "one job twice, and a fault",
    "two questions",
    "dead letters, and a fault",
    "a takeover",
    "a takeover, and a fault",
}
"""Those that are played with one fault more in a soak; of the others that takes too long."""


@fault(2, 3, 6, 7, 24, 25, 29, 30, 31, 34, 42)
@pytest.mark.parametrize("name", PLAYS)
def test_no_history_of_the_services_breaks_an_invariant(name: str, more_faults: int) -> None:
    play = PLAYS[name]
    more = more_faults if name in DEEPER else 0
    bounds = replace(play.bounds, faults=play.bounds.faults + more)

    played = search(name, replace(play, bounds=bounds))

    assert played.wrong == set()
    assert played.histories >= FLOORS[name]


BROKEN: dict[str, tuple[Play, dict[str, Any], str]] = {
    "anchor_first": (
        Play(
            lambda at: at.scene(at.sends("b", after=2), at.takes_over("olga"), at.works("b")),
            Bounds(2),
        ),
        {"breaking": breaking.people(breaking.OldAcquaintance)},
        "I7: an assistant was asked while it was held",
    ),
    "choice_read_again": (
        PLAYS["a choice while people write"],
        {"breaking": breaking.people(breaking.FirstImpression)},
        "I8: 2 addresses ['assistant:demo'], not ['assistant:second']",
    ),
    "dedup_while_walking": (
        PLAYS["two tabs send the same"],
        {"breaking": breaking.logs(breaking.Strangers)},
        "I1: a message is stored twice",
    ),
    "verified_raise": (
        Play(
            lambda at: at.scene(at.sends("a"), at.sends_again("a", verified=False)),
            Bounds(2),
            room=QUIET,
        ),
        {},
        "I1: a message is stored twice",
    ),
    "fence": (
        Play(two_jobs, Bounds(2, lapses=1)),
        {"breaking": breaking.logs(breaking.AnyFence)},
        "a zombie wrote the outcome",
    ),
    "one_transaction": (
        Play(two_jobs, Bounds(1, faults=1)),
        {"breaking": breaking.logs(breaking.TwoTransactions)},
        "I6: something has two outcomes",
    ),
    "job_until_answered": (
        Play(two_questions, Bounds(2)),
        {"worker": breaking.one_turn},
        "I6: something was never answered",
    ),
    "answered_equal epoch_equal": (
        Play(
            lambda at: at.scene(
                at.works(), at.takes_over("olga", releases=True), at.sends("b", after=1)
            ),
            Bounds(2),
            room=JUST_ASKED,
        ),
        {"breaking": breaking.logs(breaking.BelowIsEnough), "worker": breaking.trusting},
        "a turn went on from before a takeover to after it",
    ),
    "takeover_settles": (
        Play(takeover, Bounds(1)),
        {"breaking": breaking.logs(breaking.ForgetfulTakeover)},
        "I7: an assistant spoke while it was held",
    ),
    "stop_by_first_seq": (
        PLAYS["a stop"],
        {"breaking": breaking.runs(breaking.ByLastSeq)},
        "a stopped run went on",
    ),
    "stop_splits_the_turn": (
        PLAYS["a stop"],
        {"breaking": breaking.runs(breaking.StoppingAll)},
        "a message posted after the stop was stopped",
    ),
    "blanking_keeps_addressed": (
        PLAYS["a deleted question"],
        {"breaking": breaking.logs(breaking.BlankingAll)},
        "stuck",
    ),
}


@pytest.mark.parametrize("off", BROKEN)
def test_the_search_finds_a_rule_that_services_ignore(off: str) -> None:
    play, broken, harm = BROKEN[off]

    without = search(f"without {off}", play, until=harm, **broken)

    assert harm in without.wrong
