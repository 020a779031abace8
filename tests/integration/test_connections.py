"""How many connections there may be, and what becomes of them, through the whole local run."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local.harness import Running, local_run
from tests.faults import fault
from tests.integration.client import Frame, connected, create, request


def handshake(running: Running, sub: str, forwarded: str | None = None) -> connect:
    """Return a handshake that is yet to be made."""
    protocols: Any = ["wireside.v1", f"wireside.auth.{running.token(sub)}"]
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return connect(running.websocket_url, subprotocols=protocols, additional_headers=headers)


async def knock(running: Running, sub: str, forwarded: str | None = None) -> int:
    """Return the status of a handshake; a connection that is made is closed again."""
    try:
        async with handshake(running, sub, forwarded):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


@fault(49)
def test_a_person_has_10_connections_and_the_11th_is_refused_until_one_is_closed(
    running: Running,
) -> None:
    async def scenario() -> None:
        async with AsyncExitStack() as lines:
            held = [await lines.enter_async_context(connected(running, "max")) for _ in range(9)]
            at_once = await asyncio.gather(*(knock_and_hold(running, lines) for _ in range(5)))
            status, body = await request(running, "POST", "/v1/tickets", "max")
            other, _ = await request(running, "POST", "/v1/tickets", "ben")

            await held[0].socket.close()
            again = await until_let_in(running)

        assert sorted(at_once) == [101, 429, 429, 429, 429]
        assert (status, body["error"]["code"]) == (429, "rate_limited")
        assert body["error"]["retry_after_ms"] > 0
        assert other == 201
        assert again == 101

    asyncio.run(scenario())


async def knock_and_hold(running: Running, lines: AsyncExitStack) -> int:
    """Return the status of a handshake; a connection that is made stays."""
    try:
        await lines.enter_async_context(connected(running, "max"))
    except InvalidStatus as refused:
        return refused.response.status_code
    return 101


async def until_let_in(running: Running) -> int:
    """Knock until the place of the closed connection is free; return the last status."""
    async with asyncio.timeout(20):
        while (status := await knock(running, "max")) == 429:
            pass
    return status


@pytest.fixture(scope="module", name="strict")
def _strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a local run with a proxy in front of it, and limits that are soon reached."""
    variables = {
        "WIRESIDE_CONNECTS_PER_MINUTE": "3",
        "WIRESIDE_TRUSTED_PROXIES": "127.0.0.0/8,::1/128",
        "LOCAL_PARAMETERS": "FramesPerTenSeconds=20",
    }
    with local_run(tmp_path_factory.mktemp("strict"), variables) as running:
        yield running


@fault(49)
def test_an_address_has_so_many_new_connections_a_minute(strict: Running) -> None:
    async def scenario() -> None:
        hoarder = [
            await knock(strict, f"u{index}", f"203.0.113.{index}, 198.51.100.1")
            for index in range(7)
        ]
        other = await knock(strict, "ben", "198.51.100.2")

        # Seven may fall into two minutes, never into three.
        assert 3 <= hoarder.count(101) <= 6
        assert 429 in hoarder
        assert other == 101

    asyncio.run(scenario())


@fault(49)
def test_a_connection_that_floods_is_told_so_and_closed(strict: Running) -> None:
    async def scenario() -> None:
        async with handshake(strict, "ana", "198.51.100.3") as socket:
            await socket.send('{"action": "hello"}')
            with suppress(ConnectionClosed):
                for _ in range(400):
                    await socket.send('{"action": "ping"}')
            async with asyncio.timeout(60):
                heard = [json.loads(frame) async for frame in socket]

        (goodbye,) = [each for each in heard if each["type"] == "goodbye"]
        assert goodbye == {"type": "goodbye", "reason": "flooding", "reconnect": True}

    asyncio.run(scenario())


@fault(16)
def test_the_others_see_who_comes_and_who_goes(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben", policy="off")
        async with connected(running, "ben") as ben:
            await ben.enter(room)
            async with connected(running, "ana") as first:
                opened = await first.ask("open", conversation_id=room)
                came = await ben.until(of_presence)
                async with connected(running, "ana") as second:
                    await second.enter(room)
                    await first.socket.close()
                    await ben.ask(
                        "send", conversation_id=room, client_id="m1", after_seq=0, text="a"
                    )
                    await second.until(lambda frame: frame["type"] == "event")
                    assert [each for each in ben.heard if of_presence(each)] == [came]
                went = await ben.until(of_presence)

        assert opened["present"] == ["ana", "ben"]
        assert (came["user_id"], came["on"]) == ("ana", True)
        assert (went["user_id"], went["on"]) == ("ana", False)

    asyncio.run(scenario())


def of_presence(frame: Frame) -> bool:
    """Whether a frame tells of somebody who came or went."""
    return bool(frame["type"] == "presence")


def test_what_one_has_read_is_kept_and_told_to_ones_other_devices(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben", policy="off")
        async with (
            connected(running, "ana") as phone,
            connected(running, "ana") as desk,
            connected(running, "ben") as ben,
        ):
            for client in (phone, desk, ben):
                await client.enter(room)
            for seq in range(3):
                fields = {"client_id": f"m{seq}", "after_seq": seq, "text": "hello"}
                await ben.ask("send", conversation_id=room, **fields)

            await phone.send("read", conversation_id=room, seq=2)
            told = await desk.until(lambda frame: frame["type"] == "read")
            _, of_ana = await request(running, "GET", f"/v1/conversations/{room}", "ana")
            of_ben = await until_read(running, room)

        assert told["seq"] == 2
        assert (of_ana["read_seq"], of_ana["unread"]) == (2, 1)
        assert of_ben["unread"] == 0

    asyncio.run(scenario())


async def until_read(running: Running, room: str) -> Any:
    """Return the conversation once what Ben sent is marked as read by him."""
    async with asyncio.timeout(20):
        while True:
            _, seen = await request(running, "GET", f"/v1/conversations/{room}", "ben")
            if seen["read_seq"] == 3:
                return seen


@fault(37)
def test_who_is_removed_is_refused_at_once_and_hears_nothing_more(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben", policy="off")
        async with connected(running, "ana") as ana, connected(running, "ben") as ben:
            await ana.enter(room)
            await ben.enter(room)

            path = f"/v1/conversations/{room}"
            status, _ = await request(running, "DELETE", f"{path}/members/ben", "ana")
            refusals = [
                await ben.ask("send", conversation_id=room, client_id="m1", after_seq=0, text="a"),
                await ben.ask("sync", conversation_id=room, epoch="1.1", after_seq=0),
                await ben.ask("open", conversation_id=room),
            ]
            absent, _ = await request(running, "GET", path, "ben")
            await ana.ask("send", conversation_id=room, client_id="m2", after_seq=1, text="hush")
            pong = await ben.ask("ping")

        assert (status, absent) == (204, 404)
        assert [each["code"] for each in refusals] == ["not_found"] * 3
        assert [each["event"]["kind"] for each in ben.heard if each["type"] == "event"] == [
            "removed"
        ]
        assert pong["heads"] == {}

    asyncio.run(scenario())
