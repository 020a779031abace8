"""What the Python client does about frames that are lost, late, cut or of another log."""

import asyncio
from typing import Any

import pytest

from tests.faults import fault
from tests.unit.python_desk import ANA, BEN, EPOCH, Desk, message, settled
from tests.unit.test_python_conversation import told
from wireside_client import Client, Conversation, Refused
from wireside_client.streams import Streams

type Frame = dict[str, Any]

HERE = {"conversation_id": "c", "epoch": EPOCH}
RUN = {"conversation_id": "c", "run_id": "r", "participant": "assistant:demo"}


def noise(count: int) -> list[Frame]:
    """Return a log."""
    return [message(seq, f"number {seq}") for seq in range(1, count + 1)]


def texts(conversation: Conversation) -> list[str]:
    """Return what is held."""
    return [each["body"]["text"] for each in conversation.events]


@fault(10)
def test_a_gap_is_awaited_300_ms_then_asked_for() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        first, second, third, fourth = noise(4)
        desk.line.tell(type="event", **HERE, event=second)
        desk.hours.go(0.29)
        desk.line.tell(type="event", **HERE, event=first)
        desk.hours.go(1)
        assert desk.line.frames("sync") == []
        assert texts(conversation) == ["number 1", "number 2"]

        desk.line.tell(type="event", **HERE, event=fourth)
        desk.hours.go(0.3)
        (asked,) = desk.line.frames("sync")
        assert (asked["after_seq"], asked["epoch"]) == (2, EPOCH)
        answer = {"events": [third, fourth], "head": 4, "more": False}
        desk.line.tell(type="events", ref=asked["ref"], **HERE, **answer)
        assert texts(conversation)[2:] == ["number 3", "number 4"]
        desk.hours.go(20)
        assert len(desk.line.frames("sync")) == 1

    told(story)


@fault(11)
def test_a_last_message_that_was_lost_is_told_by_a_pong_or_by_the_end_of_its_run() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        desk.line.tell(type="pong", server_time=desk.time(), heads={"c": 1})
        desk.hours.go(0.3)
        (asked,) = desk.line.frames("sync")
        page = {"events": noise(1), "head": 1, "more": False}
        desk.line.tell(type="events", ref=asked["ref"], **HERE, **page)
        assert texts(conversation) == ["number 1"]

        desk.line.tell(type="run", **RUN, trigger_seq=1, fence=1, state="ended")
        desk.hours.go(0.3)
        assert [each["after_seq"] for each in desk.line.frames("sync")] == [0, 1]

    told(story)


def test_a_subscription_that_a_pong_does_not_know_is_made_again() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        desk.line.tell(type="pong", server_time=desk.time(), heads={})

        assert [each.get("after_seq") for each in desk.line.frames("open")] == [None, 2]

    told(story, Desk(log=noise(2)))


@fault(3)
def test_without_an_answer_the_same_frame_goes_out_again_after_5_s() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("twice?"))
        await settled()
        desk.hours.go(4.9)
        (first,) = desk.line.frames("send")
        desk.hours.go(0.2)
        assert desk.line.frames("send") == [first, first]
        desk.store("twice?", client_id=first["client_id"])
        desk.hours.go(20)

        assert (await writing)["seq"] == 1
        assert len(desk.line.frames("send")) == 2

    told(story)


@pytest.mark.parametrize(("wait", "seconds"), [({"retry_after_ms": 2_000}, 2.0), ({}, 0.25)])
def test_what_is_refused_for_now_is_sent_again_when_it_may_be(wait: Frame, seconds: float) -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("soon"))
        await settled()
        (first,) = desk.line.frames("send")
        about = {"conversation_id": "c", "client_id": first["client_id"], "fatal": False}
        refused = {"code": "rate_limited", "message": "", "retryable": True}
        desk.line.tell(type="error", **about, **refused, **wait)
        desk.hours.go(seconds - 0.01)
        assert len(desk.line.frames("send")) == 1
        desk.hours.go(0.02)
        assert desk.line.frames("send") == [first, first]
        desk.store("soon", client_id=first["client_id"])
        await writing

    told(story)


def test_a_line_that_ends_because_of_a_frame_refuses_that_frame_and_sends_the_next() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        large = asyncio.ensure_future(conversation.send("large"))
        small = asyncio.ensure_future(conversation.send("small"))
        await settled()
        desk.line.on_close(1009)
        with pytest.raises(Refused) as refused:
            await large
        assert refused.value.code == "frame_too_large"
        desk.hours.go(1)
        desk.greet()
        desk.answer_open()

        (sent,) = desk.line.frames("send")
        desk.store("small", client_id=sent["client_id"])
        assert (await small)["seq"] == 1

    told(story)


@fault(20)
def test_who_is_too_far_behind_loads_the_newest_page_and_reads_on_before_writing_again() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("was it stored?"))
        await settled()
        (sent,) = desk.line.frames("send")
        desk.line.on_close(None)
        desk.log += [message(seq, "meanwhile") for seq in range(3, 403)]
        desk.log[2] = message(3, "was it stored?", ANA, client_id=sent["client_id"])
        desk.hours.go(1)
        desk.greet()
        desk.refuse(desk.line.frames("open")[-1], "resync_required")
        await settled()
        assert conversation.room.log.start == 352
        desk.answer_open()
        await settled()

        assert (await writing)["seq"] == 3
        assert desk.line.frames("send") == []
        assert conversation.events[-1]["seq"] == 402

    told(story, Desk(log=noise(2)))


@fault(20)
def test_a_frame_of_another_epoch_means_reloading_until_that_succeeds() -> None:
    class Away(Desk):
        is_away = True

        async def events(self, _id: str, where: Frame, limit: int) -> Frame:
            if self.is_away:
                raise Refused({"code": "unavailable", "message": "", "retryable": True})
            return await super().events(_id, where, limit) | {"epoch": "g.2"}

    desk = Away(log=noise(2))

    async def story(_: Desk, client: Client, conversation: Conversation) -> None:
        other = message(1, "another log")
        desk.line.tell(type="event", conversation_id="c", epoch="g.2", event=other)
        desk.log[:] = [other]
        await settled()
        assert texts(conversation) == ["number 1", "number 2"]
        desk.is_away = False
        desk.hours.go(1)
        await settled()

        assert texts(conversation) == ["another log"]
        assert desk.line.frames("open")[-1]["epoch"] == "g.2"

    told(story, desk)


def test_a_write_that_is_too_far_behind_waits_until_the_conversation_is_loaded_anew() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = asyncio.ensure_future(conversation.send("behind"))
        await settled()
        (first,) = desk.line.frames("send")
        desk.log += [message(seq, "meanwhile") for seq in range(1, 11)]
        desk.refuse(first, "resync_required")
        await settled()
        desk.answer_open()
        await settled()

        (_, again) = desk.line.frames("send")
        assert again == first | {"after_seq": 10}
        desk.store("behind", client_id=first["client_id"])
        await writing

    told(story)


def test_a_text_that_came_cut_is_read_whole() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        whole = message(1, "the whole of it")
        cut = message(1, "the wh", truncated=True)
        desk.line.tell(type="event", **HERE, event=cut)
        desk.log.append(whole)
        assert conversation.items[0].text == "the wh"
        await settled()

        assert conversation.events == [whole]
        assert conversation.items[0].text == "the whole of it"

    told(story)


@fault(33)
def test_a_stream_with_a_hole_opens_again_at_most_once_a_second() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        desk.line.tell(type="run", **RUN, trigger_seq=1, fence=1, state="started")
        desk.line.tell(type="delta", **RUN, fence=1, offset=0, text="one ")
        desk.hours.go(5)
        for offset in (8, 12, 16):
            desk.line.tell(type="delta", **RUN, fence=1, offset=offset, text="more")
        desk.hours.go(0.01)
        assert len(desk.line.frames("open")) == 2
        desk.answer_open()
        desk.line.tell(type="delta", **RUN, fence=1, offset=20, text="more")
        desk.hours.go(0.9)
        assert len(desk.line.frames("open")) == 2
        desk.hours.go(0.2)
        assert len(desk.line.frames("open")) == 3
        desk.line.tell(type="delta", **RUN, fence=1, offset=4, text="two ")

        assert [each.text for each in conversation.answers] == ["one two moremoremoremore"]

    told(story, Desk(log=noise(1)))


def test_what_a_run_says_after_its_end_is_heard_by_nobody() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        desk.line.tell(type="run", **RUN, trigger_seq=1, fence=1, state="started")
        desk.line.tell(type="delta", **RUN, fence=1, offset=0, text="one")
        demo = {"id": "assistant:demo", "name": "Demo", "type": "assistant"}
        body = {"run_id": "r", "trigger_seq": 1, "text": "one"}
        desk.line.tell(type="event", **HERE, event=message(2, "one", demo, body=body))
        desk.line.tell(type="delta", **RUN, fence=1, offset=3, text=" more")

        assert list(conversation.answers) == []
        assert texts(conversation)[-1] == "one"

    told(story, Desk(log=noise(1)))


def test_one_write_at_a_time_and_somebody_elses_event_with_its_id_acknowledges_nothing() -> None:
    async def story(desk: Desk, client: Client, conversation: Conversation) -> None:
        writing = [asyncio.ensure_future(conversation.send(text)) for text in ("one", "two")]
        await settled()
        (first,) = desk.line.frames("send")
        assert first["text"] == "one"
        desk.store("one", BEN, client_id=first["client_id"])
        await settled()
        assert len(desk.line.frames("send")) == 1
        assert not writing[0].done()
        desk.store("one", client_id=first["client_id"])
        (_, second) = desk.line.frames("send")
        assert (second["text"], second["after_seq"]) == ("two", 2)
        desk.store("two", client_id=second["client_id"])

        assert [each["seq"] for each in await asyncio.gather(*writing)] == [2, 3]

    told(story)


@fault(20)
def test_a_change_to_a_message_of_a_log_that_was_restored_is_not_sent_to_the_new_one() -> None:
    class Restored(Desk):
        async def events(self, _id: str, where: Frame, limit: int) -> Frame:
            return await super().events(_id, where, limit) | {"epoch": "g.2"}

    desk = Restored(log=noise(2))

    async def story(_: Desk, client: Client, conversation: Conversation) -> None:
        desk.line.on_close(None)
        writing = asyncio.ensure_future(conversation.edit(2, "for another"))
        await settled()
        desk.hours.go(1)
        desk.greet()
        desk.refuse(desk.line.frames("open")[-1], "resync_required")
        await settled()
        desk.answer_open(epoch="g.2")
        with pytest.raises(Refused) as refused:
            await writing

        assert refused.value.code == "resync_required"
        assert "another log" in str(refused.value)
        assert desk.line.frames("edit") == []

    told(story, desk)


@fault(29)
def test_an_answer_to_open_that_tells_of_an_older_attempt_takes_nothing_back() -> None:
    streams = Streams()
    streams.note({**RUN, "trigger_seq": 1, "fence": 2, "state": "started"})
    streams.apply({**RUN, "fence": 2, "offset": 0, "text": "anew"})

    streams.restore([{**RUN, "trigger_seq": 1, "fence": 1, "offset": 0, "text": "before"}])

    assert [each.text for each in streams.in_flight] == ["anew"]
