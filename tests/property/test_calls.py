"""Turns with tools, whose workers die anywhere: one outcome, and no result twice."""

import asyncio
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import DEMO, ROOM, World
from tests.faults import fault
from tests.unit.scenes import job, scene
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.domain.events import Event, Kind
from wireside.domain.runs import outcome_of
from wireside.ports import Finished, Piece, TextPiece, ToolCall
from wireside.services.runs import Settled
from wireside.tools import tool

CALLER = replace(DEMO, tools=("look", "fail", "pay"))
LIVES = 12


@tool()
async def look() -> str:
    """Look."""
    return "seen"


@tool()
async def fail() -> str:
    """Fail."""
    raise RuntimeError


@tool(approval="required")
async def pay() -> str:
    """Pay."""
    return "paid"


class Died(BaseException):
    """The worker dies."""


class Mortal:
    """A store's port in which workers die: before or after the commits of these numbers."""

    def __init__(self, port: Any, deaths: dict[int, bool], count: list[int]) -> None:
        self.port, self.deaths, self.count = port, deaths, count

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    async def commit(self, *args: Any) -> Any:
        self.count[0] += 1
        after = self.deaths.get(self.count[0])
        if after is False:
            raise Died
        done = await self.port.commit(*args)
        if after:
            raise Died
        return done


def room(rounds: list[list[str]], deaths: dict[int, bool]) -> World:
    """Return a room in which a model calls these tools, round after round, and then answers."""
    scripts: list[list[Piece | Exception]] = [
        [
            TextPiece("Let me see."),
            *(ToolCall(each, "{}") for each in names),
            Finished("stop", None),
        ]
        for names in rounds
    ]
    scripts.append([TextPiece("Done."), Finished("stop", None)])
    count = [0]
    return scene(
        0,
        provider=ScriptedProvider(scripts[0], later=scripts[1:]),
        assistants=(CALLER,),
        tools={each.name: each for each in (look, fail, pay)},
        around=lambda port: Mortal(port, deaths, count) if hasattr(port, "commit") else port,
    )


async def settle(world: World, seq: int) -> None:
    """Hand out the job to worker after worker until it is settled."""
    for _ in range(LIVES):
        try:
            if await world.runs.settle(job(seq), "receipt") is Settled.DELETE:
                return
        except Died:
            pass
        world.clock.time_ms += 60_000
    raise AssertionError("never settled")


def decided(call: Event, previous: Event, *, approved: bool) -> Event:
    """Return a person's decision, as it is stored."""
    body = {
        "target_seq": call.seq,
        "approved": approved,
        "run_id": call.body["run_id"],
        "tool": "pay",
        "addressed": [DEMO.id],
    }
    return replace(previous, seq=previous.seq + 1, kind=Kind.APPROVED, body=body)


def check(log: list[Event]) -> None:
    """Look whether everything owed came once, and every call has at most one result."""
    for event in log:
        if DEMO.id in event.addressed:
            assert outcome_of(event.seq, DEMO.id, log) is not None
    triggers = [each.body["trigger_seq"] for each in log if "trigger_seq" in each.body]
    assert triggers == sorted(set(triggers))
    targets = [each.body["target_seq"] for each in log if each.kind is Kind.TOOL_RESULT]
    assert len(targets) == len(set(targets))
    approved = {
        each.body["target_seq"]
        for each in log
        if each.kind is Kind.APPROVED and each.body["approved"]
    }
    paid = {each.body["target_seq"] for each in log if each.body.get("result") == "paid"}
    assert paid <= approved
    calls = {each.seq for each in log if each.kind is Kind.TOOL_CALLED}
    assert set(targets) <= calls
    at_once = {each.seq for each in log if each.body.get("approved") is True} & calls
    decided = {each.body["target_seq"] for each in log if each.kind is Kind.APPROVED}
    assert set(targets) == at_once | decided


NAMES = st.sampled_from(["look", "fail", "pay"])
ROUNDS = st.lists(st.lists(NAMES, min_size=1, max_size=3), max_size=3)
DEATHS = st.dictionaries(st.integers(1, 12), st.booleans(), max_size=4)


@fault(24, 30)
@given(ROUNDS, DEATHS, st.lists(st.booleans(), max_size=4))
def test_workers_may_die_anywhere_and_every_turn_has_one_outcome(
    rounds: list[list[str]], deaths: dict[int, bool], decisions: list[bool]
) -> None:
    async def story() -> None:
        world = room(rounds, deaths)
        await settle(world, 1)
        for approved in decisions:
            done = {each.body["target_seq"] for each in world.log if each.kind is Kind.APPROVED}
            waiting = [
                each
                for each in world.log
                if each.kind is Kind.TOOL_CALLED
                and each.body["approved"] is False
                and each.seq not in done
            ]
            if not waiting:
                break
            world.log.append(decided(waiting[0], world.log[-1], approved=approved))
            await settle(world, world.log[-1].seq)
        check(world.log)

    asyncio.run(story())


@fault(34)
@given(ROUNDS, st.integers(1, 8))
def test_a_takeover_at_any_moment_is_followed_by_nothing_of_an_assistant(
    rounds: list[list[str]], moment: int
) -> None:
    async def story() -> None:
        world = room(rounds, {})
        commits = [0]
        silenced_at: list[int] = []

        def silence() -> None:
            state = world.store.conversations[ROOM]
            epoch = state.operator_epoch + 1
            quiet = {**state.answered_through, DEMO.id: len(world.log)}
            world.store.conversations[ROOM] = replace(
                state, operator_epoch=epoch, answered_through=quiet
            )
            silenced_at.append(len(world.log))

        class Overtaken(Mortal):
            async def commit(self, *args: Any) -> Any:
                commits[0] += 1
                if commits[0] == moment:
                    silence()
                return await self.port.commit(*args)

        calling = world.runs.answering.calling  # type: ignore[attr-defined]
        overtaken = replace(calling, log=Overtaken(calling.log, {}, [0]))
        answering = replace(world.runs.answering, calling=overtaken)  # type: ignore[type-var]
        turns = replace(world.runs.turns, log=Overtaken(world.runs.turns.log, {}, [0]))
        runs = replace(world.runs, answering=answering, turns=turns)
        await runs.settle(job(1), "receipt")

        assert len(world.log) == silenced_at[0] if silenced_at else world.log

    asyncio.run(story())
