"""Texts larger than a frame, and logs larger than an answer over HTTP."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import ROOM, World, message, user
from wireside import wire
from wireside.domain.events import ConnectionId, Event

TEXTS = {"letters": "x", "emoji": "😀", "accents": "é", "quotes": '"', "controls": "\x01"}
ANSWER_BYTES = 300_000
LARGEST_FRAME_BYTES = 128 * 1024
LARGEST_ANSWER_BYTES = 6_291_556
OPEN = {"action": "open", "conversation_id": ROOM}


def large(letter: str) -> str:
    """Return the longest answer of this letter."""
    return wire.head(letter * ANSWER_BYTES, ANSWER_BYTES)


def answered(world: World) -> int:
    """Return how many bytes of the last frames the largest has."""
    return max(map(len, world.lines.frames[ConnectionId("ana")]))


async def page(world: World, limit: int = 300, **asked: int | None) -> tuple[Event, ...]:
    """Return a page over HTTP; as Lambda hands it over, it is small enough."""
    place = {"after_seq": None, "before_seq": None} | asked
    _, window = await world.app.conversations.events(user(), ROOM, limit=limit, **place)  # type: ignore[arg-type]
    body = wire.encode({"events": [wire.event_json(each) for each in window.events]})
    answer = json.dumps({"body": body.decode()}, ensure_ascii=False).encode()
    assert len(answer) < LARGEST_ANSWER_BYTES
    assert window.head == world.log[-1]
    return window.events


@pytest.mark.parametrize("letter", TEXTS.values(), ids=TEXTS)
def test_texts_larger_than_a_frame_arrive_whole(letter: str) -> None:
    async def story() -> None:
        world = World().room().wrote(50, text=large(letter))
        await world.connect("ana")

        opened, *pages = await world.say("ana", OPEN)

        cut: list[Any] = [event for each in pages for event in each["events"]]
        assert opened["type"] == "opened"
        assert [each["more"] for each in pages] == [True] * 49 + [False]
        assert [each["seq"] for each in cut] == [*range(1, 51)]
        assert all(
            each["truncated"] and large(letter).startswith(each["body"]["text"]) for each in cut
        )
        assert min(len(wire.encode(each)) for each in cut) > 0.9 * wire.MAX_FRAME_BYTES
        assert answered(world) <= LARGEST_FRAME_BYTES
        (whole,) = await page(world, limit=1, after_seq=cut[-1]["seq"] - 1)
        assert whole.text == large(letter)

    asyncio.run(story())


@pytest.mark.parametrize("letter", TEXTS.values(), ids=TEXTS)
def test_a_log_larger_than_an_answer_is_read_in_pages_without_a_gap(letter: str) -> None:
    async def story() -> None:
        world = World().room().wrote(30, text=large(letter)).wrote(400, text="short")

        forwards: list[Event] = []
        while new := await page(world, after_seq=len(forwards)):
            forwards += new
        backwards: list[Event] = [*await page(world)]
        while backwards[0].seq > 1:
            backwards[:0] = await page(world, before_seq=backwards[0].seq)

        assert forwards == backwards == world.log

    asyncio.run(story())


@pytest.mark.parametrize("letter", ["😀", '"', "x"])
def test_a_conversation_of_many_people_with_long_names_can_be_opened(letter: str) -> None:
    async def story() -> None:
        others = [f"{number:03d}{'"' * 125}" for number in range(249)]
        world = World().room("ana", *others).wrote(1)
        for key, each in world.store.members.items():
            world.store.members[key] = replace(each, name=each.user_id[:3] + letter * 125)
        await world.connect("ana")

        opened, *_ = await world.say("ana", OPEN)

        members = opened["conversation"]["members"]
        assert answered(world) <= LARGEST_FRAME_BYTES
        assert [each["id"] for each in members[:250]] == ["ana", *others]
        assert all(each["name"].startswith(each["id"][:3]) for each in members[1:250])
        assert all(each["name"].endswith(letter) for each in members[1:250])

    asyncio.run(story())


def test_a_page_is_never_empty_where_there_is_an_event() -> None:
    async def story() -> None:
        world = World().room().wrote(1, text="😀" * 97_000).wrote(1)

        assert [each.seq for each in await page(world, limit=1, after_seq=0)] == [1]
        assert [each.seq for each in await page(world, before_seq=2)] == [1]

    asyncio.run(story())


@pytest.mark.parametrize("letter", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("length", [19_980, 59_900, 59_950, 119_800, 119_900, 120_000])
def test_an_event_around_the_size_of_a_frame_fits_into_one(letter: str, length: int) -> None:
    text = letter * (length // wire.quoted_bytes(letter))
    event = message(text=text)

    frame = wire.event_frame(wire.Place(ROOM, "1.1"), event, ref="r" * 64)

    assert len(frame) <= LARGEST_FRAME_BYTES
    told = json.loads(frame)["event"]
    assert told.get("truncated", False) == (told["body"]["text"] != text)
    assert ("truncated" in told) == (
        len(wire.encode(wire.event_json(event))) > wire.MAX_FRAME_BYTES
    )
