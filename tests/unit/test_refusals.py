"""send: what is refused, and that what is stored never is."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import DEMO, ROOM, World, error_of, member, send
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import ReplyPolicy


@fault(9)
@pytest.mark.parametrize("retry", [send("other"), send(reply_to=1), send(mentions=["ben"])])
def test_a_client_id_used_for_something_else_is_refused(retry: dict[str, object]) -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")
        await world.say("ana", send())

        answer = await world.say("ana", retry)

        assert error_of(answer) == "client_id_reused"
        assert [each.text for each in world.log] == ["hello"]

    asyncio.run(story())


def test_a_client_id_is_its_writers_own() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")
        await world.connect("ben")

        await world.say("ana", send("mine"))
        (answer,) = await world.say("ben", send("mine"))

        assert answer["event"]["seq"] == 2

    asyncio.run(story())


def test_a_seq_that_the_log_does_not_have_is_refused_and_nothing_is_stored() -> None:
    async def story() -> None:
        world = World().room().wrote(1)
        await world.connect("ana")

        answer = await world.say("ana", send(after_seq=2))

        assert error_of(answer) == "invalid_after_seq"
        assert len(world.log) == 1

    asyncio.run(story())


@pytest.mark.parametrize(("behind", "stored"), [(300, True), (301, False), (900, False)])
def test_a_writer_more_than_300_behind_is_told_to_reload(behind: int, *, stored: bool) -> None:
    async def story() -> None:
        world = World().room().wrote(behind, by="ben")
        await world.connect("ana")

        answer = await world.say("ana", send(after_seq=0))

        assert len(world.log) == behind + stored
        if not stored:
            assert error_of(answer) == "resync_required"

    asyncio.run(story())


def test_what_was_stored_more_than_8_events_ago_is_acknowledged_far_behind() -> None:
    async def story() -> None:
        world = World().room().wrote(250, by="ben")
        await world.connect("ana")
        (first,) = await world.say("ana", send(after_seq=250))
        world.wrote(200, by="ben")

        (second,) = await world.say("ana", send(after_seq=0))

        assert second["event"] == first["event"]

    asyncio.run(story())


def test_an_ended_conversation_takes_no_message() -> None:
    async def story() -> None:
        world = World().room(ended_at_ms=START_MS)
        await world.connect("ana")

        answer = await world.say("ana", send())

        assert error_of(answer) == "conversation_ended"
        assert world.log == []

    asyncio.run(story())


def test_too_many_messages_in_a_minute_are_refused_until_the_next() -> None:
    async def story() -> None:
        world = World(messages_per_minute=2).room()
        world.clock.time_ms += 17_500
        await world.connect("ana")
        await world.connect("ben")
        for seq in range(2):
            await world.say("ana", send(client_id=f"c{seq}", after_seq=seq))

        (refused,) = await world.say("ana", send(client_id="c3", after_seq=2))
        (other,) = await world.say("ben", send(client_id="b1", after_seq=2))
        world.clock.time_ms += refused["retry_after_ms"]
        (later,) = await world.say("ana", send(client_id="c3", after_seq=2))

        assert (refused["code"], refused["retryable"]) == ("rate_limited", True)
        assert refused["retry_after_ms"] == 42_500
        assert other["event"]["seq"] == 3
        assert later["event"]["seq"] == 4

    asyncio.run(story())


@fault(6)
def test_what_was_stored_before_the_rate_limit_is_acknowledged_under_it() -> None:
    async def story() -> None:
        world = World(messages_per_minute=1).room()
        await world.enter("ben")
        await world.connect("ana")
        (first,) = await world.say("ana", send())
        world.wrote(3, by="ben")

        (second,) = await world.say("ana", send())
        other = await world.say("ana", send("other"))

        assert second == first
        assert world.kinds("ben") == ["event", "event"]
        assert error_of(other) == "client_id_reused"

    asyncio.run(story())


def test_the_21st_unanswered_message_of_one_sender_is_refused() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")
        await world.connect("ben")
        for seq in range(20):
            await world.say("ana", send(client_id=f"c{seq}", after_seq=seq))

        (refused,) = await world.say("ana", send(client_id="c20", after_seq=20))
        (other,) = await world.say("ben", send(client_id="b", after_seq=20))
        world.store.conversations[ROOM] = replace(
            world.store.conversations[ROOM], answered_through={DEMO.id: 1}
        )
        (later,) = await world.say("ana", send(client_id="c20", after_seq=21))

        assert (refused["code"], refused["retryable"]) == ("queue_full", True)
        assert refused["retry_after_ms"] > 0
        assert other["event"]["seq"] == 21
        assert later["event"]["seq"] == 22

    asyncio.run(story())


def test_messages_that_nobody_owes_an_answer_fill_no_queue() -> None:
    async def story() -> None:
        world = World().room(reply_policy=ReplyPolicy.OFF)
        await world.connect("ana")

        for seq in range(30):
            await world.say("ana", send(client_id=f"c{seq}", after_seq=seq))

        assert len(world.log) == 30
        assert world.jobs.jobs == []

    asyncio.run(story())


@pytest.mark.parametrize("target", [1, 2, 5])
def test_a_reply_to_what_does_not_exist_is_refused(target: int) -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        (refused,) = await world.say("ana", send(reply_to=target))

        assert (refused["code"], refused["details"]) == ("invalid_field", {"field": "reply_to"})

    asyncio.run(story())


def test_a_file_that_nobody_uploaded_is_not_found() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        answer = await world.say("ana", send("", files=["f1"]))

        assert error_of(answer) == "not_found"

    asyncio.run(story())


@fault(37)
def test_a_removed_member_is_refused_at_once_also_under_a_known_client_id() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ben")
        await world.say("ben", send())
        del world.store.members[ROOM, member("ben").user_id]

        known = await world.say("ben", send())
        new = await world.say("ben", send(client_id="c2", after_seq=1))

        assert error_of(known) == error_of(new) == "not_found"
        assert len(world.log) == 1

    asyncio.run(story())


@fault(35)
def test_a_spoofed_sender_is_refused() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        (refused,) = await world.say("ana", send(sender={"id": "ben"}))

        assert (refused["code"], refused["details"]) == ("invalid_field", {"field": "sender"})

    asyncio.run(story())
