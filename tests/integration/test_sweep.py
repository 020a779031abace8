"""The sweep on its schedule, through a local run whose minutes are seconds."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from local.harness import ROOT, SECRET, Running, local_run
from tests.ageing import Ageing
from tests.faults import fault
from tests.integration.client import Frame, connected, create, request

DAY_SECONDS = 86_400
PATIENCE_SECONDS = 30
PAUSE_SECONDS = 0.2


@pytest.fixture(scope="module", name="swept")
def _swept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with local_run(tmp_path_factory.mktemp("sweep"), {"LOCAL_SCHEDULE_SECONDS": "1"}) as started:
        yield started


def ageing(running: Running) -> Ageing:
    """Return what makes the run's table older."""
    dynamodb = running.client("dynamodb")
    (table,) = dynamodb.list_tables()["TableNames"]
    return Ageing(dynamodb, table)


def is_answer(frame: Frame) -> bool:
    """Whether this is an assistant's message."""
    return bool(frame["type"] == "event" and frame["event"]["sender"]["type"] == "assistant")


async def until(happened: Callable[[], Awaitable[bool]]) -> None:
    """Return once it has happened."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await happened():
            await asyncio.sleep(PAUSE_SECONDS)


def test_what_is_idle_too_long_is_deleted_and_what_is_deleted_goes(swept: Running) -> None:
    async def scenario() -> None:
        old, young = [await create(swept, "ana", "ben", policy="off") for _ in range(2)]
        table = ageing(swept)

        async def is_deleted() -> bool:
            return (await request(swept, "GET", f"/v1/conversations/{old}", "ana"))[0] == 404

        async def is_gone() -> bool:
            return table.items(old) == ["META"]

        table.activity(old, seconds=91 * DAY_SECONDS)
        await until(is_deleted)
        assert len(table.items(old)) > 1
        table.mark(old, seconds=61)
        await until(is_gone)

        status, _ = await request(swept, "GET", f"/v1/conversations/{young}", "ana")
        assert status == 200

    asyncio.run(scenario())


@fault(5, 24)
def test_a_message_whose_job_is_lost_is_answered(swept: Running) -> None:
    async def scenario() -> None:
        room = await create(swept, "ana")
        table = ageing(swept)
        queues = swept.client("sqs")
        (queue,) = [each for each in queues.list_queues()["QueueUrls"] if "ReplyQueue" in each]

        async def is_settled() -> bool:
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            found = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=names)
            return set(found["Attributes"].values()) == {"0"}

        async with connected(swept, "ana") as ana:
            await ana.enter(room)
            await ana.send("send", conversation_id=room, client_id="m1", after_seq=0, text="hi")
            await ana.until(is_answer)
            await until(is_settled)

            # From here on it is as if no job had ever been sent.
            table.event(room, 1, seconds=400)
            table.unanswer(room, "assistant:demo", run_seq=1, answer_seq=2)
            again = await ana.until(is_answer, seconds=PATIENCE_SECONDS)

            assert (again["event"]["seq"], again["event"]["body"]["trigger_seq"]) == (2, 1)

    asyncio.run(scenario())


@fault(15, 49)
def test_who_says_no_hello_and_who_is_silent_are_closed(swept: Running) -> None:
    async def scenario() -> None:
        room = await create(swept, "ana", "ben", policy="off")
        async with (
            connected(swept, "ana") as ana,
            connected(swept, "ben") as ben,
            connected(swept, "cy", greet=False) as dumb,
        ):
            await ana.enter(room)
            await ben.enter(room)
            line = (await ben.ask("hello"))["connection_id"]
            ageing(swept).connection("ben", line, seconds=91)

            told = await ana.until(lambda frame: frame["type"] == "presence" and not frame["on"])
            async with asyncio.timeout(PATIENCE_SECONDS):
                await ben.socket.wait_closed()
                await dumb.socket.wait_closed()

            assert told["user_id"] == "ben"
            assert (await ana.ask("ping"))["type"] == "pong"

    asyncio.run(scenario())


def test_an_operators_command_forgets_somebody_and_says_when_it_is_done(swept: Running) -> None:
    async def scenario() -> None:
        room = await create(swept, "nora", "ben", policy="off")
        table = ageing(swept)
        async with connected(swept, "nora") as nora:
            await nora.enter(room)
            about = {"conversation_id": room, "client_id": "m1", "after_seq": 0}
            assert (await nora.ask("send", text="a secret", **about))["type"] == "event"
        command = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "local", "forget", "--sub", "nora"),
            cwd=ROOT,
            env={
                **os.environ,
                "PORT": str(swept.port),
                "DATA_DIR": str(swept.data),
                "WIRESIDE_JWT_SECRET": SECRET,
            },
            stdout=asyncio.subprocess.PIPE,
        )

        async def has_left() -> bool:
            return "M#nora" not in table.items(room)

        async def page() -> Any:
            return (await request(swept, "GET", f"/v1/conversations/{room}/events", "ben"))[1]

        async def is_reloaded() -> bool:
            return (await page())["epoch"] == "1.2"

        await until(has_left)
        table.trace(room, "nora", seconds=61)
        await until(is_reloaded)
        table.order("nora", seconds=61)
        told, _ = await asyncio.wait_for(command.communicate(), PATIENCE_SECONDS)

        events = (await page())["events"]
        assert [(each["seq"], each["sender"]["name"]) for each in events] == [
            (1, "Deleted user"),
            (2, "Deleted user"),
        ]
        assert events[0]["body"]["text"] == ""
        under_way, done = told.decode().splitlines()
        assert under_way.startswith("under way since")
        assert done.startswith("done at")

    asyncio.run(scenario())
