"""Two assistants in one conversation of the local run: who answers, to what, and both at once."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from local.harness import Running, local_run
from tests.faults import fault
from tests.integration.client import Client, Frame, connected, create, request
from tests.simulation.invariants import addressed_by_the_rules, answered_once, numbered, stored_once

DEMO, SAGE = "assistant:demo", "assistant:sage"
TWO = [{"name": "demo", "provider": "demo"}, {"name": "sage", "provider": "demo"}]
ROUNDS = 8


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a system with two assistants."""
    named = {"WIRESIDE_ASSISTANTS": json.dumps(TWO)}
    with local_run(tmp_path_factory.mktemp("two-assistants"), named) as started:
        yield started


def is_outcome(frame: Frame) -> bool:
    """Whether an assistant has said its last word on a turn."""
    return bool(frame["type"] == "event" and "trigger_seq" in frame["event"]["body"])


async def whole_log(running: Running, room: str) -> list[dict[str, Any]]:
    """Return all events."""
    _, page = await request(running, "GET", f"/v1/conversations/{room}/events?limit=300", "ana")
    return list(page["events"])


@fault(32)
def test_two_that_are_mentioned_answer_at_once_each_in_a_run_of_its_own(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana", "ben")
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            about = {"conversation_id": room, "after_seq": 0, "client_id": "m"}

            await ana.ask("send", **about, text="You both: now!", mentions=[SAGE, DEMO])
            outcomes = [(await ana.until(is_outcome))["event"] for _ in "ab"]

        deltas = [each for each in ana.heard if each["type"] == "delta"]
        runs = [each["body"]["run_id"] for each in outcomes]
        assert len({*runs}) == 2
        assert {each["sender"]["id"] for each in outcomes} == {DEMO, SAGE}
        assert [each["body"]["trigger_seq"] for each in outcomes] == [1, 1]
        first = {run: _place(deltas, run) for run in runs}
        last = {run: _place(reversed(deltas), run, start=-len(deltas)) for run in runs}
        for one, other in (runs, reversed(runs)):
            assert first[one] < len(deltas) + last[other], "one waited for the other"
        for each in outcomes:
            told = [delta["text"] for delta in deltas if delta["run_id"] == each["body"]["run_id"]]
            assert "".join(told) == each["body"]["text"]
            assert "addressed" not in each["body"]
        assert len(await whole_log(running, room)) == 3

    asyncio.run(story())


def _place(deltas: Any, run: str, *, start: int = 0) -> int:
    """Return where the run's first delta stands; from the end, counted backwards."""
    index = next(index for index, each in enumerate(deltas) if each["run_id"] == run)
    return index if start == 0 else -1 - index


@fault(6)
def test_messages_that_race_a_choice_are_for_whom_the_log_says(running: Running) -> None:
    async def writes(client: Client, room: str, name: str) -> None:
        for index in range(ROUNDS):
            about = {"conversation_id": room, "client_id": f"{name}-{index}", "after_seq": 0}
            answer = await client.ask("send", **about, text=f"{name} {index}")
            assert answer["type"] == "event", answer

    async def chooses(client: Client, room: str, name: str) -> None:
        for index in range(ROUNDS):
            about = {"conversation_id": room, "client_id": f"{name}-{index}", "after_seq": 0}
            answer = await client.ask("model", **about, model=("sage", "demo")[index % 2])
            again = await client.ask("model", **about, model=("sage", "demo")[index % 2])
            assert answer["event"] == again["event"]

    async def story() -> None:
        room = await create(running, "ana", "ben", "cara")
        async with (
            connected(running, "ana") as ana,
            connected(running, "ben") as ben,
            connected(running, "cara") as cara,
        ):
            await ana.enter(room)
            refused = await ana.ask(
                "model", conversation_id=room, client_id="x", after_seq=0, model="nobody"
            )
            await asyncio.gather(
                writes(ana, room, "ana"), writes(ben, room, "ben"), chooses(cara, room, "cara")
            )
            log = await whole_log(running, room)
            await ana.ask("stop", conversation_id=room, after_seq=log[-1]["seq"])

        assert refused["code"] == "unknown_model"
        assert [each["kind"] for each in log].count("model_selected") == ROUNDS
        assert addressed_by_the_rules(log, model="demo", mentionable=[DEMO, SAGE]) == []
        assert numbered(log) == []
        assert stored_once(log, []) == []
        assert answered_once(log, settled=False) == []
        asked = {each for event in log for each in event["body"].get("addressed", ())}
        assert asked == {DEMO, SAGE}
        _, conversation = await request(running, "GET", f"/v1/conversations/{room}", "ana")
        chosen = [each for each in log if each["kind"] == "model_selected"]
        assert conversation["model"] == chosen[-1]["body"]["model"]

    asyncio.run(story())


def test_what_one_person_says_twice_at_once_is_one_turn(running: Running) -> None:
    async def story() -> None:
        room = await create(running, "ana")
        async with connected(running, "ana") as ana, connected(running, "ana") as tab:
            await ana.enter(room)
            about = {"conversation_id": room, "after_seq": 0}

            await asyncio.gather(
                ana.ask("send", **about, client_id="1", text="one"),
                tab.ask("send", **about, client_id="2", text="two"),
            )
            outcome = await ana.until(is_outcome)

        log = await whole_log(running, room)
        apart_ms = _ms(log[1]["at"]) - _ms(log[0]["at"])
        assert outcome["event"]["body"]["trigger_seq"] == (2 if apart_ms <= 100 else 1)

    asyncio.run(story())


def _ms(at: str) -> float:
    return datetime.fromisoformat(at).timestamp() * 1_000
