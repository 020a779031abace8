"""What must hold of every history: the invariants, and that state and events are one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.simulation.invariants import (
    Acknowledgement,
    Shown,
    answered_once,
    contiguous,
    held_by_operators,
    in_order,
    numbered,
    outcome_of,
    same,
    silent_after_removal,
    stored_once,
)
from tests.simulation.view import fold
from wireside.domain.conversation import Conversation
from wireside.domain.events import AssistantId
from wireside.domain.runs import Run, RunState
from wireside.domain.usage import Known


@dataclass(frozen=True, slots=True)
class History:
    """One conversation as it is in the store, and what people were told of it.

    ``founders`` were members before the first event. ``views`` are the people's, by their names:
    seq to event. ``counted`` are the tokens in the counters of quotas.
    """

    conversation: Conversation
    log: Sequence[Shown]
    members: frozenset[str]
    runs: Sequence[Run]
    counted: int
    founders: frozenset[str]
    acknowledged: Sequence[Acknowledgement]
    views: Mapping[str, Mapping[int, Shown]]


def violations(history: History) -> Iterator[str]:
    """Yield what does not hold, in words."""
    yield from stored_once(history.log, history.acknowledged)
    yield from numbered(history.log)
    yield from in_order(history.log, history.acknowledged)
    yield from answered_once(history.log)
    yield from held_by_operators(history.log)
    for name, view in history.views.items():
        yield from silent_after_removal(history.log, name, view)
        if name in history.members:
            yield from contiguous(sorted(view))
            yield from same(fold(_ordered(view)), fold(history.log), name)
    yield from _members_are_their_events(history)
    yield from _nothing_waits(history)
    yield from _counters_are_their_runs(history)


def _ordered(view: Mapping[int, Shown]) -> list[Shown]:
    return [view[seq] for seq in sorted(view)]


def still_owed(log: Sequence[Shown]) -> Iterator[tuple[str, int]]:
    """Yield who owes an outcome to which event."""
    for event in log:
        for assistant in event["body"].get("addressed") or ():
            if outcome_of(log, event["seq"], assistant) is None:
                yield assistant, event["seq"]


def _members_are_their_events(history: History) -> Iterator[str]:
    members = set(history.founders)
    for event in history.log:
        if event["kind"] == "joined":
            members.add(event["body"]["user"]["id"])
        if event["kind"] in {"left", "removed"}:
            members.discard(event["body"]["user"]["id"])
    if members != history.members:
        yield f"members are {sorted(history.members)}, by their events {sorted(members)}"
    if history.conversation.member_count != len(members):
        yield f"{len(members)} members are counted as {history.conversation.member_count}"


def _counters_are_their_runs(history: History) -> Iterator[str]:
    stands = sum(each.reserved.amount.tokens for each in history.runs if each.reserved)
    if history.counted != stands:
        yield f"{history.counted} tokens are counted, {stands} stand on runs"
    for run in history.runs:
        if run.spent is not None and run.spent.used.known is not Known.UNKNOWN:
            used = run.spent.used.input_tokens + run.spent.used.output_tokens
            if run.reserved is not None and run.reserved.amount.tokens != used:
                yield f"a run used {used} tokens and {run.reserved.amount.tokens} are counted"


def _nothing_waits(history: History) -> Iterator[str]:
    for run in history.runs:
        answered = history.conversation.answered(AssistantId(run.assistant_id))
        if run.state is not RunState.ENDED and run.first_seq > answered:
            yield f"I6: a run of {run.first_seq} is {run.state.value} for ever"
