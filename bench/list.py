"""Lists of 10, 1,000 and 10,000 conversations: calls and units, at the top and deep in them."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, chain
from typing import Any

from bench.meter import Meter
from bench.report import Row
from bench.room import Room
from bench.send import looking
from bench.stage import Stage, in_process, stage

SIZES = (10, 1_000, 10_000)
"""Of the lists, each of somebody else."""
LARGEST = SIZES[-1]
PAGE = 100
"""The most that a page has."""
PAGES = {"asked for nothing else": 20, "the page's refresh": 30, "the largest": PAGE}
DEEP = 5_000
"""How many conversations stand above the deep page of the largest list."""
UNITS_EACH = 2.5
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


def fill(set_up: Stage, sizes: Sequence[int] = SIZES) -> None:
    """Put people into so many conversations; those on the pages have all else that they have."""
    client, name = set_up.client("dynamodb"), _table_name()
    items = chain.from_iterable(map(_items, sizes))
    for part in batched(items, A_BATCH, strict=False):
        writes = [{"PutRequest": {"Item": each}} for each in part]
        client.batch_write_item(RequestItems={name: writes})


def _table_name() -> str:
    from wireside.bootstrap import store

    return store().table.name


def _items(size: int) -> Iterator[dict[str, Any]]:
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
        Member(UserId(_reader(size)), "Mia", MemberRole.OWNER, now_ms),
        Member(UserId("ben"), "Ben", MemberRole.MEMBER, now_ms),
    ]
    said = Draft(
        Kind.MESSAGE,
        Participant("ben", "Ben", SenderType.HUMAN),
        {"text": "Good evening, everybody: is there still some of that soup?"},
    )
    for number in range(size):
        conversation_id, at_ms = ConversationId(_name(size, number)), now_ms - number * 1_000
        yield members.member_to_item(conversation_id, people[0], active_at_ms=at_ms)
        if number < PAGE or DEEP <= number < DEEP + PAGE:
            known = Conversation(conversation_id, at_ms, "demo", title="Soup", member_count=MEMBERS)
            yield conversations.to_item(known)
            yield members.member_to_item(conversation_id, people[1], active_at_ms=at_ms)
            yield log.to_item(conversation_id, place(said, None, now_ms=at_ms))


def _reader(size: int) -> str:
    return f"mia-{size}"


def _name(size: int, number: int) -> str:
    return f"conversation-{size}-{number:09d}"


def page(
    set_up: Stage, room: Room, *, size: int = LARGEST, limit: int = PAGE, after: int = 0
) -> Cost:
    """Read the page of a list that has ``after`` conversations above it; count."""
    from wireside.bootstrap import store
    from wireside.entrypoints.http import api

    asked = room.request("GET", "/v1/conversations", _reader(size))
    asked["rawQueryString"] = f"limit={limit}{_cursor(size, after)}"
    api(room.request("GET", "/v1/models", "mia"), None)  # makes what a process makes once
    meter = Meter(looking(set_up))
    meter.watch(store().table.client.meta.events)
    with meter.running():
        began = time.perf_counter()
        answer = api(asked, None)
        own_ms = (time.perf_counter() - began) * 1_000
    ids = [each["id"] for each in json.loads(answer["body"])["items"]]
    assert ids == [_name(size, number) for number in range(after, min(size, after + limit))], ids
    return Cost(meter.dynamodb_calls, meter.read_units, own_ms, ids)


def _cursor(size: int, after: int) -> str:
    """Return the parameter that a reader has who has read all pages above."""
    from wireside.bootstrap import event_loop, store
    from wireside.domain.events import UserId

    if not after:
        return ""
    reading = store().conversations.of_user(UserId(_reader(size)), limit=after, cursor=None)
    return f"&cursor={event_loop().run_until_complete(reading)[1]}"


def bump(set_up: Stage) -> Meter:
    """Count what it costs to move a conversation of two up in their lists."""
    from wireside.bootstrap import event_loop, store
    from wireside.domain.events import ConversationId

    conversations, name = store().conversations, ConversationId(_name(LARGEST, DEEP))
    loop = event_loop()
    roster = loop.run_until_complete(conversations.roster(name))
    meter = Meter(looking(set_up))
    meter.watch(store().table.client.meta.events)
    with meter.running():
        at_ms = int(time.time() * 1_000) + 1_000
        loop.run_until_complete(conversations.bump(name, roster.members, at_ms=at_ms))
    return meter


def _counted(what: str, cost: Cost) -> Iterator[Row]:
    """Return rows about a page: 1 query of the list, and 2 for each conversation on it."""
    most_calls, most_units = 1 + 2 * len(cost.ids), 1 + UNITS_EACH * len(cost.ids)
    calls_fit, units_fit = cost.calls <= most_calls, cost.read_units <= most_units
    yield Row(f"{what}: calls", str(cost.calls), f"<= {most_calls}", calls_fit)
    yield Row(f"{what}: read units", f"{cost.read_units:g}", f"<= {most_units:g}", units_fit)
    yield Row(f"{what}: time with ministack", f"{cost.own_ms:.0f} ms")


def rows() -> Iterator[Row]:
    """Measure."""
    with stage() as set_up, in_process(set_up, "ApiFunction"):
        room = Room(set_up)
        fill(set_up)
        for size in SIZES:
            for what, limit in PAGES.items():
                cost = page(set_up, room, size=size, limit=limit)
                yield from _counted(f"of {size:,}, first {len(cost.ids)} ({what})", cost)
        deep = page(set_up, room, after=DEEP)
        yield from _counted(f"of {LARGEST:,}, {PAGE} below {DEEP:,}", deep)
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
