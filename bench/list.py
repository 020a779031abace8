"""The list of somebody's 10,000 conversations: its calls and units, at its top and deep in it."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any

from bench.meter import Meter
from bench.report import Row
from bench.room import Room
from bench.send import looking
from bench.stage import Stage, in_process, stage

CONVERSATIONS = 10_000
PAGE = 100
DEEP = 5_000
"""How many conversations stand above the deep page."""
MAX_CALLS = 1 + 2 * PAGE
MAX_READ_UNITS = 2.5 * PAGE
MEMBERS = 2
UNITS_A_MOVE = 3
"""Of one member's item: itself, and its place in the index, of which the former one is deleted."""
A_BATCH = 25


@dataclass(frozen=True, slots=True)
class Cost:
    """What one page made the function do. ``ids``: of the conversations on it."""

    calls: int
    read_units: float
    own_ms: float
    ids: Sequence[str]


def fill(set_up: Stage) -> None:
    """Put mia into 10,000 conversations; those on the two pages have all else that they have."""
    client, name = set_up.client("dynamodb"), _table_name()
    for part in batched(_items(), A_BATCH, strict=False):
        writes = [{"PutRequest": {"Item": each}} for each in part]
        client.batch_write_item(RequestItems={name: writes})


def _table_name() -> str:
    from wireside.bootstrap import store

    return store().table.name


def _items() -> Iterator[dict[str, Any]]:
    from wireside.adapters.dynamodb import conversations, log, members
    from wireside.domain.conversation import Conversation, Member, MemberRole
    from wireside.domain.events import (
        ConversationId,
        Draft,
        Kind,
        Participant,
        SenderType,
        UserId,
        place,
    )

    now_ms = int(time.time() * 1_000)
    people = [
        Member(UserId("mia"), "Mia", MemberRole.OWNER, now_ms),
        Member(UserId("ben"), "Ben", MemberRole.MEMBER, now_ms),
    ]
    said = Draft(
        Kind.MESSAGE,
        Participant("ben", "Ben", SenderType.HUMAN),
        {"text": "Good evening, everybody: is there still some of that soup?"},
    )
    for number in range(CONVERSATIONS):
        conversation_id, at_ms = ConversationId(_name(number)), now_ms - number * 1_000
        yield members.member_to_item(conversation_id, people[0], active_at_ms=at_ms)
        if number < PAGE or DEEP <= number < DEEP + PAGE:
            known = Conversation(conversation_id, at_ms, "demo", title="Soup", member_count=MEMBERS)
            yield conversations.to_item(known)
            yield members.member_to_item(conversation_id, people[1], active_at_ms=at_ms)
            yield log.to_item(conversation_id, place(said, None, now_ms=at_ms))


def _name(number: int) -> str:
    return f"conversation-{number:09d}"


def page(set_up: Stage, room: Room, *, after: int) -> Cost:
    """Read the page of mia's list that has ``after`` conversations above it; count."""
    from wireside.bootstrap import store
    from wireside.entrypoints.http import api

    asked = room.request("GET", "/v1/conversations", "mia")
    asked["rawQueryString"] = f"limit={PAGE}{_cursor(after)}"
    api(room.request("GET", "/v1/models", "mia"), None)  # makes what a process makes once
    meter = Meter(looking(set_up))
    meter.watch(store().table.client.meta.events)
    with meter.running():
        began = time.perf_counter()
        answer = api(asked, None)
        own_ms = (time.perf_counter() - began) * 1_000
    ids = [each["id"] for each in json.loads(answer["body"])["items"]]
    assert ids == [_name(number) for number in range(after, after + PAGE)], ids
    return Cost(meter.dynamodb_calls, meter.read_units, own_ms, ids)


def _cursor(after: int) -> str:
    """Return the parameter that a reader has who has read all pages above."""
    from wireside.bootstrap import event_loop, store
    from wireside.domain.events import UserId

    if not after:
        return ""
    reading = store().conversations.of_user(UserId("mia"), limit=after, cursor=None)
    return f"&cursor={event_loop().run_until_complete(reading)[1]}"


def bump(set_up: Stage) -> Meter:
    """Count what it costs to move a conversation of two up in their lists."""
    from wireside.bootstrap import event_loop, store
    from wireside.domain.events import ConversationId

    conversations, name = store().conversations, ConversationId(_name(DEEP))
    loop = event_loop()
    roster = loop.run_until_complete(conversations.roster(name))
    meter = Meter(looking(set_up))
    meter.watch(store().table.client.meta.events)
    with meter.running():
        at_ms = int(time.time() * 1_000) + 1_000
        loop.run_until_complete(conversations.bump(name, roster.members, at_ms=at_ms))
    return meter


def rows() -> Iterator[Row]:
    """Measure."""
    with stage() as set_up, in_process(set_up, "ApiFunction"):
        room = Room(set_up)
        fill(set_up)
        for what, after in (("first page", 0), (f"page below {DEEP:,}", DEEP)):
            cost = page(set_up, room, after=after)
            yield Row(
                f"{what} of {PAGE}: calls",
                str(cost.calls),
                f"<= {MAX_CALLS}",
                cost.calls <= MAX_CALLS,
            )
            yield Row(
                f"{what} of {PAGE}: read units",
                f"{cost.read_units:g}",
                f"<= {MAX_READ_UNITS:g}",
                cost.read_units <= MAX_READ_UNITS,
            )
            yield Row(f"{what} of {PAGE}: time with ministack", f"{cost.own_ms:.0f} ms")
        moved = bump(set_up)
        yield Row(
            "moved up for two members: calls",
            str(moved.dynamodb_calls),
            f"<= {MEMBERS}",
            moved.dynamodb_calls <= MEMBERS,
        )
        units = moved.write_units * UNITS_A_MOVE
        yield Row(
            "moved up for two members: write units",
            f"{units:g}",
            f"<= {MEMBERS * UNITS_A_MOVE}",
            units <= MEMBERS * UNITS_A_MOVE,
        )
