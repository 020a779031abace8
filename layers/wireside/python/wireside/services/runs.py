"""Runs: from a job to the one outcome that it owes.

A job is deleted only when its seq is answered through, read strongly afterwards. Until then the
worker starts again from the conversation item: jobs come in any order and any number.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from wireside.domain.conversation import Assistant, Conversation, System
from wireside.domain.errors import Unavailable
from wireside.domain.runs import Job, RunState, Standing, is_settled
from wireside.ports import Clock, Conversations, JobQueue, Runs, Usage
from wireside.services.access import find
from wireside.services.answers import Answered
from wireside.services.outcomes import Answer, Turn
from wireside.services.turns import Turns, assistant_of

TURN_SECONDS = 285
"""The function's timeout of 300 s less 15 s: one deadline for window and all tries."""
VISIBILITY_SECONDS = 20
LEAST_SECONDS_FOR_A_TURN = 60
UNASKED = Usage(0, 0, estimated=False)
"""What an answer used that no provider was asked for."""


class Settled(Enum):
    """What to do with a job."""

    DELETE = "delete"
    KEEP = "keep"


class Answers(Protocol):
    """What becomes an answer to a turn: asking a provider, or giving up."""

    def prepare(self, assistant: Assistant) -> object:
        """Make ready for an answer that is wanted soon."""

    async def answer(self, turn: Turn, receipt: str, *, deadline_ms: int) -> Answered | None:
        """Return the answer; ``None``: the run is another's, or silenced."""


@dataclass(frozen=True, slots=True)
class RunService:
    """The worker of one assistant's turns."""

    conversations: Conversations
    runs: Runs
    turns: Turns
    jobs: JobQueue
    assistants: Sequence[Assistant]
    clock: Clock
    answering: Answers

    async def settle(self, job: Job, receipt: str) -> Settled:
        """Answer whatever the assistant owes up to the job's seq, turn after turn."""
        deadline_ms = self.clock.now_ms() + TURN_SECONDS * 1_000
        assistant = assistant_of(job.assistant_id, self.assistants)
        while self.clock.now_ms() < deadline_ms - LEAST_SECONDS_FOR_A_TURN * 1_000:
            _, conversation = await asyncio.gather(
                self.jobs.extend(receipt, VISIBILITY_SECONDS),
                find(self.conversations, System("reply"), job.conversation_id),
            )
            if conversation is None or is_settled(conversation, job):
                return Settled.DELETE
            busy_until_ms = await self._take_turn(conversation, assistant, receipt, deadline_ms)
            if busy_until_ms is not None:
                left_seconds = (busy_until_ms - self.clock.now_ms()) // 1_000 + 1
                await self.jobs.extend(receipt, max(1, left_seconds))
                return Settled.KEEP
        await self.jobs.send(replace(job, attempt=job.attempt + 1))
        return Settled.DELETE

    async def _take_turn(
        self, conversation: Conversation, assistant: Assistant, receipt: str, deadline_ms: int
    ) -> int | None:
        """Answer the first turn that is owed; return until when another worker holds it."""
        owed = await self.turns.owed(conversation, assistant)
        if owed is None:
            message = "A job came before the event that it is for."
            raise Unavailable(message)
        # Most turns have no run yet: none is looked for before one is there.
        found = None
        run = await self.turns.claim(conversation, assistant, owed, None)
        if run is None:
            found = await self.runs.read(conversation.id, assistant.id, owed.first.seq)
            if found is None or found.state is RunState.ENDED:
                return None
            if found.lease_until_ms > self.clock.now_ms():
                return found.lease_until_ms
            run = await self.turns.claim(conversation, assistant, owed, found)
        if run is None:
            return None
        self.answering.prepare(assistant)
        turn = await self.turns.freeze(conversation, assistant, run, owed=owed, found=found)
        if turn is None:
            return None
        standing = await self.turns.standing(conversation, run, turn)
        if standing is not None and turn.is_held(standing):
            await self._answer(turn, standing, receipt, deadline_ms)
        return None

    async def _answer(self, turn: Turn, standing: Standing, receipt: str, deadline_ms: int) -> None:
        if standing.stops(turn.run):
            unasked = Answer(turn.seen, "stopped", UNASKED)
            await self.turns.settle(await self.turns.stopped(turn, standing), unasked)
            return
        answered = await self.answering.answer(turn, receipt, deadline_ms=deadline_ms)
        if answered is None:
            return
        turn = answered.turn
        if answered.answer is None:
            await self.turns.silenced(turn, answered.took)
            return
        if answered.stopped is not None:
            turn = await self.turns.stopped(turn, answered.stopped)
        await self.turns.settle(turn, answered.answer, answered.took)
