"""The invariants notice what they are about, and nothing else."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.builders import DEMO, addressed_message, message
from tests.simulation import invariants
from tests.simulation.invariants import Acknowledgement, Shown

ANA = {"id": "ana", "name": "Ana", "type": "human"}
BOT = {"id": DEMO.id, "name": "Demo", "type": "assistant"}
OLGA = {"id": "olga", "name": "Olga", "type": "operator"}


def event(seq: int, kind: str = "message", *, by: dict[str, str] = ANA, **body: Any) -> Shown:
    """Return an event of a log in which all before it are messages, too."""
    return {"seq": seq, "n": seq, "kind": kind, "at": "now", "sender": by, "body": body}


def asked(seq: int) -> Shown:
    return event(seq, text="?", addressed=[DEMO.id])


def answer(seq: int, trigger_seq: int, run_id: str = "run") -> Shown:
    return event(seq, by=BOT, text="!", run_id=run_id, trigger_seq=trigger_seq)


def test_a_sound_log_has_nothing_wrong() -> None:
    first = addressed_message(client_id="a")
    log = invariants.on_the_wire([first, message(first, client_id="b")])
    log.append({**answer(3, 1), "at": log[-1]["at"]})
    known = [Acknowledgement("ana", "a", 0, 5), Acknowledgement("ana", "b", 6, 9)]

    assert invariants.stored_once(log, known) == []
    assert invariants.numbered(log) == []
    assert invariants.in_order(log, known) == []
    assert invariants.answered_once(log) == []
    assert invariants.held_by_operators(log) == []


def test_what_was_acknowledged_and_is_not_there_is_lost() -> None:
    found = invariants.stored_once([event(1)], [Acknowledgement("ana", "a", 0, 5)])

    assert found == ["I1: a of ana was acknowledged and is not stored"]


def test_what_is_stored_twice_is_noticed() -> None:
    log = [{**event(seq), "client_id": "a"} for seq in (1, 2)]

    assert invariants.stored_once(log, []) == ["I1: ana wrote a 2 times"]


@pytest.mark.parametrize("seqs", [[2], [1, 3], [1, 1]])
def test_a_gap_or_a_repeat_in_the_log_is_noticed(seqs: list[int]) -> None:
    assert invariants.numbered([event(each) for each in seqs])


def test_who_was_first_comes_first() -> None:
    log = [{**event(1), "client_id": "late"}, {**event(2), "client_id": "early"}]
    known = [Acknowledgement("ana", "early", 0, 5), Acknowledgement("ana", "late", 6, 9)]

    assert len(invariants.in_order(log, known)) == 1


def test_writes_that_overlap_may_come_in_any_order() -> None:
    log = [{**event(1), "client_id": "a"}, {**event(2), "client_id": "b"}]
    known = [Acknowledgement("ana", "b", 0, 5), Acknowledgement("ana", "a", 3, 9)]

    assert invariants.in_order(log, known) == []


@pytest.mark.parametrize(("seqs", "is_right"), [([], True), ([4, 5], True), ([4, 6], False)])
def test_a_window_is_contiguous(seqs: list[int], *, is_right: bool) -> None:
    assert (invariants.contiguous(seqs) == []) is is_right


def test_who_is_out_hears_nothing_more_until_they_are_back() -> None:
    ben = {"id": "ben", "name": "Ben"}
    log = [event(1), event(2, "removed", user=ben), event(3)]

    assert invariants.silent_after_removal(log, "ben", [1, 2]) == []
    assert len(invariants.silent_after_removal(log, "ben", [3])) == 1
    back = [*log, event(4, "joined", user=ben)]
    assert invariants.silent_after_removal(back, "ben", [1, 2, 3, 4]) == []


@pytest.mark.parametrize(
    ("log", "wrong"),
    [
        ([asked(1)], "never answered"),
        ([asked(1), answer(2, 1), answer(3, 1, "other")], "answers 1 after 1"),
        ([asked(1), asked(2), answer(3, 2), answer(4, 1, "other")], "answers 1 after 2"),
        ([event(1), answer(2, 1)], "does not ask for it"),
        ([asked(1), answer(2, 1), asked(3), answer(4, 3)], "ended 2 times"),
        (
            [asked(1), event(2, "taken_over", by=OLGA, stopped_runs=[]), answer(3, 1)],
            "has an outcome already",
        ),
    ],
)
def test_a_second_or_missing_outcome_is_noticed(log: Sequence[Shown], wrong: str) -> None:
    assert any(wrong in each for each in invariants.answered_once(log))


def test_one_answer_settles_its_turn_and_a_takeover_all_before_it() -> None:
    log = [asked(1), asked(2), answer(3, 2), asked(4), event(5, "ended", stopped_runs=[])]

    assert invariants.answered_once(log) == []


def test_whom_a_message_addresses_follows_from_the_events_before_it() -> None:
    chosen = event(2, "model_selected", model="second")
    second = "assistant:second"
    other = event(3, text="?", addressed=[second])
    mention = event(3, text="?", addressed=[DEMO.id], mentions=[DEMO.id, "ben"])

    def wrong(*log: Shown) -> list[str]:
        return invariants.addressed_by_the_rules(log, model="demo", mentionable=[DEMO.id, second])

    assert wrong(asked(1), chosen, other) == []
    assert wrong(asked(1), chosen, mention) == []
    assert len(wrong(asked(1), chosen, asked(3))) == 1
    assert len(wrong(event(1, "reply_policy_set", reply_policy="mention"), asked(2))) == 1
    assert len(wrong(event(1, "taken_over", by=OLGA), asked(2))) == 1
    assert len(wrong(event(1, by=BOT, text="!", addressed=[second]))) == 1


def test_an_assistant_that_speaks_while_an_operator_holds_it_is_noticed() -> None:
    taken, released = event(2, "taken_over", by=OLGA), event(3, "released", by=OLGA)

    assert len(invariants.held_by_operators([asked(1), taken, answer(3, 1)])) == 1
    assert len(invariants.held_by_operators([event(1), taken, asked(3)])) == 1
    assert invariants.held_by_operators([event(1), taken, released, asked(4), answer(5, 4)]) == []
