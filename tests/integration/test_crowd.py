"""More listeners than one function tells, through the whole local run."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest

from local.harness import Running, local_run
from tests.integration.client import Client, Frame, connected, create

LISTENERS_AT_ONCE = 2
TABS = 7
START_SECONDS = 30


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a running system in which a function tells two listeners and hands on the rest.

    One process takes all that is handed on: another would start first, and come too late.
    """
    variables = {
        "LOCAL_LOG_LEVEL": "DEBUG",
        "LOCAL_WORKERS": "1",
        "LOCAL_PARAMETERS": f"FanoutListeners={LISTENERS_AT_ONCE}",
    }
    with local_run(tmp_path_factory.mktemp("split"), variables) as started:
        yield started


async def started(running: Running, function: str) -> None:
    """Wait until a function has a process: what is handed on is worth nothing after two seconds."""
    async with asyncio.timeout(START_SECONDS):
        while f"{function}: started" not in running.log:
            await asyncio.sleep(0.05)


def is_answer(frame: Frame) -> bool:
    return bool(frame["type"] == "event" and frame["event"]["sender"]["type"] == "assistant")


def pieces(client: Client, run_id: str) -> list[tuple[int, str]]:
    """Return offset and text of each delta that came; one that took over 2 s did not."""
    return [
        (frame["offset"], frame["text"])
        for frame in client.heard
        if frame["type"] == "delta" and frame["run_id"] == run_id
    ]


def test_everybody_of_a_crowd_hears_a_message_and_its_answer(split: Running) -> None:
    async def scenario() -> None:
        await started(split, "FanoutFunction")
        room = await create(split, "ana", "ben")
        async with AsyncExitStack() as all_here:
            ana = await all_here.enter_async_context(connected(split, "ana"))
            await ana.enter(room)
            tabs = [
                await all_here.enter_async_context(connected(split, "ben")) for _ in range(TABS)
            ]
            for tab in tabs:
                await tab.enter(room)

            sent = await ana.ask(
                "send", conversation_id=room, client_id="m1", after_seq=0, text="Hello, crowd 👋🏽"
            )
            heard = [await tab.until(lambda frame: frame["type"] == "event") for tab in tabs]
            answers = [await tab.until(is_answer) for tab in tabs]

            assert [each["event"] for each in heard] == [sent["event"]] * TABS
            body = answers[0]["event"]["body"]
            assert [each["event"]["body"] for each in answers] == [body] * TABS
            for tab in tabs:
                assert (streamed := pieces(tab, body["run_id"]))
                assert all(body["text"].startswith(text, at) for at, text in streamed)

    asyncio.run(scenario())
    calls = (split.data / "logs" / "FanoutFunction.log").read_text(encoding="utf-8")
    assert calls.count('"message":"done"') >= 2 * (TABS - LISTENERS_AT_ONCE) // LISTENERS_AT_ONCE
