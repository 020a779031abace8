"""Answers as long as they may be, through the whole local run."""

import asyncio
from typing import Any

from local.harness import Running
from tests.builders import message
from tests.integration.client import connected, create, request
from wireside import wire
from wireside.adapters.dynamodb.log import to_item
from wireside.domain.events import ConversationId, Event

COUNT = 12
ANSWER_BYTES = 300_000
LETTERS = 'x😀é"\x01'


def wrote(running: Running, room: str) -> list[Event]:
    """Put texts of 300 KB each into a log, as answers would come there."""
    events: list[Event] = []
    for number in range(COUNT):
        text = wire.head(LETTERS[number % len(LETTERS)] * ANSWER_BYTES, ANSWER_BYTES)
        events.append(message(events[-1] if events else None, text=text))
        running.client("dynamodb").put_item(
            TableName="wireside-Table", Item=to_item(ConversationId(room), events[-1])
        )
    return events


def test_texts_larger_than_a_frame_arrive_whole(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", policy="off")
        events = wrote(running, room)
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            pages = [each for each in ana.heard if each["type"] == "events"]
        shown = [event for each in pages for event in each["events"]]
        read: list[dict[str, Any]] = []
        while len(read) < COUNT:
            path = f"/v1/conversations/{room}/events?after_seq={len(read)}&limit=300"
            status, page = await request(running, "GET", path, "ana")
            assert status == 200
            assert page["head"] == COUNT
            read += page["events"]

        assert [each["truncated"] for each in shown] == [True] * COUNT
        assert [each["body"]["text"] for each in read] == [each.text for each in events]
        assert [each["seq"] for each in read] == [each["seq"] for each in shown]

    asyncio.run(scenario())
