"""What follows from a stored event: jobs again, a title, a place in the list, activity frames."""

import asyncio

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, addressed_message, message, user
from tests.faults import fault
from wireside.domain.conversation import title_from
from wireside.domain.events import Draft, Kind, place
from wireside.domain.runs import Job


@fault(5, 24)
def test_an_addressed_event_sends_its_jobs_again() -> None:
    async def story() -> None:
        world = World().room()
        event = message(addressed=[DEMO.id, SECOND.id])
        world.log.append(event)

        for _ in range(2):
            await world.app.activity.follow(ROOM, event)

        assert world.jobs.jobs == [Job(ROOM, DEMO.id, 1), Job(ROOM, SECOND.id, 1)]

    asyncio.run(story())


def test_an_event_of_a_conversation_that_is_gone_does_nothing_more() -> None:
    async def story() -> None:
        world = World()

        await world.app.activity.follow(ROOM, addressed_message())

        assert world.jobs.jobs == [Job(ROOM, DEMO.id, 1)]
        assert world.lines.frames == {}

    asyncio.run(story())


def test_members_who_do_not_have_it_open_are_told_of_activity() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", "listening")
        await world.connect("ana", "elsewhere")
        await world.connect("ben")
        await world.connect("eve")
        event = message(text="the first one")
        world.log.append(event)

        await world.app.activity.follow(ROOM, event)

        told = {
            "type": "activity",
            "conversation_id": ROOM,
            "head": 1,
            "n": 1,
            "title": "the first one",
            "at": "2027-01-15T08:00:00.000Z",
        }
        assert world.heard("elsewhere") == world.heard("ben") == [told]
        assert world.heard("listening") == world.heard("eve") == []

    asyncio.run(story())


def test_activity_is_told_at_most_every_30_s() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.connect("ben")

        for wait_ms in (0, 29_999, 1):
            world.clock.time_ms += wait_ms
            await world.app.activity.follow(ROOM, world.log[0])

        assert len(world.heard("ben")) == 2

    asyncio.run(story())


def test_a_new_member_is_told_at_once() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.connect("ben")
        await world.app.activity.follow(ROOM, world.log[0])
        joined = place(
            Draft(Kind.JOINED, user().participant, {"user": {"id": "ben"}}),
            world.log[0],
            now_ms=world.clock.now_ms(),
        )

        await world.app.activity.follow(ROOM, joined)

        assert [each["head"] for each in world.heard("ben")] == [1, 2]

    asyncio.run(story())


def test_the_first_message_names_a_conversation_without_a_title() -> None:
    async def story(title: str | None) -> str | None:
        world = World().room(title=title).wrote(2)
        await world.app.activity.follow(ROOM, world.log[1])
        await world.app.activity.follow(ROOM, world.log[0])
        return world.store.conversations[ROOM].title

    assert asyncio.run(story(None)) == "hello"
    assert asyncio.run(story("given")) == "given"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", None),
        (" \n\t ", None),
        (" two\n lines ", "two lines"),
        ("x" * 50, "x" * 50),
        ("x" * 51, "x" * 49 + "…"),
        ("😀" * 60, "😀" * 49 + "…"),
    ],
)
def test_a_title_is_one_line_of_at_most_50_code_points(text: str, title: str | None) -> None:
    assert title_from(text) == title
