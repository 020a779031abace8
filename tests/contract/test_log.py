"""What every log promises."""

from dataclasses import replace

import pytest

from tests.builders import DEMO, ROOM, SECOND, message
from tests.contract.stores import ANA, REQUEST, Stores, run
from tests.faults import fault
from wireside.domain.changes import (
    Stored,
    Taken,
)
from wireside.domain.events import ConversationId, Event

BODY_BYTES = len('{"text":"","addressed":[]}') + 240_000


async def fill(stores: Stores, count: int) -> list[Event]:
    """Put messages into the room's log."""
    events: list[Event] = []
    for _ in range(count):
        events.append(message(events[-1] if events else None, client_id=f"c{len(events)}"))
        assert await stores.log.commit(ROOM, events[-1], []) == Stored()
    return events


def test_an_event_is_read_back_as_it_was_stored(stores: Stores) -> None:
    async def story() -> None:
        text = '\u202e👩\u200d👧 𐍈 \t\r\n "quoted" \\ e\u0301\ufeff'
        event = message(text=text, client_id="c1", addressed=[DEMO.id, SECOND.id])

        await stores.log.commit(ROOM, event, [])

        assert await stores.log.read(ROOM, 1) == event
        assert await stores.log.after(ROOM, 0, limit=9) == (event,)

    run(story())


def test_a_body_may_hold_whatever_json_holds(stores: Stores) -> None:
    async def story() -> None:
        event = replace(
            message(), body={"a": [1, 1.5, True, None, "", {"b": []}], "n": 10**15, "text": ""}
        )

        await stores.log.commit(ROOM, event, [])

        assert await stores.log.read(ROOM, 1) == event

    run(story())


def test_a_large_event_is_stored_whole(stores: Stores) -> None:
    async def story() -> None:
        event = message(text="😀" * 75_000)

        await stores.log.commit(ROOM, event, [])

        assert await stores.log.read(ROOM, 1) == event

    run(story())


def test_an_absent_event_is_none(stores: Stores) -> None:
    async def story() -> None:
        await fill(stores, 1)

        assert await stores.log.read(ROOM, 2) is None
        assert await stores.log.read(ConversationId("other"), 1) is None
        assert await stores.log.after(ROOM, 1, limit=9) == ()
        assert await stores.log.before(ConversationId("other"), None, limit=9) == ()

    run(story())


@fault(6)
def test_a_seq_is_taken_once_and_hands_back_who_has_it(stores: Stores) -> None:
    async def story() -> None:
        first, second = message(text="first"), message(text="second", by="ben")
        await stores.log.commit(ROOM, first, [])

        plain = await stores.log.commit(ROOM, second, [])
        with_change = await stores.log.commit(ROOM, second, [REQUEST])

        assert plain == with_change == Taken(first)
        assert await stores.log.read(ROOM, 1) == first
        assert await stores.conversations.remembered(ANA, "key", ROOM) is None

    run(story())


@pytest.mark.parametrize(
    ("seq", "limit", "seqs"),
    [(0, 3, [1, 2, 3]), (5, 300, [6, 7, 8, 9, 10, 11, 12]), (11, 1, [12]), (12, 5, [])],
)
def test_after_is_ascending_and_contiguous(
    stores: Stores, seq: int, limit: int, seqs: list[int]
) -> None:
    async def story() -> None:
        await fill(stores, 12)

        found = await stores.log.after(ROOM, seq, limit=limit)

        assert [each.seq for each in found] == seqs

    run(story())


@pytest.mark.parametrize(
    ("seq", "limit", "seqs"),
    [(None, 3, [10, 11, 12]), (None, 99, [*range(1, 13)]), (4, 2, [2, 3]), (2, 9, [1]), (1, 9, [])],
)
def test_before_is_the_newest_and_ascending(
    stores: Stores, seq: int | None, limit: int, seqs: list[int]
) -> None:
    async def story() -> None:
        await fill(stores, 12)

        found = await stores.log.before(ROOM, seq, limit=limit)

        assert [each.seq for each in found] == seqs

    run(story())


def test_a_read_of_more_than_a_page_of_the_store_is_whole(stores: Stores) -> None:
    async def story() -> None:
        events: list[Event] = []
        for _ in range(6):
            events.append(message(events[-1] if events else None, text="x" * 250_000))
            await stores.log.commit(ROOM, events[-1], [])

        assert [each.seq for each in await stores.log.after(ROOM, 0, limit=300)] == [*range(1, 7)]
        assert [each.seq for each in await stores.log.before(ROOM, None, limit=5)] == [*range(2, 7)]

    run(story())


@pytest.mark.parametrize(
    ("enough_bytes", "after", "before"),
    [
        (1, [2], [4]),
        (BODY_BYTES, [2], [4]),
        (BODY_BYTES + 1, [2, 3], [3, 4]),
        (3 * BODY_BYTES, [2, 3, 4], [2, 3, 4]),
        (5 * BODY_BYTES, [2, 3, 4, 5, 6], [1, 2, 3, 4]),
    ],
)
def test_a_read_ends_with_the_event_that_makes_it_large_enough(
    stores: Stores, enough_bytes: int, after: list[int], before: list[int]
) -> None:
    async def story() -> None:
        events: list[Event] = []
        for _ in range(6):
            events.append(message(events[-1] if events else None, text="😀" * 60_000))
            await stores.log.commit(ROOM, events[-1], [])

        above = await stores.log.after(ROOM, 1, limit=300, enough_bytes=enough_bytes)
        below = await stores.log.before(ROOM, 5, limit=300, enough_bytes=enough_bytes)

        assert ([each.seq for each in above], [each.seq for each in below]) == (after, before)
        assert await stores.log.after(ROOM, 6, limit=9, enough_bytes=enough_bytes) == ()

    run(story())


def test_logs_do_not_mix(stores: Stores) -> None:
    async def story() -> None:
        other = ConversationId("room-2")
        await stores.log.commit(ROOM, message(text="here"), [])
        await stores.log.commit(other, message(text="there"), [])

        assert [each.text for each in await stores.log.after(ROOM, 0, limit=9)] == ["here"]
        assert [each.text for each in await stores.log.after(other, 0, limit=9)] == ["there"]

    run(story())
