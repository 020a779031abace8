"""kill -9, at any moment, of any process: what was acknowledged is there, once, and answered."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from local.harness import Running, launch, start
from tests.contract.gateway.toys import until
from tests.faults import fault
from tests.integration.client import Frame, create, request
from tests.integration.guest import Guest, staying
from tests.integration.processes import children, is_alive, workers

SEED = int(os.environ.get("KILLS_SEED", "20261121"))
PEOPLE = ("ana", "ben", "cleo", "dan", "eve", "finn")
KILLS = 18
# Workers of ``reply`` have a test of their own.
KILLED = ("message", "message", "message", "outbox", "connect", "authorize")
DEMO = "assistant:demo"
STORY_SECONDS = 100
OUTCOME_SECONDS = 40
"""A killed worker's lease has to run out, the queue to show the job again, the answer to be told."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    started = start(tmp_path_factory.mktemp("kills"))
    yield started
    started.stop()


async def within(seconds: float, story: Awaitable[None]) -> None:
    """Let a story take so long and no longer."""
    async with asyncio.timeout(seconds):
        await story


def guests(running: Running, room: str, people: Sequence[str] = PEOPLE) -> list[Guest]:
    """Return people in a room, each with a chance of their own that a seed repeats."""
    return [Guest(running, each, room, random.Random(f"{SEED} {room} {each}")) for each in people]


async def log_of(running: Running, room: str) -> list[Frame]:
    """Return a room's whole log as it is loaded cold."""
    events: list[Frame] = []
    while True:
        path = f"/v1/conversations/{room}/events?after_seq={len(events)}&limit=300"
        status, page = await request(running, "GET", path, PEOPLE[0])
        assert status == 200, page
        events += page["events"]
        if not page["events"]:
            return events


def assert_whole(log: Sequence[Frame], present: Sequence[Guest]) -> None:
    """I1, I2 and I4: acknowledged once and at its place, no gap, everybody shows the same."""
    assert [each["seq"] for each in log] == list(range(1, len(log) + 1))
    ids = Counter((each["sender"]["id"], each.get("client_id")) for each in log)
    for guest in present:
        assert guest.log == log, f"{guest.sub} shows something else"
        for client_id, seq in guest.acknowledged.items():
            assert ids[guest.sub, client_id] == 1
            assert log[seq - 1]["client_id"] == client_id


def assert_answered(log: Sequence[Frame]) -> None:
    """I6: every addressed message has one outcome of the assistant, and none comes twice."""
    outcomes = [each for each in log if "trigger_seq" in each["body"]]
    through = [each["body"]["trigger_seq"] for each in outcomes]
    assert through == sorted(set(through))
    assert not waiting(log)
    assert [each["kind"] for each in outcomes] == ["message"] * len(outcomes)


def waiting(log: Sequence[Frame]) -> list[int]:
    """Return the seqs that address the assistant and have no outcome yet."""
    through = max((each["body"].get("trigger_seq", 0) for each in log), default=0)
    addressed = [each["seq"] for each in log if DEMO in each["body"].get("addressed", ())]
    return [seq for seq in addressed if seq > through]


async def chat(guest: Guest, is_over: asyncio.Event, pause: Callable[[], float]) -> None:
    """Write one message after the other, each acknowledged before the next."""
    while not is_over.is_set():
        await guest.say(f"{guest.sub} says {len(guest.acknowledged)}")
        await asyncio.sleep(pause())


@asynccontextmanager
async def chatting(quiet: Sequence[Guest], asking: Sequence[Guest]) -> AsyncIterator[None]:
    """Have everybody chat while something happens, and until all is acknowledged and answered."""
    is_over = asyncio.Event()
    async with staying([*quiet, *asking]):
        async with asyncio.TaskGroup() as group:
            for each in quiet:
                group.create_task(chat(each, is_over, lambda one=each: one.chance.random() / 20))
            for each in asking:
                group.create_task(chat(each, is_over, lambda one=each: 2 + one.chance.random()))
            await acknowledged([*quiet, *asking], more=1)
            yield
            is_over.set()
        async with asyncio.timeout(OUTCOME_SECONDS):
            for room in (quiet, asking):
                head = max(each.through for each in room)
                for each in room:
                    await each.until(lambda one=each, end=head: one.through >= end)
            for each in asking:
                await each.until(lambda one=each: not waiting(one.log))


async def acknowledged(present: Sequence[Guest], *, more: int) -> None:
    """Wait until each has this many more messages acknowledged than now."""
    wanted = [(each, len(each.acknowledged) + more) for each in present]
    for guest, count in wanted:
        await guest.until(lambda one=guest, least=count: len(one.acknowledged) >= least)


def is_streaming(guest: Guest) -> bool:
    """Whether an answer is on its way whose worker has said so to the queue.

    A job whose worker dies before that comes back only after the queue's own 300 s.
    """
    done = {each["body"].get("run_id") for each in guest.log}
    return any(each.text for name, each in guest.streams.items() if name not in done)


async def restarted(running: Running) -> None:
    """Kill the gateway; once all that it started has ended, start it again on its port."""
    orphans = children(running)
    running.process.kill()
    running.process.wait()
    await asyncio.to_thread(until, lambda: not any(map(is_alive, orphans)))
    again = launch(running.data, port=running.port)
    running.process, running.begun = again.process, again.begun
    await asyncio.to_thread(running.wait_until_ready)


async def rooms(running: Running) -> tuple[list[Guest], list[Guest]]:
    """Return six people among themselves, and two of them who ask the demo."""
    quiet = await create(running, *PEOPLE, policy="off")
    asking = await create(running, *PEOPLE[:2])
    return guests(running, quiet), guests(running, asking, PEOPLE[:2])


async def check(running: Running, quiet: Sequence[Guest], asking: Sequence[Guest]) -> None:
    for present in (quiet, asking):
        log = await log_of(running, present[0].room)
        assert_whole(log, present)
        assert_answered(log)
        assert all(each.acknowledged for each in present)


@fault(1, 2, 3, 4, 5)
def test_workers_killed_at_random_cost_nobody_a_message(running: Running) -> None:
    async def story() -> None:
        chance = random.Random(SEED)
        quiet, asking = await rooms(running)
        killed = 0
        async with chatting(quiet, asking):
            for number in range(KILLS):
                await asyncio.sleep(chance.uniform(0.4, 0.9))
                if found := workers(running, chance.choice(KILLED)):
                    os.kill(chance.choice(found), signal.SIGKILL)
                    killed += 1
                if number % 4 == 0:
                    chance.choice(quiet).drop()

        await check(running, quiet, asking)
        written = sum(len(each.acknowledged) for each in (*quiet, *asking))
        repeats = sum(each.repeats for each in (*quiet, *asking))
        failures = sum(each.failures for each in (*quiet, *asking))
        print(
            f"seed {SEED}: {killed} killed, {failures} of them over a frame, "
            f"{written} acknowledged, {repeats} frames repeated"
        )
        assert killed > KILLS / 2
        assert failures > 0
        assert repeats > 0

    asyncio.run(within(STORY_SECONDS, story()))


@fault(1, 2, 3, 24, 29)
def test_the_gateway_killed_and_started_again_costs_nobody_a_message(running: Running) -> None:
    async def story() -> None:
        quiet, asking = await rooms(running)
        everybody = [*quiet, *asking]
        async with chatting(quiet, asking):
            await asking[0].until(lambda: is_streaming(asking[0]))
            before = [each.connections for each in everybody]
            await restarted(running)
            await acknowledged(everybody, more=3)

        await check(running, quiet, asking)
        assert all(each.connections > count for each, count in zip(everybody, before, strict=True))

    asyncio.run(within(STORY_SECONDS, story()))


@fault(29)
def test_a_worker_killed_in_mid_answer_is_succeeded_and_no_character_is_lost(
    running: Running,
) -> None:
    async def story() -> None:
        room = await create(running, "ana", "ben")
        ana, ben = guests(running, room, ["ana", "ben"])
        loop = asyncio.get_running_loop()

        async with staying([ana]):
            await ana.say("Tell me all about it")
            await ana.until(lambda: any(len(each.text) > 60 for each in ana.streams.values()))
            for pid in workers(running, "reply"):
                os.kill(pid, signal.SIGKILL)
            killed_at = loop.time()
            async with staying([ben]), asyncio.timeout(OUTCOME_SECONDS):
                await ana.until(lambda: any(each.fence > 1 for each in ana.streams.values()))
                took_seconds = loop.time() - killed_at
                await ana.until(lambda: not waiting(ana.log))
                await ben.until(lambda: ben.through == ana.through)

        log = await log_of(running, room)
        assert_whole(log, [ana, ben])
        assert_answered(log)
        question, answer = log
        body = answer["body"]
        assert (body["trigger_seq"], body["finish_reason"]) == (question["seq"], "stop")
        stream = ana.streams[body["run_id"]]
        assert sorted(stream.fences) == [1, 2]
        assert stream.text == ben.streams[body["run_id"]].text == body["text"]
        print(f"started again {took_seconds:.1f} s after the kill")
        assert took_seconds < 25

    asyncio.run(within(STORY_SECONDS, story()))
