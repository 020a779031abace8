"""Search: what a message adds to its index, and what it reads in small and large histories."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from itertools import batched
from random import Random
from string import ascii_lowercase
from typing import Any

from bench.list import A_BATCH
from bench.meter import Meter
from bench.price import MILLION, PER_READ_UNIT, PER_WRITE_UNIT
from bench.report import Row
from bench.room import Room
from bench.send import looking
from bench.stage import Stage, in_process, stage

CONVERSATIONS = 2_000
FEW = 10
WORDS_A_MESSAGE = 12
VOCABULARY = 5_000
KINDS = 1_000
"""How many conversations differ in what is said; others repeat them."""
RARE = "zebrafish"
"""A word of the oldest conversation alone."""
LOGGED = 40
"""How many of the newest have a log: a search for a frequent word ends before."""
APART_MS = 60 * 60 * 1_000
"""How much older than the one above it each conversation's last message is."""
NO_HURRY_SECONDS = 3_600
MAX_INDEX_CALLS = 3
INDEX_FROM, INDEX_FULL = 10, 64


@dataclass(frozen=True, slots=True)
class Cost:
    """What something made a function do. ``found``: how many messages; ``complete``: or more."""

    calls: int
    read_units: float
    write_units: float
    own_ms: float
    found: int = 0
    complete: bool = True

    @property
    def dollars(self) -> float:
        """What the table asks for it."""
        return self.read_units * PER_READ_UNIT + self.write_units * PER_WRITE_UNIT


@cache
def word(number: int) -> str:
    """Return a word; those with small numbers are the frequent ones."""
    chance = Random(f"word {number}")
    return "".join(chance.choices(ascii_lowercase, k=3 + number % 8))


def texts(number: int) -> Sequence[str]:
    """Return what is said in a conversation, in 64 messages."""
    said = said_in(number % KINDS)
    return [f"{said[0]} {RARE}", *said[1:]] if number == CONVERSATIONS - 1 else said


@cache
def said_in(kind: int) -> Sequence[str]:
    """Return a conversation's 64 messages of 12 words each, some of them frequent."""
    chance = Random(kind)
    return [
        " ".join(word(int(VOCABULARY ** chance.random())) for _ in range(WORDS_A_MESSAGE))
        for _ in range(INDEX_FULL)
    ]


def fill(set_up: Stage, count: int, person: str) -> None:
    """Put somebody into conversations, each with its first block; with a log where one is read."""
    from wireside.bootstrap import store

    client, name = set_up.client("dynamodb"), store().table.name
    for part in batched(_items(count, person), A_BATCH, strict=False):
        writes = [{"PutRequest": {"Item": each}} for each in part]
        client.batch_write_item(RequestItems={name: writes})


def _items(count: int, person: str) -> Iterator[dict[str, Any]]:
    from wireside.adapters.dynamodb import conversations, keys, members
    from wireside.domain.conversation import Conversation, Member, MemberRole
    from wireside.domain.events import ConversationId, UserId
    from wireside.domain.searches import query

    now_ms, rare = int(time.time() * 1_000), query(RARE).terms
    for number in range(count):
        conversation_id = ConversationId(f"{person}-{number:09d}")
        at_ms = now_ms - number * APART_MS
        owner = Member(UserId(person), person.title(), MemberRole.OWNER, at_ms)
        made = signature_of(number)
        block = keys.search_block(conversation_id, 0)
        yield members.member_to_item(conversation_id, owner, active_at_ms=at_ms)
        yield block | {"revision": {"N": "64"}, "bits": {"B": made.bits}}
        if number < LOGGED or made.may_have(rare):
            known = Conversation(conversation_id, at_ms, "demo", member_count=1)
            yield conversations.to_item(known)
            yield from _log(conversation_id, number, at_ms)


def signature_of(number: int) -> Any:
    """Return the signature of a conversation's one block."""
    is_last = number == CONVERSATIONS - 1
    return _signature(number if is_last else number % KINDS)


@cache
def _signature(number: int) -> Any:
    from wireside.domain.searches import signature

    return signature(0, texts(number), is_full=False)


def _log(conversation_id: Any, number: int, at_ms: int) -> Iterator[dict[str, Any]]:
    from wireside.adapters.dynamodb import log
    from wireside.domain.events import Draft, Event, Kind, Participant, SenderType, place

    previous: Event | None = None
    for text in texts(number):
        sender = Participant("ben", "Ben", SenderType.HUMAN)
        draft = Draft(Kind.MESSAGE, sender, {"text": text, "addressed": []})
        previous = place(draft, previous, now_ms=at_ms)
        yield log.to_item(conversation_id, previous)


def indexed(set_up: Stage, room: Room, seq: int) -> Cost:
    """Let messages be written up to ``seq``; count what the last one's block costs."""
    from wireside.bootstrap import application, event_loop
    from wireside.domain.events import ConversationId

    while (head := room.head()) < seq:
        room.send("ana", head + 1, text=texts(0)[head])
    make = application().following.indexing.make
    loop, conversation_id = event_loop(), ConversationId(room.id)
    loop.run_until_complete(make(conversation_id, 0))
    meter = _meter(set_up)
    with meter.running():
        began = time.perf_counter()
        loop.run_until_complete(make(conversation_id, 0))
    return _cost(meter, began)


def searched(set_up: Stage, room: Room, person: str, sought: str) -> Cost:
    """Search as somebody; count."""
    from wireside.entrypoints.http import api
    from wireside.services import searching

    # ministack takes longer than DynamoDB: what is counted is the whole search.
    searching.MAX_SECONDS = NO_HURRY_SECONDS
    asked = room.request("GET", "/v1/search", person)
    asked["rawQueryString"] = f"q={sought}"
    api(room.request("GET", "/v1/models", person), None)  # makes what a process makes once
    meter = _meter(set_up)
    with meter.running():
        began = time.perf_counter()
        answer = api(asked, None)
    assert answer["statusCode"] == HTTPStatus.OK, answer
    told = json.loads(answer["body"])
    return _cost(meter, began, found=len(told["items"]), complete=told["complete"])


def _meter(set_up: Stage) -> Meter:
    from wireside.bootstrap import store

    meter = Meter(looking(set_up))
    meter.watch(store().table.client.meta.events)
    return meter


def _cost(meter: Meter, began: float, *, found: int = 0, complete: bool = True) -> Cost:
    own_ms = (time.perf_counter() - began) * 1_000
    units = meter.read_units, meter.write_units
    return Cost(meter.dynamodb_calls, *units, own_ms, found, complete)


def rows() -> Iterator[Row]:
    """Measure."""
    with stage() as set_up, in_process(set_up, "ApiFunction"):
        room = Room(set_up)
        room.enter("ana")
        for seq in (INDEX_FROM, INDEX_FULL):
            cost = indexed(set_up, room, seq)
            yield Row(
                f"message {seq} of a block: calls",
                str(cost.calls),
                f"<= {MAX_INDEX_CALLS}",
                cost.calls <= MAX_INDEX_CALLS,
            )
            yield _units(f"message {seq} of a block", cost)
        for count, person in ((FEW, "mia"), (CONVERSATIONS, "max")):
            fill(set_up, count, person)
            for what, sought in (("frequent", word(1)), ("rare", RARE)):
                cost = searched(set_up, room, person, sought)
                name = f"a {what} word in {count:,} conversations"
                found = f"{cost.found}{'' if cost.complete else ', incomplete'}"
                yield Row(f"{name}: found, calls", f"{found}, {cost.calls}")
                yield _units(name, cost)
                yield Row("  time with ministack", f"{cost.own_ms:.0f} ms")


def _units(name: str, cost: Cost) -> Row:
    units = f"{cost.read_units:g}, {cost.write_units:g}"
    return Row(f"{name}: read, write units", f"{units} (${cost.dollars * MILLION:.2f} a million)")
