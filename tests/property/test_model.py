"""The protocol of log, runs and takeover as a compact model: every state of small stories.

``room`` has the state, ``cast`` the programs, step by step as the services have them, and
``search`` visits everything that can come about, with crashes, lost answers, repeated jobs and
leases that end under a living worker. At each state the log is judged, at each end that nothing
is missing, and from each state an end has to be reachable. Real services are searched in
``test_interleavings``.
"""

import pkgutil
from dataclasses import fields, replace

import pytest

from tests.faults import fault
from tests.property.cast import (
    Deleter,
    Ender,
    Operator,
    Outbox,
    Remover,
    Sender,
    Stopper,
    Worker,
)
from tests.property.room import STANDS_FOR, Entry, Room, Rules
from tests.property.search import Found, Search, Story
from tests.property.tally import searched

ASKED = Room((Entry("message", "a", asks=True),))
"""A room in which the assistant owes an answer to the first message."""
QUIET = Room(replies=False)
"""A room in which nobody asks the assistant."""
WORKER, WINDOWS = Worker(), Worker(windows=True)

APPENDS = {
    "a send, its retries, and another": (
        Story([Sender("a"), Sender("a"), Sender("a", raises=True), Sender("b")], QUIET, crashes=2),
        2_931,
    ),
    "a member who is removed sends, also with a guessed after_seq": (
        Story(
            [
                Sender("a"),
                Sender("b", after=1, person="ben"),
                Sender("c", after=2, person="ben"),
                Remover("ben"),
            ],
            QUIET,
            crashes=2,
        ),
        1_035,
    ),
}
RUNS = {
    "two messages, two workers": (
        Story([Sender("a"), Sender("b"), Outbox(), WINDOWS, WINDOWS], crashes=1, stalls=1),
        44_318,
    ),
    "a job that comes again and again": (
        Story([Sender("b", 1), Outbox(2), WORKER, WORKER], ASKED, crashes=1, stalls=1),
        33_773,
    ),
    "a worker and the dead letters": (
        Story([Sender("b", 1), Outbox(), WORKER, Worker(fails=True)], ASKED, crashes=1, stalls=1),
        34_382,
    ),
}
STOPS = {
    "all turns are stopped, twice": (
        Story([Sender("b", 1), Stopper(1), Stopper(1), Outbox(), WORKER], ASKED, crashes=1),
        35_468,
    ),
    "all turns are stopped while workers die and stall": (
        Story([Stopper(1), Outbox(), WORKER, WORKER], ASKED, crashes=1, stalls=1),
        5_775,
    ),
    "one run is stopped": (
        Story([Sender("b", 1), Stopper(), Outbox(), WORKER], ASKED, crashes=1, stalls=1),
        19_638,
    ),
    "the question is deleted": (
        Story([Sender("b", 1), Deleter(1), Outbox(), WORKER, WORKER], ASKED, crashes=1),
        10_673,
    ),
}
TAKEOVERS = {
    "a takeover and its end, while people write": (
        Story([Sender("b", 1), Operator("olga"), Outbox(), WORKER], ASKED, crashes=1, stalls=1),
        22_549,
    ),
    "a takeover between two workers": (
        Story([Operator("olga", keeps=True), Outbox(), WORKER, WORKER], ASKED, crashes=1, stalls=1),
        2_914,
    ),
    "two operators": (
        Story([Operator("olga"), Operator("otto"), Outbox(), WORKER], ASKED, crashes=1, stalls=1),
        4_895,
    ),
    "the end": (
        Story([Sender("b", 1), Ender(), Operator("olga"), Outbox(), WORKER], ASKED, crashes=1),
        15_000,
    ),
}


def search(name: str, story: Story, rules: Rules, *, until: str | None = None) -> Found:
    """Search, and print how far that went, and by which ways to what is wrong."""
    found = Search(story, rules).run(until=until)
    searched(name, "states", found.states)
    for wrong, history in found.wrong.items():
        print(f"  {wrong}, after", *history, sep="\n    ")
    return found


def check(stories: dict[str, tuple[Story, int]], name: str, more_faults: int) -> None:
    story, floor = stories[name]

    found = search(name, replace(story, crashes=story.crashes + more_faults), Rules())

    assert not found.wrong
    assert found.states >= floor, "the search has shrunk"
    assert found.endings > 1


@fault(1, 2, 3, 6, 7)
@pytest.mark.parametrize("name", APPENDS)
def test_in_every_state_what_is_acknowledged_is_stored_once(name: str, more_faults: int) -> None:
    check(APPENDS, name, more_faults)


@fault(24, 25, 29, 30)
@pytest.mark.parametrize("name", RUNS)
def test_in_every_state_each_question_gets_one_outcome(name: str, more_faults: int) -> None:
    check(RUNS, name, more_faults)


@fault(31)
@pytest.mark.parametrize("name", STOPS)
def test_in_every_state_a_stop_stops_what_was_there_and_nothing_newer(
    name: str, more_faults: int
) -> None:
    check(STOPS, name, more_faults)


@fault(34, 42)
@pytest.mark.parametrize("name", TAKEOVERS)
def test_in_every_state_an_operator_is_not_talked_over(name: str, more_faults: int) -> None:
    check(TAKEOVERS, name, more_faults)


SWITCHED_OFF = {
    "anchor_first": (
        Story([Sender("b", after=2), Operator("olga"), Outbox(), WORKER], ASKED),
        "I7: an assistant was asked while it was held",
    ),
    "second_look": (
        Story([Sender("b", after=1), Operator("olga"), Outbox(), WORKER], ASKED),
        "I7: an assistant was asked while it was held",
    ),
    "dedup_while_walking": (
        Story([Sender("a"), Sender("a")], QUIET),
        "I1: a message is stored twice",
    ),
    "verified_raise": (
        Story([Sender("a"), Sender("a", raises=True)], QUIET),
        "I1: a message is stored twice",
    ),
    "fence": (
        Story([Outbox(1), WORKER, WORKER], ASKED, stalls=1),
        "a zombie wrote the outcome",
    ),
    "frozen_once": (
        Story([Sender("b", 1), Outbox(1), WORKER, WORKER], ASKED, stalls=1),
        "a turn that was frozen at 1 was frozen at 2",
    ),
    "one_transaction": (
        Story([Outbox(1), WORKER, WORKER], ASKED, crashes=1),
        "I6: something has two outcomes",
    ),
    "job_until_answered": (
        Story([Sender("b", 1), Outbox(), WINDOWS], ASKED),
        "I6: something was never answered",
    ),
    "answered_equal epoch_equal": (
        Story([Sender("b", 1), Outbox(), Operator("olga"), WORKER], ASKED),
        "a turn went on from before a takeover to after it",
    ),
    "takeover_settles": (
        Story([Outbox(1), Operator("olga"), WORKER], ASKED),
        "I7: an assistant spoke while it was held",
    ),
    "takeover_planned_anew": (
        Story([Outbox(), Operator("olga"), WORKER], ASKED),
        "I6: a run ended twice",
    ),
    "stop_by_first_seq": (
        Story([Sender("b", 1), Stopper(1), Outbox(), WORKER], ASKED),
        "a stopped run went on",
    ),
    "stop_splits_the_turn": (
        Story([Sender("b", 1), Stopper(1), Outbox(), WORKER], ASKED),
        "a message posted after the stop was stopped",
    ),
    "blanking_keeps_addressed": (
        Story([Deleter(1), Outbox(), WORKER], ASKED),
        "stuck",
    ),
}
"""By the names of rules: a story that goes wrong without them, and how."""


@pytest.mark.parametrize("off", SWITCHED_OFF)
def test_the_model_goes_wrong_without_a_rule_and_only_then(off: str) -> None:
    story, harm = SWITCHED_OFF[off]
    rules = replace(Rules(), **dict.fromkeys(off.split(), False))

    without = search(f"without {off}", story, rules, until=harm)
    with_it = search("with it", story, Rules())

    assert any(each.startswith(harm) for each in without.wrong)
    assert not with_it.wrong


@pytest.mark.parametrize("off", ["answered_equal", "epoch_equal"])
def test_of_the_two_values_that_a_takeover_changes_either_is_enough(off: str) -> None:
    story, _ = SWITCHED_OFF["answered_equal epoch_equal"]

    found = search(f"without {off}", story, replace(Rules(), **{off: False}))

    assert not found.wrong


def test_every_rule_is_switched_off_once_and_stands_for_code_that_is_there() -> None:
    names = {each.name for each in fields(Rules)}

    assert {name for off in SWITCHED_OFF for name in off.split()} == names
    assert STANDS_FOR.keys() == names
    for where in STANDS_FOR.values():
        assert pkgutil.resolve_name(where)
