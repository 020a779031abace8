"""What is wrong with a story that is over."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from tests.builders import DEMO, SECOND
from tests.simulation import invariants
from tests.simulation.client import Client
from tests.simulation.invariants import Shown
from tests.simulation.view import fold
from tests.simulation.weather import KilledError
from tests.simulation.world import BEFORE, Simulation
from wireside.adapters.memory.wire import START_MS
from wireside.domain.events import ConversationId

SILENT_SECONDS = 1.1
"""A removal is to be heard within 1 s; the call that comes of it takes its time, too."""


def violations(simulation: Simulation) -> list[str]:
    """Return everything that is wrong."""
    found = [*simulation.wrong, *simulation.functions.errors]
    found += [wrong for client in simulation.clients for wrong in client.wrong]
    found += [_said(each) for each in simulation.loop.complaints if _is_bad(each)]
    for each in simulation.rooms:
        found += [f"{each}: {wrong}" for wrong in _in_room(simulation, each)]
    return found


def _in_room(simulation: Simulation, room_id: ConversationId) -> list[str]:
    log = invariants.on_the_wire(simulation.world.store.log(room_id))
    known = [ack for client in simulation.clients for ack in client.acknowledgements(room_id)]
    found = invariants.stored_once(log, known)
    found += invariants.numbered(log)
    found += invariants.in_order(log, known)
    found += invariants.answered_once(log)
    found += invariants.held_by_operators(log)
    both = (DEMO.id, SECOND.id)
    written = [each for each in log if each["body"].get("text") != BEFORE]
    found += invariants.addressed_by_the_rules(written, model=DEMO.name, mentionable=both)
    found += _stopped_unasked(log, simulation.asked_to_stop)
    found += _silent_soon(simulation, room_id, log)
    for client in simulation.clients:
        found += _of_client(client, room_id, log)
    return found


def _of_client(client: Client, room_id: ConversationId, log: Sequence[Shown]) -> list[str]:
    room = client.rooms[room_id]
    found = invariants.contiguous(room.view.seqs)
    found += invariants.silent_after_removal(log, client.user.id, room.heard)
    found += [
        f"I6: {client.name} saw a text of {each['body']['run_id']}, which then failed without it"
        for each in log
        if each["kind"] == "run_failed" and each["body"]["run_id"] in room.seen
    ]
    if not room.gone and room.view.seqs:
        cold = fold(log[room.view.seqs[0] - 1 :])
        found += invariants.same(room.view.shown, cold, client.name)
        found += [f"I4: {client.name} still shows {each}" for each in room.view.runs]
    return found


def _stopped_unasked(log: Sequence[Shown], asked: Iterable[dict[str, Any]]) -> list[str]:
    """Only what somebody stopped is stopped."""
    asked = list(asked)
    runs = {each.get("run_id") for each in asked}
    through = max((each.get("after_seq", 0) for each in asked), default=0)
    return [
        f"{each['seq']} was stopped, and nobody asked for it"
        for each in log
        if each["body"].get("finish_reason") == "stopped"
        and each["body"]["run_id"] not in runs
        and each["body"]["trigger_seq"] > through
    ]


def _silent_soon(
    simulation: Simulation, room_id: ConversationId, log: Sequence[Shown]
) -> list[str]:
    """I5, second half: deltas to somebody who was removed end within a second.

    Where calls of the table may stall this cannot be had, and is not asked for.
    """
    if simulation.story_stalls:
        return []
    left = {
        each["body"]["user"]["id"]: (event.at_ms - START_MS) / 1_000
        for each, event in zip(log, simulation.world.store.log(room_id), strict=True)
        if each["kind"] in {"left", "removed"}
    }
    return [
        f"I5: {simulation.gateway.owners[line].id} was out and got a delta"
        for at, line, frame in simulation.gateway.tried
        if at > left.get(simulation.gateway.owners[line].id, at) + SILENT_SECONDS
        and _is_delta(frame, room_id)
    ]


def _is_delta(frame: bytes, room_id: ConversationId) -> bool:
    read = json.loads(frame)
    return read["type"] == "delta" and read["conversation_id"] == room_id


def _is_bad(complaint: dict[str, Any]) -> bool:
    return not isinstance(complaint.get("exception"), KilledError)


def _said(complaint: dict[str, Any]) -> str:
    return f"the loop complains: {complaint.get('message')} {complaint.get('exception')!r}"
