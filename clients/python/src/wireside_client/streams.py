"""Answers in flight, put together from deltas by fence and offset (protocol, rule 4)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

type Frame = dict[str, Any]


@dataclass(slots=True)
class Run:
    """An answer that is being written.

    ``offset`` code points before ``text`` are not held: they come with the final event. ``kept``
    are deltas that lie beyond what is held.
    """

    run_id: str
    participant: str
    trigger_seq: int
    fence: int
    offset: int = 0
    text: str = ""
    is_retrying: bool = False
    kept: list[Frame] = field(default_factory=list)

    @property
    def held(self) -> int:
        """The code points up to the end of what is held."""
        return self.offset + len(self.text)

    def restart(self, fence: int) -> None:
        """Begin the text again: a later attempt speaks."""
        self.fence, self.offset, self.text, self.kept = fence, 0, "", []

    def append(self, offset: int, text: str) -> None:
        """Append what is new of a piece that begins at or before the end of what is held."""
        self.text += text[max(0, self.held - offset) :]

    def join(self) -> None:
        """Append the kept deltas that join by now."""
        waiting = sorted(self.kept, key=lambda each: int(each["offset"]))
        self.kept = []
        for delta in waiting:
            if delta["fence"] != self.fence:
                continue
            if delta["offset"] > self.held:
                self.kept.append(delta)
            else:
                self.append(delta["offset"], delta["text"])


class Streams:
    """The answers in flight of one conversation."""

    def __init__(self) -> None:
        self._runs: dict[str, Run] = {}
        self._strangers: dict[str, list[Frame]] = {}
        self._ended: set[str] = set()
        self._silenced_through = 0

    @property
    def in_flight(self) -> list[Run]:
        """The runs, in the order in which they were asked for."""
        return sorted(self._runs.values(), key=lambda each: each.trigger_seq)

    @property
    def has_gap(self) -> bool:
        """Whether a delta does not join; opening again brings what is missing."""
        return any(each.kept for each in self._runs.values())

    def restore(self, opened: Iterable[Frame]) -> None:
        """Take what ``opened`` says of the runs: the text so far, or the tail of it that fits."""
        for each in opened:
            if self._is_over(each):
                continue
            run = self._introduce(each)
            if each["fence"] < run.fence:
                continue
            if each["offset"] > run.held:
                run.offset, run.text = each["offset"], each["text"]
            else:
                run.append(each["offset"], each["text"])
            run.join()
            self._welcome_stranger(run)

    def note(self, frame: Frame) -> None:
        """Take a ``run`` frame."""
        is_known = frame["run_id"] in self._runs
        if self._is_over(frame) or (frame["state"] == "ended" and not is_known):
            return
        run = self._introduce(frame)
        if frame["fence"] >= run.fence:
            run.is_retrying = frame["state"] == "retrying"
            self._welcome_stranger(run)

    def apply(self, delta: Frame) -> bool:
        """Take a ``delta`` frame; return whether the conversation has to be opened again.

        That is so where the run is unknown (asked once) and where the delta does not join.
        """
        if delta["run_id"] in self._ended:
            return False
        run = self._runs.get(delta["run_id"])
        if run is None:
            kept = self._strangers.setdefault(delta["run_id"], [])
            kept.append(delta)
            return len(kept) == 1
        if delta["fence"] < run.fence:
            return False
        if delta["fence"] > run.fence:
            run.restart(delta["fence"])
        run.is_retrying = False
        run.kept.append(delta)
        run.join()
        return bool(run.kept)

    def settle(self, event: Frame) -> None:
        """Take an event of the log: a run's own last one, or one that ends them all."""
        kind, body = event["kind"], event["body"]
        if kind in {"message", "run_failed"} and "run_id" in body:
            self._end(body["run_id"])
        if kind not in {"taken_over", "ended"}:
            return
        self._silenced_through = max(self._silenced_through, event["seq"])
        for stopped in body.get("stopped_runs", ()):
            self._end(stopped["run_id"])
        for run in self.in_flight:
            if run.trigger_seq < event["seq"]:
                self._end(run.run_id)

    def _is_over(self, facts: Frame) -> bool:
        return facts["run_id"] in self._ended or facts["trigger_seq"] < self._silenced_through

    def _end(self, run_id: str) -> None:
        self._ended.add(run_id)
        self._runs.pop(run_id, None)
        self._strangers.pop(run_id, None)

    def _introduce(self, facts: Frame) -> Run:
        run_id, fence = facts["run_id"], facts["fence"]
        known = self._runs.get(run_id)
        if known is None:
            known = Run(run_id, facts["participant"], facts["trigger_seq"], fence)
            self._runs[run_id] = known
        if fence > known.fence:
            known.restart(fence)
        return known

    def _welcome_stranger(self, run: Run) -> None:
        for delta in self._strangers.pop(run.run_id, ()):
            self.apply(delta)
