"""send: stored once, acknowledged by the event itself, handed to the assistants."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from tests.builders import DEMO, ROOM, SECOND, World, send, user
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import ReplyPolicy
from wireside.domain.errors import Unavailable
from wireside.domain.runs import Job


def test_a_send_is_answered_by_its_own_event_and_told_to_the_others() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")

        (answer,) = await world.say("ana", send("hi", ref="r"))

        event = {
            "seq": 1,
            "n": 1,
            "kind": "message",
            "at": "2027-01-15T08:00:00.000Z",
            "sender": {"id": "ana", "name": "Ana", "type": "human"},
            "client_id": "c1",
            "body": {"text": "hi", "addressed": [DEMO.id]},
        }
        about = {"type": "event", "conversation_id": ROOM, "epoch": "1.1", "event": event}
        assert answer == about | {"ref": "r"}
        assert world.heard("ben") == [about]

    asyncio.run(story())


def test_a_send_is_acknowledged_also_where_nothing_is_open() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        (answer,) = await world.say("ana", send())

        assert answer["event"]["seq"] == 1

    asyncio.run(story())


def test_mentions_and_reply_are_kept_and_empty_mentions_are_not() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.connect("ana")

        await world.say("ana", send(mentions=["ben", SECOND.id], reply_to=1, after_seq=1))
        await world.say("ana", send(mentions=[], after_seq=2, client_id="c2"))

        assert world.log[1].body == {
            "text": "hello",
            "mentions": ["ben", SECOND.id],
            "reply_to": 1,
            "addressed": [SECOND.id],
        }
        assert world.log[2].body == {"text": "hello", "addressed": [DEMO.id]}

    asyncio.run(story())


@fault(44)
@pytest.mark.parametrize(
    "text",
    [
        "\u202eevil\u202c",
        "👩\u200d👩\u200d👧\u200d👦",
        "𐍈𐌰😀",
        "  spaces \t\r\n ",
        "e\u0301 is not é",
        "\u2066\u2069\ufeff",
        "<img src=x onerror=alert(1)>",
    ],
)
def test_a_text_is_stored_exactly(text: str) -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")
        await world.connect("ana")

        (answer,) = await world.say("ana", send(text))

        assert world.log[0].text == text
        assert answer["event"]["body"]["text"] == text
        assert world.heard("ben")[0]["event"]["body"]["text"] == text

    asyncio.run(story())


@fault(2)
def test_a_retry_returns_the_same_seq_and_is_told_again() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        (first,) = await world.say("ana", send())
        world.clock.time_ms += 5_000

        (second,) = await world.say("ana", send())

        assert second == first
        assert len(world.log) == 1
        assert world.kinds("ben") == ["event", "event"]
        assert world.jobs.jobs == [Job(ROOM, DEMO.id, 1)]

    asyncio.run(story())


@fault(7)
def test_a_retry_after_a_verified_raise_of_after_seq_walks_past_others_only_once() -> None:
    async def story() -> None:
        world = World().room().wrote(30, by="ben")
        await world.connect("ana")

        (first,) = await world.say("ana", send(after_seq=0))
        world.wrote(30, by="ben")
        (second,) = await world.say("ana", send(after_seq=20))

        assert first["event"]["seq"] == second["event"]["seq"] == 31
        assert len(world.log) == 61

    asyncio.run(story())


@fault(6)
def test_what_was_stored_before_the_end_is_acknowledged_after_it() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")
        (first,) = await world.say("ana", send())
        world.store.conversations[ROOM] = replace(
            world.store.conversations[ROOM], ended_at_ms=START_MS
        )

        (second,) = await world.say("ana", send())

        assert second == first

    asyncio.run(story())


OPERATOR = user("olga").participant
ADDRESSED = [
    ({}, [], [DEMO.id]),
    ({}, ["ben"], [DEMO.id]),
    ({}, [SECOND.id], [SECOND.id]),
    ({}, [SECOND.id, DEMO.id], [DEMO.id, SECOND.id]),
    ({}, ["assistant:nobody"], [DEMO.id]),
    ({"model": "second"}, [], [SECOND.id]),
    ({"reply_policy": ReplyPolicy.MENTION}, [], []),
    ({"reply_policy": ReplyPolicy.MENTION}, ["ben"], []),
    ({"reply_policy": ReplyPolicy.MENTION}, [DEMO.id], [DEMO.id]),
    ({"reply_policy": ReplyPolicy.OFF}, [DEMO.id], []),
    ({"operator": OPERATOR}, [], []),
    ({"operator": OPERATOR}, [DEMO.id], []),
]


@pytest.mark.parametrize(("state", "mentions", "addressed"), ADDRESSED)
def test_who_owes_an_answer_is_decided_when_it_is_stored(
    state: dict[str, object], mentions: list[str], addressed: list[str]
) -> None:
    async def story() -> None:
        world = World().room(**state)
        await world.connect("ana")

        (answer,) = await world.say("ana", send(mentions=mentions))

        assert answer["event"]["body"]["addressed"] == addressed
        assert [each.assistant_id for each in world.jobs.jobs] == addressed

    asyncio.run(story())


def test_a_retry_after_a_change_of_policy_keeps_what_was_decided() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")
        (first,) = await world.say("ana", send())
        known = world.store.conversations[ROOM]
        world.store.conversations[ROOM] = replace(known, reply_policy=ReplyPolicy.OFF)

        (second,) = await world.say("ana", send())

        assert second == first
        assert second["event"]["body"]["addressed"] == [DEMO.id]

    asyncio.run(story())


def test_a_reply_to_what_came_after_after_seq_is_taken() -> None:
    async def story() -> None:
        world = World().room().wrote(3, by="ben")
        await world.connect("ana")

        (answer,) = await world.say("ana", send(reply_to=3, after_seq=1))

        assert answer["event"]["seq"] == 4

    asyncio.run(story())


def test_time_in_the_log_never_runs_backwards() -> None:
    async def story() -> None:
        world = World().room().wrote(1, now_ms=START_MS + 9_000)
        await world.connect("ana")

        await world.say("ana", send(after_seq=1))

        assert world.log[1].at_ms == START_MS + 9_000

    asyncio.run(story())


@dataclass(slots=True)
class DeadQueue:
    """A queue that does not answer."""

    async def send(self, _job: Job) -> None:
        """Fail."""
        message = "The reply queue does not answer."
        raise Unavailable(message)

    async def extend(self, _receipt: str, _seconds: int) -> None:
        """Do nothing."""


@fault(5)
def test_a_queue_that_does_not_answer_costs_no_acknowledgement() -> None:
    async def story() -> None:
        world = World(jobs=DeadQueue()).room()  # type: ignore[arg-type]
        await world.connect("ana")

        (answer,) = await world.say("ana", send())

        assert answer["event"]["seq"] == 1

    asyncio.run(story())
