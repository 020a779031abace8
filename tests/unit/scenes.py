"""Rooms in which an assistant owes answers, and providers that give them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.builders import DEMO, ROOM, World, addressed_message
from wireside.adapters.memory.wire import START_MS, ScriptedProvider
from wireside.domain.runs import (
    Job,
)
from wireside.ports import Finished, Piece, Question, TextPiece
from wireside.services.runs import Settled

STOP = Finished("stop", None)


def job(seq: int, attempt: int = 0, assistant_id: str = DEMO.id) -> Job:
    """Return a job of the demo assistant."""
    return Job(ROOM, type(DEMO.id)(assistant_id), seq, attempt)


def says(*texts: str) -> ScriptedProvider:
    """Return a provider that says this."""
    return ScriptedProvider([*(TextPiece(each) for each in texts), STOP])


@dataclass(slots=True)
class Interrupted:
    """A provider in the middle of whose every answer something else happens."""

    deed: Callable[[], None]
    asked: list[Question] = field(default_factory=list)

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Say half, let it happen, say the rest."""
        self.asked.append(question)
        yield TextPiece("half ")
        self.deed()
        yield TextPiece("whole")
        yield STOP


def scene(
    *at_ms: int, members: Sequence[str] = ("ana", "ben"), provider: Any = None, **fields: Any
) -> World:
    """Return a room whose addressed messages came this long after its start; it is over by now."""
    world = World(provider=provider or says("answer"), **fields).room(*members)
    for each in at_ms:
        previous = world.log[-1] if world.log else None
        world.log.append(addressed_message(previous, now_ms=START_MS + each))
    world.clock.time_ms += (max(at_ms) if at_ms else 0) + 10_000
    return world


def settle(world: World, *jobs: Job) -> list[Settled]:
    """Settle jobs, one after the other."""

    async def story() -> list[Settled]:
        return [await world.runs.settle(each, "receipt") for each in jobs]

    return asyncio.run(story())


def outcomes(world: World) -> list[tuple[str, object]]:
    """Return kind and ``trigger_seq`` of what the assistants wrote."""
    return [
        (each.kind.value, each.body["trigger_seq"])
        for each in world.log
        if "trigger_seq" in each.body
    ]
