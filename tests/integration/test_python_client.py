"""The Python client against the local run: what it promises, while lines are cut."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.harness import Running
from tests.faults import fault
from wireside_client import Client, FileShelf, Refused, State

STORY_SECONDS = 60


@asynccontextmanager
async def arrived(running: Running, sub: str, **how: Any) -> AsyncIterator[Client]:
    """Have somebody's client inside a block."""

    async def token() -> str:
        return running.token(sub)

    async with Client(
        http_url=running.http_url,
        websocket_url=running.websocket_url,
        user_id=sub,
        token=token,
        **how,
    ) as client:
        yield client


def cut(client: Client) -> None:
    """Lose the line, if there is one, without a word."""
    if (link := client.connection._link) is not None:
        link._socket.close()


def test_two_people_and_an_assistant_talk(running: Running) -> None:
    async def story() -> None:
        async with arrived(running, "ana") as ana, arrived(running, "ben") as ben:
            made = await ana.api.create("Python", ("ben",))
            here, there = await ana.open(made["id"]), await ben.open(made["id"])

            asked = await here.send("Is there soup?")
            await there.until(lambda room: len(room.answers) > 0)
            await there.until(lambda room: room.events[-1]["body"].get("trigger_seq") == 1)
            await here.until(lambda room: len(room.events) == len(there.events))

            assert asked["body"]["addressed"] == ["assistant:demo"]
            assert here.events == there.events
            assert not here.answers

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


def test_what_is_written_while_lines_are_cut_is_there_once_and_in_order(running: Running) -> None:
    async def story() -> None:
        async with arrived(running, "ana") as ana, arrived(running, "ben") as ben:
            made = await ana.api.create("Cut", ("ben",))
            await ana.api.ask("PATCH", f"/conversations/{made['id']}", {"reply_policy": "off"})
            here, there = await ana.open(made["id"]), await ben.open(made["id"])
            heard: list[int] = []

            async def listen() -> None:
                async for event in there.follow():
                    heard.append(event["seq"])

            listening = asyncio.create_task(listen())
            for number in range(12):
                writing = asyncio.create_task(here.send(f"number {number}"))
                await asyncio.sleep(0)
                if number % 3 == 0:
                    cut(ana)
                if number % 4 == 0:
                    cut(ben)
                await writing
            await there.until(lambda room: room.room.log.through == here.room.log.through)
            listening.cancel()

            texts = [each["body"]["text"] for each in there.events if each["kind"] == "message"]
            assert texts == [f"number {number}" for number in range(12)]
            assert here.events == there.events
            assert heard == sorted(set(heard))

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


@fault(18)
def test_a_line_is_replaced_and_a_token_renewed_in_the_middle_of_an_answer(
    running: Running,
) -> None:
    async def story() -> None:
        async with arrived(running, "ana") as ana, arrived(running, "ben") as ben:
            made = await ana.api.create("Rotate", ("ben",))
            here, there = await ana.open(made["id"]), await ben.open(made["id"])
            states: list[State] = []
            asked = await here.send("Tell me a story, please, about soup.")
            await here.until(lambda room: any(each.text for each in room.answers))
            first, welcome = ana.connection._link, ana.welcome

            ana.connection._rotate()
            async for _ in here.changes():
                states.append(ana.state)
                if ana.connection._link is not first and ana.connection._old is None:
                    break
            ana._refresh()
            refreshed = await ana.ask({"action": "refresh", "token": running.token("ana")})
            await here.until(
                lambda room: room.events[-1]["body"].get("trigger_seq") == asked["seq"]
            )
            await there.until(lambda room: len(room.events) == len(here.events))

            assert set(states) == {State.CONNECTED}
            assert welcome is not None
            assert refreshed["expires_at"] >= welcome["expires_at"]
            assert here.events == there.events

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


def test_what_people_do_with_messages_is_seen_by_the_others(running: Running) -> None:
    async def story() -> None:
        async with arrived(running, "ana") as ana, arrived(running, "ben") as ben:
            made = await ana.api.create("Verbs", ("ben",))
            here, there = await ana.open(made["id"]), await ben.open(made["id"])
            await here.until(lambda room: room.present == {"ana", "ben"})
            here.typing()
            await there.until(lambda room: room.typing_ids == ["ana"])

            first = (await here.send("Is there soup?"))["seq"]
            await there.until(lambda room: room.typing_ids == [])
            await here.until(lambda room: room.events[-1]["body"].get("trigger_seq") == first)
            answer = here.events[-1]["seq"]
            await here.edit(first, "Is there any soup?")
            await there.react(first, "🔥")
            await there.regenerate(answer)
            await here.until(lambda room: "regenerates" in room.events[-1]["body"])
            await here.delete(answer)
            last = await there.model("demo")
            await here.until(lambda room: room.events[-1]["seq"] == last["seq"])

            texts = [each for each in here.items if each.type == "message"]
            assert texts[0].text == "Is there any soup?"
            assert texts[0].reactions == {"🔥": ["ben"]}
            assert [each.is_deleted for each in texts] == [False, True, False]
            assert here.items == there.items
            assert there.unread > 0
            there.read()
            assert there.unread == 0
            assert list(await here.stop()) == []
            shared = await ana.api.share(made["id"])
            assert shared["through_seq"] == here.events[-1]["seq"]
            await ana.api.unshare(made["id"])
            assert "shared" not in await ana.api.conversation(made["id"])

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


def test_what_was_not_sent_is_sent_by_the_next_process(running: Running, tmp_path: Path) -> None:
    async def story() -> None:
        shelf = FileShelf(tmp_path / "outbox.json")
        async with arrived(running, "ana", shelf=shelf) as ana:
            made = await ana.api.create("Later")
            here = await ana.open(made["id"])
            ana.connection.stop()
            writing = asyncio.create_task(here.send("from before"))
            await asyncio.sleep(0)
        await asyncio.gather(writing, return_exceptions=True)
        assert "from before" in shelf.read()

        async with arrived(running, "ana", shelf=shelf) as ana:
            again = await ana.open(made["id"])
            await again.until(lambda room: any("before" in str(each) for each in room.events))
            await again.until(lambda _: shelf.read() == "[]")

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


def test_a_refusal_is_raised_where_it_was_asked(running: Running) -> None:
    async def story() -> None:
        async with arrived(running, "ana") as ana:
            made = await ana.api.create("Refused")
            here = await ana.open(made["id"])
            with pytest.raises(Refused) as refused:
                await here.send("x" * 10_001)
            assert refused.value.code == "text_too_long"
            with pytest.raises(Refused) as absent:
                await ana.open("no-such-conversation-0")
            assert absent.value.code == "not_found"
            assert (await here.send("still here"))["kind"] == "message"

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))
