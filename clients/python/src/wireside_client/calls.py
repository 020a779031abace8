"""The calls of tools in a window of the log, and whose answers they led to."""

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from wireside_client.items import Call
from wireside_client.log import Event

HIDDEN = frozenset({"Cf", "Zl", "Zp", "Cs"})
NOT_PLAIN = re.compile(r"[^\x00-\x7f]")


class Calls:
    """Follows calls through the log: with their answer they are deleted.

    A call that changes is another object from then on.
    """

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._runs: dict[int, str] = {}
        self._results: dict[int, str] = {}

    def take(self, event: Event) -> list[Call]:
        """Take an event; return the calls that it begins or changes."""
        kind, body = event["kind"], event["body"]
        if "run_id" in body:
            self._runs[event["seq"]] = body["run_id"]
        if kind == "tool_called":
            return [self._keep(self._begun(event))]
        if kind == "deleted":
            return self._forget(self._runs.get(body["target_seq"]))
        call = self._calls.get(body.get("target_seq", 0))
        if call and kind == "tool_result":
            return [self._keep(self._ended(call, body))]
        if call and kind == "approved" and call.state == "waits":
            return [self._keep(replace(call, state="runs" if body["approved"] else "declined"))]
        return []

    def _keep(self, call: Call) -> Call:
        self._calls[call.seq] = call
        return call

    def _begun(self, event: Event) -> Call:
        body = event["body"]
        is_deleted = body.get("deleted") is True
        return Call(
            seq=event["seq"],
            at=event["at"],
            sender=event["sender"],
            tool=str(body.get("tool", "")),
            arguments="" if is_deleted else plain(body.get("arguments", {})),
            state="waits" if body.get("approved") is False else "runs",
            is_deleted=is_deleted,
        )

    def _ended(self, call: Call, body: Mapping[str, Any]) -> Call:
        self._results[call.seq] = body["run_id"]
        result = None if body.get("deleted") is True else str(body.get("result", ""))
        return replace(
            call, result=result, state="declined" if call.state == "declined" else "done"
        )

    def _forget(self, run_id: str | None) -> list[Call]:
        """Delete what the run of a deleted answer has called and got."""
        calls = [*self._calls.values()] if run_id is not None else []
        return [self._keep(each) for call in calls if (each := self._without(call, run_id)) != call]

    def _without(self, call: Call, run_id: str | None) -> Call:
        left = replace(call, result=None) if self._results.get(call.seq) == run_id else call
        is_its_own = self._runs.get(call.seq) == run_id
        return replace(left, arguments="", is_deleted=True) if is_its_own else left


def plain(arguments: object) -> str:
    """Return JSON with escapes for what nobody sees, or what turns others around."""
    return NOT_PLAIN.sub(_escaped, json.dumps(arguments, ensure_ascii=False, indent=1))


def _escaped(found: "re.Match[str]") -> str:
    character = found.group()
    if unicodedata.category(character) not in HIDDEN:
        return character
    # As JSON has it: in units of UTF-16.
    return json.dumps(character)[1:-1]
