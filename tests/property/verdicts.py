"""What must be so of every log, whoever wrote it in whatever order: I1, I2, I6 and I7.

In terms of the domain's events, for the compact model and for real services alike.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from wireside.domain.events import AssistantId, Event, Kind, SenderType
from wireside.domain.runs import outcome_of


def verdicts(
    log: Sequence[Event], assistant_id: AssistantId, *, settled: bool = True
) -> Iterator[str]:
    """Yield what is wrong. ``settled``: nothing more will happen, so what is missing is wrong."""
    yield from numbered(log)
    yield from stored_once(log)
    yield from answered_once(log, assistant_id)
    yield from silent_while_held(log)
    yield from ended_once(log)
    if settled:
        yield from all_answered(log, assistant_id)


def numbered(log: Sequence[Event]) -> Iterator[str]:
    """I2."""
    if [each.seq for each in log] != list(range(1, len(log) + 1)):
        yield "I2: seq has a gap"


def stored_once(log: Sequence[Event]) -> Iterator[str]:
    """I1, the half of it that a log can show."""
    written = [(each.sender.id, each.client_id) for each in log if each.client_id]
    if len(set(written)) != len(written):
        yield "I1: a message is stored twice"


def answered_once(log: Sequence[Event], assistant_id: AssistantId) -> Iterator[str]:
    """I6: every outcome is the one outcome of the event that it names (protocol, rule 3)."""
    last = 0
    for each in log:
        if not _is_outcome(each):
            continue
        trigger_seq = int(str(each.body["trigger_seq"]))
        if trigger_seq <= last:
            yield "I6: trigger_seq does not grow"
        if assistant_id not in log[trigger_seq - 1].addressed:
            yield "I6: something is answered that did not ask"
        elif outcome_of(trigger_seq, assistant_id, log) is not each:
            yield "I6: something has two outcomes"
        last = trigger_seq


def silent_while_held(log: Sequence[Event]) -> Iterator[str]:
    """I7: from ``taken_over`` to ``released``, and after ``ended``, assistants are not heard."""
    held = False
    for each in log:
        if held and each.sender.type is SenderType.ASSISTANT:
            yield "I7: an assistant spoke while it was held"
        if held and each.addressed:
            yield "I7: an assistant was asked while it was held"
        if each.kind in {Kind.TAKEN_OVER, Kind.ENDED}:
            held = True
        elif each.kind is Kind.RELEASED:
            held = False


def ended_once(log: Sequence[Event]) -> Iterator[str]:
    """A run ends once: with its outcome, or as one that was stopped by a takeover or the end."""
    ended = Counter(str(each.body["run_id"]) for each in log if _is_outcome(each))
    for each in log:
        stopped = each.body.get("stopped_runs")
        for run in stopped if isinstance(stopped, list) else ():
            ended[run["run_id"]] += 1
    if any(count > 1 for count in ended.values()):
        yield "I6: a run ended twice"


def all_answered(log: Sequence[Event], assistant_id: AssistantId) -> Iterator[str]:
    """I6: whatever asked has an outcome."""
    asking = [each.seq for each in log if assistant_id in each.addressed]
    if any(outcome_of(seq, assistant_id, log) is None for seq in asking):
        yield "I6: something was never answered"


def _is_outcome(event: Event) -> bool:
    is_answer = event.kind is Kind.MESSAGE and event.sender.type is SenderType.ASSISTANT
    return is_answer or event.kind is Kind.RUN_FAILED
