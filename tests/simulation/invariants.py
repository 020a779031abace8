"""The invariants of every history, I1 to I8 of ``docs/reliability.md``, as functions.

All of them take events as they are on the wire (``event`` of an ``event`` frame, or an entry of
``GET …/events``), whole logs in the order of their seqs, and return what is wrong in sentences:
an empty list means that the invariant holds.
"""

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wireside import wire
from wireside.domain.events import Event

type Shown = Mapping[str, Any]
"""An event on the wire."""

ASSISTANT = "assistant:"
ENDINGS = frozenset({"taken_over", "ended"})


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A write of which its sender knows that it is stored.

    ``begun_ms`` is when its first frame left, ``known_ms`` when its own event came back.
    """

    user_id: str
    client_id: str
    begun_ms: int
    known_ms: int


def on_the_wire(log: Iterable[Event]) -> list[Shown]:
    """Return a log as clients get it."""
    return [{**wire.event_json(each)} for each in log]


def stored_once(log: Sequence[Shown], acknowledgements: Iterable[Acknowledgement]) -> list[str]:
    """I1: every acknowledged ``client_id`` is in the log exactly once, and none is there twice."""
    stored = Counter((each["sender"]["id"], each["client_id"]) for each in log if _named(each))
    twice = [
        f"I1: {who} wrote {name} {count} times"
        for (who, name), count in stored.items()
        if count > 1
    ]
    lost = [
        f"I1: {each.client_id} of {each.user_id} was acknowledged and is not stored"
        for each in acknowledgements
        if not stored[each.user_id, each.client_id]
    ]
    return twice + lost


def numbered(log: Sequence[Shown]) -> list[str]:
    """I2: ``seq`` is 1, 2, …, ``n`` counts the messages, and time never goes back."""
    found, messages = [], 0
    for index, each in enumerate(log, start=1):
        messages += each["kind"] == "message"
        if each["seq"] != index:
            found.append(f"I2: seq {each['seq']} stands at {index}")
        if each["n"] != messages:
            found.append(f"I2: n is {each['n']} at {index}, where {messages} messages are")
    at = [each["at"] for each in log]
    return found if at == sorted(at) else [*found, "I2: the time goes back"]


def in_order(log: Sequence[Shown], acknowledgements: Iterable[Acknowledgement]) -> list[str]:
    """I3: what was acknowledged before another write began comes before it."""
    seqs = {(each["sender"]["id"], each["client_id"]): each["seq"] for each in log if _named(each)}
    begun: dict[tuple[str, str], int] = {}
    known: dict[tuple[str, str], int] = {}
    for each in acknowledgements:
        # Tabs of one person may send the same write: it began with the first of them.
        write = (each.user_id, each.client_id)
        begun[write] = min(each.begun_ms, begun.get(write, each.begun_ms))
        known[write] = min(each.known_ms, known.get(write, each.known_ms))
    return [
        f"I3: {one} was acknowledged before {other} began, and comes after it"
        for one, other in itertools.permutations(seqs.keys() & known.keys(), 2)
        if known[one] < begun[other] and seqs[one] > seqs[other]
    ]


def contiguous(window: Sequence[int]) -> list[str]:
    """I4, first half: the seqs that somebody shows have neither gaps nor duplicates."""
    if not window or list(window) == list(range(window[0], window[0] + len(window))):
        return []
    return [f"I4: {list(window)} is shown"]


def same(shown: object, cold: object, whose: str) -> list[str]:
    """I4, second half: what somebody shows equals a cold load of the same window."""
    return [] if shown == cold else [f"I4: {whose} shows {shown}, a cold load {cold}"]


def silent_after_removal(log: Sequence[Shown], user_id: str, heard: Iterable[int]) -> list[str]:
    """I5: no event reaches somebody who left whose seq is above the event that ended it.

    ``heard`` are the seqs of all events that reached the person, by whatever way, and who came
    back may hear everything: only those between leaving for good and the end count.
    """
    last = None
    for each in log:
        person = each["body"].get("user")
        if person and person["id"] == user_id:
            last = each["seq"] if each["kind"] in {"left", "removed"} else None
    if last is None:
        return []
    return [f"I5: {user_id} was out from {last} on and heard {seq}" for seq in heard if seq > last]


def answered_once(log: Sequence[Shown], *, settled: bool = True) -> list[str]:
    """I6: each addressed event has exactly one outcome per assistant (protocol, rule 3).

    ``settled``: nothing is under way any more, so that an outcome which is not there is missing.
    """
    found = [wrong for name in _assistants(log) for wrong in _outcomes(log, name)]
    if settled:
        found += [
            f"I6: {name} never answered {each['seq']}"
            for each in log
            for name in each["body"].get("addressed") or ()
            if outcome_of(log, each["seq"], name) is None
        ]
    runs = Counter(each["body"]["run_id"] for each in log if _is_outcome(each))
    return found + [f"I6: {run} ended {count} times" for run, count in runs.items() if count > 1]


def outcome_of(log: Sequence[Shown], seq: int, assistant_id: str) -> Shown | None:
    """Return the one outcome of an addressed event; ``None``: it has not come."""
    return next((each for each in log if _settles(each, seq, assistant_id)), None)


def held_by_operators(log: Sequence[Shown]) -> list[str]:
    """I7: no event of an assistant enters between ``taken_over`` and ``released``, or after ``ended``.

    Nor is anything addressed to one then.
    """
    found, held = [], False
    for each in log:
        match each["kind"]:
            case "taken_over" | "ended":
                held = True
            case "released":
                held = False
            case _ if held and each["sender"]["id"].startswith(ASSISTANT):
                found.append(
                    f"I7: an assistant's {each['kind']} at {each['seq']} while it was held"
                )
            case _ if held and each["body"].get("addressed"):
                found.append(f"I7: {each['seq']} is addressed to an assistant while it was held")
    return found


def addressed_by_the_rules(
    log: Iterable[Shown], *, model: str, policy: str = "always", mentionable: Iterable[str] = ()
) -> list[str]:
    """I8: whom a message addresses follows from the events before it, and from nothing else.

    ``model`` and ``policy`` are those of the beginning; ``mentionable`` are assistants' ids.
    """
    found, held = [], False
    for each in log:
        body = each["body"]
        match each["kind"]:
            case "taken_over":
                held = True
            case "released":
                held = False
            case "model_selected":
                model = body["model"]
            case "reply_policy_set":
                policy = body["reply_policy"]
            case "message" if _is_whole_of_a_person(each):
                mentioned = {*mentionable} & {*body.get("mentions", ())}
                chosen = {f"{ASSISTANT}{model}"} if policy == "always" else set()
                asked = set() if held or policy == "off" else mentioned or chosen
                if asked != {*body["addressed"]}:
                    found.append(
                        f"I8: {each['seq']} addresses {body['addressed']}, not {sorted(asked)}"
                    )
            case "message" if _speaker(each) and body.get("addressed"):
                found.append(f"I8: an assistant addresses {body['addressed']} at {each['seq']}")
    return found


def _is_whole_of_a_person(event: Shown) -> bool:
    """Whether a person wrote the message, and it is not deleted: mentions would be gone."""
    by_person = not event["sender"]["id"].startswith(ASSISTANT)
    return by_person and not event["body"].get("deleted")


def _named(event: Shown) -> bool:
    """Whether a person gave the event its ``client_id``."""
    return bool(event.get("client_id")) and not event["sender"]["id"].startswith(ASSISTANT)


def _is_outcome(event: Shown) -> bool:
    by_assistant = event["kind"] == "message" and event["sender"]["id"].startswith(ASSISTANT)
    return by_assistant or event["kind"] == "run_failed"


def _speaker(event: Shown) -> str | None:
    """Return the assistant whose outcome the event is, if it is one."""
    if not _is_outcome(event):
        return None
    return str(event["body"].get("participant") or event["sender"]["id"])


def _assistants(log: Sequence[Shown]) -> list[str]:
    return sorted({name for each in log if (name := _speaker(each))})


def _settles(event: Shown, seq: int, assistant_id: str) -> bool:
    if event["kind"] in ENDINGS:
        return bool(event["seq"] > seq)
    return _speaker(event) == assistant_id and event["body"]["trigger_seq"] >= seq


def _outcomes(log: Sequence[Shown], assistant_id: str) -> list[str]:
    """Return what is wrong with one assistant's outcomes: all of them are somebody's only one."""
    found, last = [], 0
    by_seq = {each["seq"]: each for each in log}
    for each in (each for each in log if _speaker(each) == assistant_id):
        trigger_seq = each["body"]["trigger_seq"]
        where = f"I6: {assistant_id} at {each['seq']}"
        trigger = by_seq.get(trigger_seq)
        if trigger_seq <= last:
            found.append(f"{where} answers {trigger_seq} after {last}")
        if trigger is None or assistant_id not in (trigger["body"].get("addressed") or ()):
            found.append(f"{where} answers {trigger_seq}, which does not ask for it")
        elif outcome_of(log, trigger_seq, assistant_id) is not each:
            found.append(f"{where} answers {trigger_seq}, which has an outcome already")
        last = trigger_seq
    return found
