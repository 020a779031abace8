"""Two people and the demo assistant, through the whole local run."""

import asyncio
from contextlib import AsyncExitStack

from local.harness import Running
from tests.faults import fault
from tests.integration.client import Client, Frame, connected, create, request

CROWD = 100


def is_event(kind: str) -> object:
    return lambda frame: frame["type"] == "event" and frame["event"]["kind"] == kind


def answered(frame: Frame) -> bool:
    return bool(frame["type"] == "event" and frame["event"]["sender"]["type"] == "assistant")


def assemble(frames: list[Frame], run_id: str) -> str:
    """Return the text of a run as its deltas tell it: gapless, by offset."""
    text = ""
    for frame in frames:
        if frame["type"] == "delta" and frame["run_id"] == run_id:
            assert frame["offset"] <= len(text), "a delta was lost"
            text = text[: frame["offset"]] + frame["text"]
    return text


def test_two_people_talk_and_the_assistant_streams_to_both(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben")
        async with connected(running, "ana") as ana, connected(running, "ben") as ben:
            await ana.enter(room)
            await ben.enter(room)

            sent = await ana.ask(
                "send", conversation_id=room, client_id="m1", after_seq=0, text="Hello, Ben 👋🏽"
            )
            heard = await ben.until(lambda frame: frame["type"] == "event")
            by_ana, by_ben = await asyncio.gather(ana.until(answered), ben.until(answered))

            assert sent["event"] == heard["event"]
            assert by_ana["event"] == by_ben["event"]
            body = by_ana["event"]["body"]
            assert "Hello, Ben 👋🏽" in body["text"]
            assert "demo" in body["text"]
            assert body["trigger_seq"] == 1
            for person in (ana, ben):
                deltas = [frame for frame in person.heard if frame["type"] == "delta"]
                assert len(deltas) > 3
                assert assemble(person.heard, body["run_id"]) == body["text"]

    asyncio.run(scenario())


@fault(33)
def test_a_second_device_joins_in_mid_stream_and_loses_no_character(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana")
        async with connected(running, "ana") as first, connected(running, "ana") as second:
            await first.enter(room)
            await first.send(
                "send", conversation_id=room, client_id="m1", after_seq=0, text="a long answer"
            )
            await first.until(lambda frame: frame["type"] == "delta" and frame["offset"] > 100)

            text, run_id = await follow(second, room)
            final = await first.until(answered)

            assert run_id == final["event"]["body"]["run_id"]
            assert text == final["event"]["body"]["text"]

    asyncio.run(scenario())


async def follow(client: Client, room: str) -> tuple[str, str]:
    """Read a run from the middle of its stream, as a client does: open again where one is beyond."""
    text, run_id = "", ""
    await client.send("open", conversation_id=room)
    while True:
        frame = await client.until(lambda frame: True)
        if frame["type"] == "opened" and frame["runs"]:
            (run,) = frame["runs"]
            run_id = run["run_id"]
            if run["offset"] + len(run["text"]) > len(text):
                text = text[: run["offset"]] + run["text"]
        elif frame["type"] == "delta" and run_id:
            if frame["offset"] > len(text):
                await client.send("open", conversation_id=room)
            elif frame["offset"] + len(frame["text"]) > len(text):
                text = text[: frame["offset"]] + frame["text"]
        elif answered(frame):
            return frame["event"]["body"]["text"] if not text else _joined(text, frame), run_id


def _joined(text: str, final: Frame) -> str:
    whole = str(final["event"]["body"]["text"])
    assert whole.startswith(text), "what was held is not a beginning of the answer"
    return whole


@fault(2, 9)
def test_a_message_that_is_sent_again_is_stored_once_and_has_the_same_seq(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", policy="off")
        async with connected(running, "ana") as ana:
            fields = {"conversation_id": room, "client_id": "once", "after_seq": 0, "text": "hi"}

            first = await ana.ask("send", **fields)
            again = await ana.ask("send", **fields)
            other = await ana.ask("send", **{**fields, "text": "other"})

            assert first["event"] == again["event"]
            assert other["code"] == "client_id_reused"
            status, page = await request(running, "GET", f"/v1/conversations/{room}/events", "ana")
            assert (status, page["head"]) == (200, 1)

    asyncio.run(scenario())


@fault(6)
def test_a_hundred_people_send_at_once_and_all_of_it_is_stored_without_a_gap(
    running: Running,
) -> None:
    people = [f"person-{index:03d}" for index in range(CROWD)]

    async def scenario() -> None:
        room = await create(running, people[0], *people[1:], policy="off")
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(connected(running, each)) for each in people]
            for client in clients:
                await client.enter(room)

            answers = await asyncio.gather(
                *(
                    send_until_acknowledged(client, room, f"m-{index}")
                    for index, client in enumerate(clients)
                )
            )

        assert [answer["type"] for answer in answers] == ["event"] * CROWD
        assert sorted(answer["event"]["seq"] for answer in answers) == list(range(1, CROWD + 1))
        _, page = await request(
            running, "GET", f"/v1/conversations/{room}/events?after_seq=0&limit=300", people[0]
        )
        assert [event["seq"] for event in page["events"]] == list(range(1, CROWD + 1))
        assert {event["client_id"] for event in page["events"]} == {
            f"m-{index}" for index in range(CROWD)
        }

    asyncio.run(scenario())


async def send_until_acknowledged(client: Client, room: str, client_id: str) -> Frame:
    """Send as the protocol says: the same frame again after 5 s without an answer."""
    fields = {"conversation_id": room, "client_id": client_id, "after_seq": 0, "text": client_id}

    def is_answer(frame: Frame) -> bool:
        own = frame["type"] == "event" and frame.get("ref") == client_id
        return own or frame["type"] == "error"

    for _ in range(6):
        await client.send("send", ref=client_id, **fields)
        try:
            async with asyncio.timeout(5):
                return await client.until(is_answer)
        except TimeoutError:
            continue
    message = f"{client_id} was never answered"
    raise AssertionError(message)
