"""What the Python client does with what it cannot send, keep or hear of."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.python_desk import ANA, Desk, at_desk, message, seated, settled
from wireside_client import Client, FileShelf, Refused, ShelfUnreadable, State, Unsent
from wireside_client.outbox import Entry, Outbox


class Drawer:
    """A shelf in memory, which may be full."""

    def __init__(self, *entries: Entry) -> None:
        self.is_full = False
        self.text = ""
        outbox = Outbox(self)
        for each in entries:
            outbox.add(each)

    def read(self) -> str:
        return self.text

    def write(self, text: str) -> None:
        if self.is_full:
            raise OSError(28, "No space left on device")
        self.text = text

    @property
    def texts(self) -> list[str]:
        """What is kept."""
        return [each["write"]["text"] for each in json.loads(self.text or "[]")]


def left(text: str, conversation_id: str = "c", **more: Any) -> Entry:
    """Return what an earlier process wrote and did not send."""
    return Entry(conversation_id, f"id-{text}", {"action": "send", "text": text}, **more)


async def refused(client: Client, count: int) -> list[Unsent]:
    """Return the next refusals that somebody hears of."""
    heard: AsyncIterator[Unsent] = client.refusals()
    async with asyncio.timeout(5):
        return [await anext(heard) for _ in range(count)]


def test_what_an_earlier_process_left_and_the_service_refuses_is_told_and_kept() -> None:
    shelf, desk = Drawer(left("soup"), left("bread")), Desk()

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            desk.greet()
            desk.answer_open()
            listening = asyncio.ensure_future(refused(client, 1))
            await settled()
            (sent,) = desk.line.frames("send")
            desk.refuse(sent, "conversation_ended", details={"why": "over"})
            (unsent,) = await listening

            assert (unsent.conversation_id, unsent.write["text"]) == ("c", "soup")
            assert (unsent.error.code, str(unsent.error)) == (
                "conversation_ended",
                "It is conversation_ended.",
            )
            assert unsent.error.details == {"why": "over"}
            assert [each["text"] for each in desk.line.frames("send")] == ["soup", "bread"]
            assert shelf.texts == ["soup", "bread"]
        async with at_desk(desk, shelf=shelf) as client:
            assert [each.write["text"] for each in client.unsent] == ["soup"]
            (again,) = await refused(client, 1)
            client.discard(again)

            assert client.unsent == []
            assert shelf.texts == ["bread"]

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_refused_write_is_tried_again_under_its_own_id_and_told_where_it_was_asked() -> None:
    shelf, desk = Drawer(left("soup", refusal={"code": "not_found", "message": ""})), Desk()

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            desk.greet()
            assert desk.line.frames("open") == []
            (unsent,) = client.unsent
            trying = asyncio.ensure_future(client.retry(unsent))
            await settled()
            desk.answer_open()
            await settled()
            (sent,) = desk.line.frames("send")
            assert sent["client_id"] == "id-soup"
            desk.store("soup", client_id=sent["client_id"])

            assert (await trying)["seq"] == 1
            assert (client.unsent, shelf.texts) == ([], [])
            with pytest.raises(Refused) as absent:
                await client.retry(unsent)
            assert absent.value.code == "not_found"
            assert [each["conversation_id"] for each in desk.line.frames("close")] == ["c"]

    asyncio.run(asyncio.wait_for(play(), 10))


def test_an_id_that_belongs_to_other_content_is_replaced_when_it_is_tried_again() -> None:
    reused = {"code": "client_id_reused", "message": ""}
    outbox = Outbox(Drawer(left("soup", after_seq=3, epoch="e", refusal=reused), left("bread")))

    again = outbox.retry("id-soup", "fresh")

    assert again == Entry("c", "fresh", {"action": "send", "text": "soup"})
    assert [each.client_id for each in outbox.of("c")] == ["id-bread", "fresh"]
    assert outbox.retry("id-bread", "other") is None


def test_whoever_waits_for_a_write_hears_of_its_refusal_and_nobody_else() -> None:
    desk = Desk()

    async def play() -> None:
        async with at_desk(desk) as client:
            conversation = await seated(desk, client)
            waiting = asyncio.ensure_future(conversation.send("soup"))
            leaving = asyncio.ensure_future(conversation.send("bread"))
            await settled()
            leaving.cancel()
            desk.refuse(desk.line.frames("send")[-1], "rate_refused")
            await settled()
            with pytest.raises(Refused):
                await waiting
            assert client.unsent == []
            desk.refuse(desk.line.frames("send")[-1], "rate_refused")

            assert [each.write["text"] for each in client.unsent] == ["bread"]

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_shelf_that_refuses_keeps_nobody_from_writing() -> None:
    shelf, desk = Drawer(), Desk()

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            conversation = await seated(desk, client)
            assert client.is_kept
            shelf.is_full = True
            writing = asyncio.ensure_future(conversation.send("soup"))
            await settled()
            assert not client.is_kept
            desk.store("soup", client_id=desk.line.frames("send")[0]["client_id"])
            assert (await writing)["seq"] == 1
            shelf.is_full = False
            writing = asyncio.ensure_future(conversation.send("bread"))
            await settled()

            assert client.is_kept
            assert shelf.texts == ["bread"]
            desk.store("bread", client_id=desk.line.frames("send")[1]["client_id"])
            await writing

    asyncio.run(asyncio.wait_for(play(), 10))


@pytest.mark.parametrize("text", ["{", "7", "[7]", '[{"client_id": "x"}]'])
def test_what_is_no_outbox_is_refused_and_left_as_it_is(text: str, tmp_path: Path) -> None:
    path = tmp_path / "outbox.json"
    path.write_text(text)

    with pytest.raises(ShelfUnreadable):
        Outbox(FileShelf(path))

    assert path.read_text() == text


def test_what_a_later_version_has_added_is_passed_over() -> None:
    shelf = Drawer(left("soup"))
    shelf.text = shelf.text.replace('{"conversation_id"', '{"color": "red", "conversation_id"', 1)

    assert Outbox(shelf).next("c") == left("soup")


def test_what_waits_in_more_conversations_than_may_be_open_is_sent_from_one_after_another() -> None:
    ids = [f"c{number}" for number in range(5)]
    shelf, desk = Drawer(*(left("soup", each) for each in ids)), Desk()

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            own = client.conversation("own")
            desk.greet(limits={"open_conversations": 2})
            opened: list[str] = []
            while len(desk.line.frames("open")) > len(opened):
                opened.append(desk.line.frames("open")[-1]["conversation_id"])
                desk.answer_open()
                await settled()
                for sent in desk.line.frames("send")[desk.line.answered :]:
                    desk.line.answered += 1
                    event = message(1, "soup", ANA, client_id=sent["client_id"])
                    about = {"conversation_id": sent["conversation_id"], "epoch": "g.1"}
                    desk.line.tell(type="event", **about, event=event)
                for asked in desk.line.frames("close"):
                    answer = {"conversation_id": asked["conversation_id"], "ref": asked["ref"]}
                    desk.line.tell(type="closed", **answer)
                await settled()

            assert opened[0] == "own"
            assert sorted(opened[1:]) == ids
            assert shelf.texts == []
            assert own.is_live
            assert len(desk.line.frames("close")) == len(ids)

    asyncio.run(asyncio.wait_for(play(), 10))


def test_no_more_are_followed_than_may_be_open_and_what_is_gone_takes_no_place() -> None:
    desk = Desk()

    async def play() -> None:
        async with at_desk(desk) as client:
            desk.greet(limits={"open_conversations": 1})
            opening = asyncio.ensure_future(client.open("c"))
            await settled()
            with pytest.raises(Refused) as many:
                client.conversation("d")
            assert many.value.code == "too_many_open"
            desk.refuse(desk.line.frames("open")[-1], "not_found")
            with pytest.raises(Refused):
                await opening
            again = asyncio.ensure_future(client.open("c"))
            await settled()
            desk.answer_open()

            assert (await again).is_live

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_change_that_was_stored_is_acknowledged_whatever_log_it_was_meant_for() -> None:
    edit = {"action": "edit", "target_seq": 1, "text": "stew"}
    entry = Entry("c", "id-stew", edit, seen_in="g.0", after_seq=1, epoch="g.0")
    stored = message(2, "", ANA, client_id="id-stew", kind="edited", body=edit)
    shelf, desk = Drawer(entry), Desk(log=[message(1, "soup"), stored])

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            await seated(desk, client)

            assert (client.unsent, shelf.texts) == ([], [])

    asyncio.run(asyncio.wait_for(play(), 10))


def test_a_log_that_ends_before_the_place_of_a_write_is_read_as_a_whole_first() -> None:
    shelf = Drawer(left("soup", after_seq=300, epoch="g.1"))
    desk = Desk(log=[message(seq, "noise") for seq in range(1, 121)])

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            conversation = await seated(desk, client)
            assert desk.line.frames("send") == []
            await settled()

            assert conversation.room.log.start == 0
            assert [each["after_seq"] for each in desk.line.frames("send")] == [120]

    asyncio.run(asyncio.wait_for(play(), 10))


def test_whoever_listens_for_activity_learns_that_some_may_have_been_missed() -> None:
    desk = Desk()

    async def play() -> None:
        async with at_desk(desk) as client:
            await seated(desk, client)
            heard = client.activity()
            first = asyncio.ensure_future(anext(heard))
            await settled()
            desk.line.on_close(None)
            desk.hours.go(1)
            desk.greet()

            assert await first is None

    asyncio.run(asyncio.wait_for(play(), 10))


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"type":' * 100_000, "\ud800", '{"type": 1}', "[]"]
)
def test_what_is_no_frame_is_passed_over_and_the_line_stays(text: str) -> None:
    desk = Desk()

    async def play() -> None:
        async with at_desk(desk) as client:
            desk.greet()
            desk.line.on_text(text)
            await settled()
            assert client.state is State.CONNECTED

    asyncio.run(play())


def test_what_is_gone_makes_room_for_what_waits() -> None:
    shelf, desk = Drawer(left("bread", "there")), Desk()

    async def play() -> None:
        async with at_desk(desk, shelf=shelf) as client:
            own = client.conversation("own")
            desk.greet(limits={"open_conversations": 1})
            (asked,) = desk.line.frames("open")
            assert asked["conversation_id"] == "own"
            desk.refuse(asked, "not_found")

            assert own.is_gone
            assert desk.line.frames("open")[-1]["conversation_id"] == "there"
            assert desk.line.frames("close") == []

    asyncio.run(asyncio.wait_for(play(), 10))


def test_who_was_writing_when_the_line_was_lost_is_not_shown_as_writing() -> None:
    desk = Desk()

    async def play() -> None:
        async with at_desk(desk) as client:
            conversation = await seated(desk, client)
            desk.line.tell(type="typing", conversation_id="c", user_id="ben", on=True)
            desk.line.on_close(None)

            assert conversation.typing_ids == []

    asyncio.run(asyncio.wait_for(play(), 10))
