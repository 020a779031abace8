"""Runs: from a job to the one outcome that it owes.

A job is deleted only when its seq is answered through, read strongly afterwards. Until then the
worker starts again from the conversation item: jobs come in any order and any number.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from wireside import wire
from wireside.domain.changes import Stale
from wireside.domain.conversation import Assistant, Conversation, System, departed
from wireside.domain.errors import ErrorCode, Refused, Unavailable
from wireside.domain.events import ConversationId, Draft, Event, RunId
from wireside.domain.runs import (
    LEASE_SECONDS,
    Job,
    Run,
    RunState,
    first_owed,
    is_settled,
    last_of_turn,
    window_ms,
)
from wireside.ports import Clock, Conversations, Ids, JobQueue, Log, Providers, Runs
from wireside.services.access import admit
from wireside.services.answers import Answering
from wireside.services.delivery import Delivery
from wireside.services.log import Plan, nothing_to_meet, walk
from wireside.services.outcomes import Turn, outcome_draft

TURN_SECONDS = 285
"""The function's timeout of 300 s less 15 s: one deadline for window and all tries."""
VISIBILITY_SECONDS = 20
LEAST_SECONDS_FOR_A_TURN = 60
PAGE = 300


class Settled(Enum):
    """What to do with a job."""

    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class RunService:
    """The worker of one assistant's turns."""

    conversations: Conversations
    log: Log
    runs: Runs
    jobs: JobQueue
    delivery: Delivery
    providers: Providers
    clock: Clock
    ids: Ids
    answering: Answering
    generation: str

    async def settle(self, job: Job, receipt: str) -> Settled:
        """Answer whatever the assistant owes up to the job's seq, turn after turn."""
        deadline_ms = self.clock.now_ms() + TURN_SECONDS * 1_000
        assistant = self._assistant(job)
        while self.clock.now_ms() < deadline_ms - LEAST_SECONDS_FOR_A_TURN * 1_000:
            await self.jobs.extend(receipt, VISIBILITY_SECONDS)
            conversation = await self._conversation(job.conversation_id)
            if conversation is None or is_settled(conversation, job):
                return Settled.DELETE
            busy_until_ms = await self._take_turn(conversation, assistant, receipt, deadline_ms)
            if busy_until_ms is not None:
                left_seconds = (busy_until_ms - self.clock.now_ms()) // 1_000 + 1
                await self.jobs.extend(receipt, max(1, left_seconds))
                return Settled.KEEP
        await self.jobs.send(replace(job, attempt=job.attempt + 1))
        return Settled.DELETE

    def _assistant(self, job: Job) -> Assistant:
        """Return the assistant; one that is not configured any more owes its outcomes still."""
        known = (each for each in self.providers.assistants if each.id == job.assistant_id)
        return next(known, None) or departed(job.assistant_id)

    async def _conversation(self, conversation_id: ConversationId) -> Conversation | None:
        try:
            access = await admit(self.conversations, System("reply"), conversation_id)
        except Refused as refused:
            if refused.code is ErrorCode.NOT_FOUND:
                return None
            raise
        return access.conversation

    async def _take_turn(
        self, conversation: Conversation, assistant: Assistant, receipt: str, deadline_ms: int
    ) -> int | None:
        """Answer the first turn that is owed; return until when another worker holds it."""
        first = await self._first_owed(conversation, assistant)
        if first is None:
            message = "A job came before the event that it is for."
            raise Unavailable(message)
        found = await self.runs.read(conversation.id, assistant.id, first.seq)
        now_ms = self.clock.now_ms()
        if found is not None and found.state is RunState.ENDED:
            return None
        if found is not None and found.lease_until_ms > now_ms:
            return found.lease_until_ms
        run = self._attempt(assistant, first, found)
        if not await self.runs.claim(conversation.id, run, now_ms=now_ms, found=found):
            return None
        turn = await self._turn(conversation, assistant, run, first)
        if turn is not None:
            seen = await self.runs.text(conversation.id, found) if found is not None else ""
            await self._answer(replace(turn, seen=seen), receipt, deadline_ms)
        return None

    async def _first_owed(self, conversation: Conversation, assistant: Assistant) -> Event | None:
        seq = conversation.answered(assistant.id)
        while events := await self.log.after(conversation.id, seq, limit=PAGE):
            if first := first_owed(events, assistant.id):
                return first
            seq = events[-1].seq
        return None

    def _attempt(self, assistant: Assistant, first: Event, found: Run | None) -> Run:
        lease_until_ms = self.clock.now_ms() + LEASE_SECONDS * 1_000
        if found is not None:
            return replace(found, fence=found.fence + 1, lease_until_ms=lease_until_ms)
        return Run(
            id=RunId(self.ids.new()),
            assistant_id=assistant.id,
            first_seq=first.seq,
            state=RunState.PENDING,
            fence=1,
            lease_until_ms=lease_until_ms,
        )

    async def _turn(
        self, conversation: Conversation, assistant: Assistant, run: Run, first: Event
    ) -> Turn | None:
        """Freeze what the run answers, once for all its attempts; ``None``: the fence is lost."""
        through_seq = run.through_seq or await self._through_seq(conversation, assistant, first)
        if not await self.runs.freeze(conversation.id, run, through_seq):
            return None
        return Turn(
            place=wire.Place(conversation.id, wire.epoch_of(conversation, self.generation)),
            assistant=assistant,
            run=replace(run, state=RunState.STREAMING, through_seq=through_seq),
            through_seq=through_seq,
            answered_before=conversation.answered(assistant.id),
            operator_epoch=conversation.operator_epoch,
        )

    async def _through_seq(
        self, conversation: Conversation, assistant: Assistant, first: Event
    ) -> int:
        """Wait for the window to end; return the seq of the last event inside it."""
        self.answering.prepare(assistant)
        roster = await self.conversations.roster(conversation.id)
        ends_at_ms = first.at_ms + window_ms(len(roster.members))
        await self.clock.sleep(max(0, ends_at_ms - self.clock.now_ms()) / 1_000)
        events = await self.log.after(conversation.id, first.seq - 1, limit=PAGE)
        return last_of_turn(events, assistant.id, ends_at_ms=ends_at_ms)

    async def _answer(self, turn: Turn, receipt: str, deadline_ms: int) -> None:
        answered = await self.answering.answer(turn, receipt, deadline_ms=deadline_ms)
        if answered is None:
            return
        turn = answered.turn
        event = await self._store(turn, outcome_draft(turn, answered.answer))
        if event is None:
            return
        frame = wire.event_frame(turn.place, event)
        await self.delivery.tell_all(turn.place.conversation_id, frame)
        ended = wire.run_frame(turn.place, turn.partial(), "ended")
        await self.delivery.tell_all(turn.place.conversation_id, ended)

    async def _store(self, turn: Turn, draft: Draft) -> Event | None:
        """Put the outcome into the log once; ``None``: somebody else settled this turn."""
        conversation_id = turn.place.conversation_id
        plan = Plan(draft, (turn.settlement(),))

        async def prepare(_previous: Event | None) -> Plan:
            return plan

        newest: Sequence[Event] = await self.log.before(conversation_id, None, limit=1)
        stored = await walk(
            self.log,
            self.clock,
            conversation_id,
            start=newest[-1] if newest else None,
            prepare=prepare,
            meet=nothing_to_meet,
        )
        return None if isinstance(stored, Stale) else stored
