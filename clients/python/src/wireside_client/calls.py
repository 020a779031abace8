"""The calls of tools in a window of the log, and whose answers they led to."""

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from wireside_client.items import Call
from wireside_client.log import Event

HIDDEN = frozenset({"Cf", "Zl", "Zp", "Cs"})
NOT_PLAIN = re.compile(r"[^\x00-\x7f]")


class Calls:
    """Follows calls through the log: with their answer they are deleted."""

    def __init__(self) -> None:
        self._calls: dict[int, Call] = {}
        self._runs: dict[int, str] = {}
        self._results: dict[int, str] = {}

    def take(self, event: Event) -> Call | None:
        """Take an event; return the call, where the event is one."""
        kind, body = event["kind"], event["body"]
        if "run_id" in body:
            self._runs[event["seq"]] = body["run_id"]
        if kind == "tool_called":
            return self._begin(event)
        call = self._calls.get(body.get("target_seq", 0))
        if call and kind == "tool_result":
            self._end(call, body)
        if call and kind == "approved" and call.state == "waits":
            call.state = "runs" if body["approved"] else "declined"
        if kind == "deleted":
            self._forget(self._runs.get(body["target_seq"]))
        return None

    def _begin(self, event: Event) -> Call:
        body = event["body"]
        is_deleted = body.get("deleted") is True
        call = Call(
            seq=event["seq"],
            at=event["at"],
            sender=event["sender"],
            tool=str(body.get("tool", "")),
            arguments="" if is_deleted else plain(body.get("arguments", {})),
            state="waits" if body.get("approved") is False else "runs",
            is_deleted=is_deleted,
        )
        self._calls[call.seq] = call
        return call

    def _end(self, call: Call, body: Mapping[str, Any]) -> None:
        if call.state != "declined":
            call.state = "done"
        self._results[call.seq] = body["run_id"]
        call.result = None if body.get("deleted") is True else str(body.get("result", ""))

    def _forget(self, run_id: str | None) -> None:
        """Delete what the run of a deleted answer has called and got."""
        if run_id is None:
            return
        for call in self._calls.values():
            if self._results.get(call.seq) == run_id:
                call.result = None
            if self._runs.get(call.seq) == run_id:
                call.arguments, call.is_deleted = "", True


def plain(arguments: object) -> str:
    """Return JSON with escapes for what nobody sees, or what turns others around."""
    return NOT_PLAIN.sub(_escaped, json.dumps(arguments, ensure_ascii=False, indent=1))


def _escaped(found: "re.Match[str]") -> str:
    character = found.group()
    if unicodedata.category(character) not in HIDDEN:
        return character
    # As JSON has it: in units of UTF-16.
    return json.dumps(character)[1:-1]
