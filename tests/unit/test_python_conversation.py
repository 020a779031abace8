"""What the Python client promises for a conversation, with time and the service in hand."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import fault
from tests.unit.python_desk import ANA, BEN, EPOCH, Desk, at_desk, message, seated, settled
from wireside_client import Client, Closed, Conversation, FileShelf, Refused

type Story = Callable[[Desk, Client, Conversation], Awaitable[None]]


def told(story: Story, desk: Desk | None = None) -> None:
    """Play a story in an open conversation."""
    here = desk or Desk()

    async def play() -> None:
        async with at_desk(here) as client:
            await story(here, client, await seated(here, client))

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_fresh_token_is_brought_before_the_old_one_expires() -> None:
    async def story(desk: Desk, client: Client, _: Conversation) -> None:
        async def live(seconds: int) -> int:
            """Return how often a refresh was answered."""
            before = len(answered)
            for _ in range(seconds // 30):
                desk.hours.go(30)
                await settled()
                desk.line.tell(type="pong", server_time=desk.time(), heads={"c": 0})
                for each in desk.line.frames("refresh")[len(answered) :]:
                    answered.append(each["token"])
                    expires_at = desk.time(3_600)
                    desk.line.tell(type="refreshed", ref=each["ref"], expires_at=expires_at)
            return len(answered) - before

        answered: list[str] = []
        assert await live(1_470) == 0
        assert await live(60) == 1
        assert await live(3_240) == 0
        assert await live(90) == 1
        assert answered == ["token 1", "token 2"]
        assert len(desk.lines) == 1

    told(story, Desk(token_seconds=1_800))


def test_a_token_that_nobody_renewed_is_followed_by_a_new_connection() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        for _ in range(60):
            desk.hours.go(30)
            desk.line.tell(type="pong", server_time=desk.time(), heads={"c": 0})
        desk.hours.go(1)

        assert desk.lines[0].is_closed
        assert len(desk.lines) == 2
        desk.greet()
        desk.answer_open()
        assert conversation.is_live

    told(story, Desk(token_seconds=1_800))


@fault(18)
def test_a_conversation_lives_on_both_lines_until_the_new_one_has_caught_up() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        old = desk.line
        while len(desk.lines) == 1:
            desk.hours.go(30)
            old.tell(type="pong", server_time=desk.time(), heads={"c": len(desk.log)})
        writing = asyncio.ensure_future(conversation.send("meanwhile"))
        await settled()
        (sent,) = old.frames("send")
        desk.greet()
        event = message(1, "meanwhile", ANA, client_id=sent["client_id"])
        desk.log.append(event)
        old.tell(type="event", conversation_id="c", epoch=EPOCH, event=event)

        assert (await writing)["seq"] == 1
        assert not old.is_closed
        desk.answer_open()
        assert old.is_closed
        assert [each["seq"] for each in conversation.events] == [1]
        assert desk.line.frames("send") == []

    told(story)


def test_a_wish_to_stop_outlives_its_line() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        stopping = asyncio.ensure_future(conversation.stop())
        await settled()
        desk.line.on_close(None)
        desk.hours.go(1)
        desk.greet()

        (again,) = desk.line.frames("stop")
        desk.line.tell(type="stopped", ref=again["ref"], conversation_id="c", runs=["r"])
        assert await stopping == ["r"]

    told(story)


def test_after_a_restored_log_a_write_waits_until_all_of_it_is_read() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("was it stored?"))
        await settled()
        (sent,) = desk.line.frames("send")
        assert sent["after_seq"] == 300
        desk.log[:] = desk.log[:200]
        about = {"conversation_id": "c", "client_id": sent["client_id"], "fatal": False}
        refused = {"code": "invalid_after_seq", "message": "", "retryable": False}
        desk.line.tell(type="error", **about, **refused)
        await settled()
        desk.answer_open()
        await settled()

        assert conversation.room.log.start == 0
        first, again = desk.line.frames("send")
        assert again == first | {"after_seq": 200}
        desk.store("was it stored?", client_id=sent["client_id"])
        assert (await writing)["seq"] == 201

    told(story, Desk(log=[message(seq, "noise") for seq in range(1, 301)]))


def test_a_write_that_a_restored_log_has_is_acknowledged_and_not_sent_again() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("stored"))
        await settled()
        (sent,) = desk.line.frames("send")
        desk.line.on_close(None)
        desk.log[:] = desk.log[:100]
        desk.log[20] = message(21, "stored", ANA, client_id=sent["client_id"])
        desk.hours.go(1)
        desk.greet()
        (asked,) = desk.line.frames("open")
        refused = {"code": "invalid_after_seq", "message": "", "retryable": False}
        desk.line.tell(type="error", ref=asked["ref"], conversation_id="c", fatal=False, **refused)
        await settled()
        desk.answer_open()
        await settled()

        assert (await writing)["seq"] == 21
        assert desk.line.frames("send") == []

    told(story, Desk(log=[message(seq, "noise") for seq in range(1, 151)]))


def test_what_is_too_large_is_refused_before_it_is_sent() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        for text, code in (("x" * 10_001, "text_too_long"), ("🔥" * 9_000, "frame_too_large")):
            with pytest.raises(Refused) as refused:
                await conversation.send(text)
            assert refused.value.code == code
        writing = asyncio.ensure_future(conversation.send("火" * 10_000))
        await settled()

        assert [each["text"] for each in desk.line.frames("send")] == ["火" * 10_000]
        desk.store("火" * 10_000, client_id=desk.line.frames("send")[0]["client_id"])
        await writing

    told(story)


def test_signs_of_writing_and_reading_are_told_rarely() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        for _ in range(10):
            conversation.typing()
            desk.hours.go(0.5)
        for seq in (1, 2, 3, 2):
            conversation.read(seq)

        assert len(desk.line.frames("typing")) == 2
        desk.hours.go(1.9)
        assert [each["seq"] for each in desk.line.frames("read")] == [1]
        desk.hours.go(0.2)
        assert [each["seq"] for each in desk.line.frames("read")] == [1, 3]
        assert conversation.unread == 2

    told(story, Desk(log=[message(seq, "noise") for seq in range(1, 6)]))


def test_what_one_has_read_is_told_again_where_the_line_was_lost() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        conversation.read()
        desk.line.on_close(None)
        desk.hours.go(3)
        desk.greet()
        desk.answer_open()

        assert [each["seq"] for each in desk.line.frames("read")] == [2]

    told(story, Desk(log=[message(1, "one"), message(2, "two")]))


def test_others_are_seen_coming_writing_and_ceasing_to() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        for on in (True, False):
            desk.line.tell(type="presence", conversation_id="c", user_id="ben", on=on)
            assert conversation.present == ({"ana", "ben"} if on else {"ana"})
        desk.line.tell(type="typing", conversation_id="c", user_id="ben", on=True)
        assert conversation.typing_ids == ["ben"]
        desk.hours.go(6)
        assert conversation.typing_ids == []
        desk.line.tell(type="typing", conversation_id="c", user_id="ben", on=True)
        desk.store("done", BEN)
        assert conversation.typing_ids == []

    told(story)


def test_reading_on_another_device_and_writing_mark_as_read() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        assert conversation.unread == 3
        desk.line.tell(type="read", conversation_id="c", seq=2)
        assert (conversation.read_seq, conversation.unread) == (2, 1)
        desk.store("mine")
        assert conversation.unread == 0
        desk.store("theirs", BEN)
        assert conversation.unread == 1

    told(story, Desk(log=[message(seq, "noise") for seq in range(1, 4)]))


@pytest.mark.parametrize("reason", ["rotate", "shutdown"])
def test_a_goodbye_is_answered_by_a_new_line_beside_the_old_one(reason: str) -> None:
    async def story(desk: Desk, client: Client, _: Conversation) -> None:
        desk.line.tell(type="goodbye", reason=reason, reconnect=True)

        assert len(desk.lines) == 2
        assert not desk.lines[0].is_closed

    told(story)


def test_a_goodbye_for_good_ends_whatever_waits() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("?"))
        waiting = asyncio.ensure_future(conversation.until(lambda _: False))
        stopping = asyncio.ensure_future(conversation.stop())
        await settled()
        desk.line.tell(type="goodbye", reason="removed", reconnect=False)

        for each in (writing, waiting, stopping):
            with pytest.raises(Closed, match="removed"):
                await each
        desk.hours.go(120)
        assert len(desk.lines) == 1
        assert client.outbox.conversation_ids == frozenset()

    told(story)


@pytest.mark.parametrize("reason", ["expired", "flooding"])
def test_after_other_goodbyes_it_comes_back_in_a_moment(reason: str) -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        desk.line.tell(type="goodbye", reason=reason, reconnect=True)
        desk.line.on_close(None)
        assert len(desk.lines) == 1
        desk.hours.go(0.5)
        desk.greet()
        desk.answer_open()

        assert conversation.is_live

    told(story)


def test_whoever_is_not_let_in_is_told_and_tries_on() -> None:
    desk = Desk()

    async def play() -> None:
        async with at_desk(desk) as client:
            connecting = asyncio.ensure_future(client.connected())
            opening = asyncio.ensure_future(client.open("c"))
            await settled()
            desk.line.on_close(401)
            for each in (connecting, opening):
                with pytest.raises(Refused) as refused:
                    await each
                assert refused.value.code == "unauthorized"
            assert client.refusal is refused.value
            desk.hours.go(1)
            desk.greet(user={"id": "ana"})
            assert (await client.connected())["user"] == {"id": "ana"}
            assert client.refusal is None

    asyncio.run(play())


def test_a_conversation_is_closed_once_what_was_written_is_stored() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("last"))
        await settled()
        closing = asyncio.ensure_future(conversation.close())
        await settled()
        assert desk.line.frames("close") == []
        desk.store("last", client_id=desk.line.frames("send")[0]["client_id"])
        await asyncio.gather(writing, closing)

        assert [each["conversation_id"] for each in desk.line.frames("close")] == ["c"]
        with pytest.raises(Closed):
            await conversation.send("later")

    told(story)


def test_changes_are_seen_and_an_error_in_looking_is_the_lookers() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        def look(_: Any) -> bool:
            return bool(conversation.events) and 1 // 0 > 0

        looking = asyncio.ensure_future(conversation.until(look))
        changes = conversation.changes()
        await anext(changes)
        await settled()
        desk.store("one", BEN)
        desk.store("two", BEN)

        await anext(changes)
        with pytest.raises(ZeroDivisionError):
            await looking
        assert [each.text for each in conversation.items if each.type == "message"] == [
            "one",
            "two",
        ]

    told(story)


def test_activity_elsewhere_is_told() -> None:
    async def story(desk: Desk, client: Client, _: Conversation) -> None:
        heard = client.activity()
        next_one = asyncio.ensure_future(anext(heard))
        await settled()
        desk.line.tell(type="activity", conversation_id="d", head=3, n=2, title="Soup", at="now")

        assert (await next_one)["conversation_id"] == "d"

    told(story)


def test_what_the_next_process_finds_unsent_it_sends_with_the_same_id(tmp_path: Path) -> None:
    shelf, desk = FileShelf(tmp_path / "outbox.json"), Desk()

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            conversation = await seated(desk, client)
            writing = asyncio.ensure_future(conversation.send("twice?"))
            await settled()
            (first,) = desk.line.frames("send")
        with pytest.raises(Closed):
            await writing
        async with at_desk(desk, shelf=shelf) as client:
            await seated(desk, client)
            (again,) = desk.line.frames("send")
        assert again == first

    asyncio.run(play())


def test_catching_up_waits_for_all_that_is_stored_by_now() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        desk.log += [message(1, "one"), message(2, "two")]
        catching_up = asyncio.ensure_future(conversation.catch_up())
        await settled()
        assert len(desk.line.frames("ping")) == 1
        desk.line.on_close(None)
        desk.hours.go(1)
        desk.greet()
        desk.log.append(message(3, "three"))
        assert len(desk.line.frames("ping")) == 1
        desk.line.tell(type="pong", server_time=desk.time(), heads={"c": 3})
        await settled()
        assert not catching_up.done()
        desk.answer_open()
        await catching_up

        assert [each["seq"] for each in conversation.events] == [1, 2, 3]

    told(story)
