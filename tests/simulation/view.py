"""What a client shows of one conversation: events folded, and texts that are being written.

Built from the rules of ``docs/protocol.md`` alone, not from the service's code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.simulation.invariants import ASSISTANT, ENDINGS, Shown, outcome_of

KEPT_WHEN_DELETED = ("addressed", "run_id", "trigger_seq")


def fold(events: Iterable[Shown]) -> dict[int, dict[str, Any]]:
    """Return what is shown, by seq: messages as they are now, other kinds as they were told.

    Edits, deletions and reactions show as what they do to their target, if that is at hand.
    """
    shown: dict[int, dict[str, Any]] = {}
    for each in events:
        target = shown.get(each["body"].get("target_seq") or 0)
        match each["kind"]:
            case "edited":
                _edit(target, each)
            case "deleted":
                _delete(target)
            case "reacted":
                _react(target, each)
            case _:
                shown[each["seq"]] = _entry(each)
    return shown


def _entry(event: Shown) -> dict[str, Any]:
    entry = {
        "n": event["n"],
        "kind": event["kind"],
        "at": event["at"],
        "sender": event["sender"],
        "body": {**event["body"]},
        "reactions": set(),
        "edited": False,
    }
    if event["body"].get("deleted"):
        _delete(entry)
    return entry


def _edit(target: dict[str, Any] | None, event: Shown) -> None:
    if target is not None and not target["body"].get("deleted"):
        target["body"]["text"] = event["body"]["text"]
        target["edited"] = True


def _delete(target: dict[str, Any] | None) -> None:
    if target is not None:
        kept = {name: target["body"][name] for name in KEPT_WHEN_DELETED if name in target["body"]}
        target["body"] = {"text": "", "deleted": True, **kept}
        target["edited"] = False


def _react(target: dict[str, Any] | None, event: Shown) -> None:
    if target is not None:
        who = (event["sender"]["id"], event["body"]["emoji"])
        (target["reactions"].add if event["body"]["on"] else target["reactions"].discard)(who)


@dataclass(slots=True)
class Writing:
    """The text so far of one run: code points from ``start`` on, and what does not join it yet."""

    fence: int
    start: int = 0
    text: str = ""
    ahead: dict[int, str] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """How many code points of the answer there are up to here."""
        return self.start + len(self.text)

    def take(self, offset: int, text: str) -> None:
        """Take a piece: what is held of it is cut, what is beyond the end is kept."""
        self.ahead[offset] = max(self.ahead.get(offset, ""), text, key=len)
        for begin in sorted(self.ahead):
            if begin > self.end:
                return
            self.text += self.ahead.pop(begin)[self.end - begin :]

    def rebase(self, offset: int, text: str) -> None:
        """Begin from what ``opened`` says, unless more is held already."""
        if offset <= self.end:
            self.take(offset, text)
        elif offset + len(text) > self.end:
            self.start, self.text = offset, text
            self.take(self.end, "")


@dataclass(slots=True)
class View:
    """One conversation, as one client holds it.

    ``events`` is a contiguous window; ``ahead`` are events beyond a gap; ``has_base`` is set once
    it is known where the window begins.
    """

    epoch: str | None = None
    events: list[Shown] = field(default_factory=list)
    ahead: dict[int, Shown] = field(default_factory=dict)
    has_base: bool = False
    runs: dict[str, Writing] = field(default_factory=dict)
    over: set[str] = field(default_factory=set)
    asked_about: set[str] = field(default_factory=set)

    @property
    def held(self) -> int:
        """The last seq that is held without a gap."""
        return self.events[-1]["seq"] if self.events else 0

    @property
    def seqs(self) -> list[int]:
        """The seqs of the window."""
        return [each["seq"] for each in self.events]

    @property
    def n(self) -> int:
        """How many messages there are in the window."""
        return sum(each["kind"] == "message" for each in self.events)

    @property
    def has_gap(self) -> bool:
        """Whether something is known to be missing."""
        return bool(self.ahead)

    @property
    def shown(self) -> dict[int, dict[str, Any]]:
        """What is on the screen."""
        return fold(self.events)

    def covers(self, after_seq: int) -> bool:
        """Whether every event above ``after_seq`` up to the end of the window has been read."""
        return self.has_base and (not self.events or self.events[0]["seq"] <= after_seq + 1)

    def take(self, event: Shown) -> None:
        """Take one event, from wherever it came and however often."""
        self._finish(event)
        if self.has_base and event["seq"] <= self.held:
            return
        self.ahead[event["seq"]] = event
        self._join()

    def page(self, events: Sequence[Shown]) -> None:
        """Take contiguous events; the first page of all tells where the window begins."""
        if not self.has_base:
            self.has_base = True
            self.events = [*events]
            for each in events:
                self._finish(each)
            self.ahead = {seq: each for seq, each in self.ahead.items() if seq > self.held}
            self._join()
            return
        for each in events:
            self.take(each)

    def reload(self, epoch: str, events: Sequence[Shown]) -> None:
        """Begin anew with the newest page."""
        fresh = epoch != self.epoch
        self.epoch, self.has_base, self.events = epoch, False, []
        if fresh:
            self.ahead.clear()
        self.page(events)

    def before(self, events: Sequence[Shown]) -> None:
        """Put an older page in front."""
        self.events = [*events, *self.events]

    def _join(self) -> None:
        while self.has_base and (following := self.ahead.pop(self.held + 1, None)):
            self.events.append(following)

    def _finish(self, event: Shown) -> None:
        if event["kind"] in ENDINGS:
            self.over.update(self.runs)
            self.over.update(each["run_id"] for each in event["body"]["stopped_runs"])
            self.runs.clear()
        is_assistant = event["sender"]["id"].startswith(ASSISTANT)
        run_id = event["body"].get("run_id")
        if run_id and is_assistant and event["kind"] in {"message", "run_failed"}:
            self.over.add(run_id)
            self.runs.pop(run_id, None)

    def opened(self, runs: Sequence[Shown], known: Iterable[str] = ()) -> None:
        """Take the texts that ``opened`` brings.

        ``known`` were shown when it was asked for; those of them that it does not list are over.
        """
        for each in set(known) - {each["run_id"] for each in runs}:
            self.over.add(each)
            self.runs.pop(each, None)
        for each in runs:
            self._end_if_answered(each)
            writing = self._writing(each["run_id"], each["fence"])
            if writing is not None:
                writing.rebase(each["offset"], each["text"])

    def run(self, frame: Shown) -> None:
        """Take a ``run`` frame."""
        self._end_if_answered(frame)
        if frame["state"] == "ended":
            self.over.add(frame["run_id"])
            self.runs.pop(frame["run_id"], None)
        else:
            self._writing(frame["run_id"], frame["fence"])

    def _end_if_answered(self, run: Shown) -> None:
        """Notice a run, told of late, whose turn has its outcome by now."""
        if outcome_of(self.events, run["trigger_seq"], run["participant"]) is not None:
            self.over.add(run["run_id"])
            self.runs.pop(run["run_id"], None)

    def delta(self, frame: Shown) -> bool:
        """Take a ``delta``; return whether the conversation has to be opened again for it."""
        run_id = frame["run_id"]
        unknown = run_id not in self.runs and run_id not in self.over
        writing = self._writing(run_id, frame["fence"])
        if writing is None:
            return False
        writing.take(frame["offset"], frame["text"])
        first_time = unknown and run_id not in self.asked_about
        self.asked_about.add(run_id)
        return first_time or bool(writing.ahead)

    def _writing(self, run_id: str, fence: int) -> Writing | None:
        """Return the run's text under this fence; ``None``: it is over or an older attempt."""
        known = self.runs.get(run_id)
        if run_id in self.over or (known and known.fence > fence):
            return None
        if known is None or known.fence < fence:
            known = self.runs[run_id] = Writing(fence)
        return known
