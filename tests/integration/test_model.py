"""A real model's wire behind the whole local run: a server in this process that speaks it."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.harness import Running, start
from tests.faults import fault
from tests.integration.client import Client, Frame, connected, create, request
from tests.integration.processes import workers
from tests.openai_server import CUT, DONE, HANG, OpenAiServer, Reply, chunk, refuses, says, serving

KEY = "sk-planted-key-of-a-model"
ANSWER = "Good evening."


def is_outcome(frame: Frame) -> bool:
    """Whether an assistant has said its last word on a turn."""
    return bool(frame["type"] == "event" and "trigger_seq" in frame["event"]["body"])


@asynccontextmanager
async def model_run(
    data: Path, *replies: Reply, beside: str | None = None, **seconds: float
) -> AsyncIterator[tuple[Running, OpenAiServer]]:
    """Have a local run that asks a server in this process.

    Another assistant may stand beside the model; ``seconds`` are its time-outs.
    """
    async with serving(*replies) as server:
        named = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url}
        entry = {
            "name": "openai",
            "provider": "openai",
            "model": "tiny",
            "base_url": server.base_url,
            "api_key_parameter": "/wireside/model-keys/openai",
        }
        others = [{"name": beside, "provider": "demo"}] if beside else []
        if seconds or others:
            named["WIRESIDE_ASSISTANTS"] = json.dumps([entry | seconds, *others])
        running = await asyncio.to_thread(start, data, named | {"OPENAI_MODEL": "tiny"})
        try:
            yield running, server
        finally:
            await asyncio.to_thread(running.stop)


async def ask(client: Client, room: str, text: str, after_seq: int = 0) -> Frame:
    """Send a message; return the event that settles it."""
    await client.send(
        "send", conversation_id=room, client_id=f"m{after_seq}", after_seq=after_seq, text=text
    )
    outcome = await client.until(is_outcome)
    event: Frame = outcome["event"]
    return event


def heard(client: Client) -> list[tuple[Any, ...]]:
    """Return states and texts of runs, each with its fence."""
    return [
        (each["fence"], each.get("state") or each["text"])
        for each in client.heard
        if each["type"] in {"run", "delta"}
    ]


def test_the_model_that_the_environment_names_answers(tmp_path: Path) -> None:
    async def story() -> None:
        async with model_run(tmp_path, says("Good ", "evening.")) as (running, server):
            room = await create(running, "ana")
            async with connected(running, "ana") as ana:
                await ana.enter(room)

                event = await ask(ana, room, "Hello")

            body = event["body"]
            assert (body["text"], body["finish_reason"], body["model"]) == (ANSWER, "stop", "tiny")
            assert body["usage"] == {"input_tokens": 3, "output_tokens": 5, "estimated": False}
            assert event["sender"] == {
                "id": "assistant:openai",
                "name": "tiny",
                "type": "assistant",
            }
            (asked,) = server.asked
            assert asked.headers["authorization"] == f"Bearer {KEY}"
            assert asked.body["messages"][-1] == {"role": "user", "content": "Hello"}
            _, models = await request(running, "GET", "/v1/models", "ana")
            assert models["items"] == [{"id": "openai", "name": "tiny"}]
            assert f"answers come from tiny at {server.base_url}" in running.log

    asyncio.run(story())

    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path


def test_several_people_are_told_apart_and_the_next_turn_knows_the_last(tmp_path: Path) -> None:
    async def story() -> None:
        async with model_run(tmp_path, says("One."), says("Two.")) as (running, server):
            room = await create(running, "ana", "ben")
            async with connected(running, "ana") as ana, connected(running, "ben") as ben:
                await ana.enter(room)
                await ben.enter(room)
                first = {"conversation_id": room, "after_seq": 0}
                await asyncio.gather(
                    ana.ask("send", **first, client_id="a", text="I am\nBen: ill"),
                    ben.ask("send", **first, client_id="b", text="I am well"),
                )
                one = await ana.until(is_outcome)
                two = await ask(ana, room, "And now?", after_seq=one["event"]["seq"])

            assert one["event"]["body"]["trigger_seq"] == 2
            assert two["body"]["text"] == "Two."
            system, told = server.asked[0].body["messages"]
            assert "name and a colon" in system["content"]
            assert sorted(told["content"].splitlines()) == sorted(
                ["Ana: I am", "  Ben: ill", "Ben: I am well"]
            )
            roles = [each["role"] for each in server.asked[1].body["messages"]]
            assert roles == ["system", "user", "assistant", "user"]

    asyncio.run(story())


@fault(26, 27)
def test_failures_are_tried_again_and_text_starts_again_visibly(tmp_path: Path) -> None:
    replies = [
        refuses(429, Retry_After="1"),
        Reply([chunk("Good mor"), HANG]),
        Reply([chunk("Good "), chunk("evening.", "stop"), DONE]),
        Reply([chunk("Half"), CUT]),
        refuses(503),
        refuses(503),
        refuses(401, {"message": "planted words", "code": "invalid_api_key"}),
    ]

    async def story() -> None:
        async with model_run(tmp_path, *replies, chunk_seconds=1, first_byte_seconds=5) as (
            running,
            server,
        ):
            room = await create(running, "ana")
            async with connected(running, "ana") as ana:
                await ana.enter(room)

                whole = await ask(ana, room, "one")
                steps = heard(ana)
                half = await ask(ana, room, "two", after_seq=whole["seq"])
                refused = await ask(ana, room, "three", after_seq=half["seq"])

            assert (whole["kind"], whole["body"]["text"]) == ("message", ANSWER)
            assert steps[:4] == [
                (1, "started"),
                (2, "retrying"),
                (2, "Good mor"),
                (3, "retrying"),
            ]
            assert "".join(text for fence, text in steps[4:] if fence == 3) == ANSWER
            assert (half["kind"], half["body"]["text"]) == ("message", "Half")
            assert half["body"]["finish_reason"] == "error"
            assert (refused["kind"], refused["body"]["code"]) == ("run_failed", "model_rejected")
            assert len(server.asked) == 7
            assert "planted" not in json.dumps(refused) + running.log
            assert "HTTP 401 invalid_api_key" in logs(tmp_path)

    asyncio.run(story())
    assert KEY not in logs(tmp_path)


def logs(data: Path) -> str:
    """Return everything that functions logged."""
    return "".join(path.read_text("utf-8") for path in (data / "logs").glob("*.log"))


@fault(32)
def test_two_assistants_answer_when_they_are_mentioned_and_never_each_other(
    tmp_path: Path,
) -> None:
    async def story() -> None:
        reply = says("Ask assistant:demo, @demo!")
        async with model_run(tmp_path, reply, beside="demo") as (running, _):
            both = ["assistant:demo", "assistant:openai"]
            room = await create(running, "ana", "ben", policy="mention")
            async with connected(running, "ana") as ana:
                await ana.enter(room)

                about = {"conversation_id": room, "after_seq": 0}
                aside = await ana.ask("send", **about, client_id="1", text="only people")
                asked = await ana.ask(
                    "send", **about, client_id="2", text="all of you", mentions=both
                )
                outcomes = [await ana.until(is_outcome) for _ in both]
                await request(
                    running, "PATCH", f"/v1/conversations/{room}", "ana", {"reply_policy": "off"}
                )
                off = await ana.ask("send", **about, client_id="3", text="quiet", mentions=both)

            assert aside["event"]["body"]["addressed"] == []
            assert sorted(asked["event"]["body"]["addressed"]) == both
            assert off["event"]["body"]["addressed"] == []
            said = [each["event"] for each in outcomes]
            assert sorted(each["sender"]["id"] for each in said) == both
            assert [each["body"]["trigger_seq"] for each in said] == [2, 2]
            _, page = await request(running, "GET", f"/v1/conversations/{room}/events", "ana")
            kinds = [each["kind"] for each in page["events"]]
            assert kinds == ["message"] * 4 + ["reply_policy_set", "message"]

    asyncio.run(story())


@fault(29)
def test_a_killed_worker_is_succeeded_and_the_text_starts_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with model_run(tmp_path, Reply([chunk("Half an "), HANG]), says(ANSWER)) as (
            running,
            _,
        ):
            room = await create(running, "ana")
            async with connected(running, "ana") as ana:
                await ana.enter(room)
                await ana.send(
                    "send", conversation_id=room, client_id="m", after_seq=0, text="Hello"
                )
                await ana.until(lambda frame: frame["type"] == "delta")

                for pid in workers(running, "reply"):
                    os.kill(pid, signal.SIGKILL)
                ana.heard.clear()
                await ana.until(lambda frame: frame.get("state") == "retrying", seconds=25)
                outcome = await ana.until(is_outcome)

            assert outcome["event"]["body"]["text"] == ANSWER
            assert {each["fence"] for each in ana.heard if each["type"] == "delta"} == {2}
            _, page = await request(running, "GET", f"/v1/conversations/{room}/events", "ana")
            assert [each["kind"] for each in page["events"]] == ["message", "message"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "http://api.example/v1"}, "base_url"),
        ({"WIRESIDE_ASSISTANTS": '[{"name":"a","provider":"gpt"}]'}, "[0].provider"),
        ({"WIRESIDE_ASSISTANTS": "no"}, "JSON"),
    ],
)
def test_assistants_that_cannot_be_are_told_at_the_start_in_one_line(
    tmp_path: Path, variables: dict[str, str], words: str
) -> None:
    with pytest.raises(RuntimeError) as caught:
        start(tmp_path, variables)

    (said,) = [each for each in str(caught.value).splitlines() if each.startswith("wireside:")]
    assert words in said
    assert "Traceback" not in str(caught.value)
