"""Turns: which one is owed, whose it is, and how it is settled.

Workers take turns, and so does whoever stops a run that no worker holds any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wireside import wire
from wireside.domain.changes import SettleRun
from wireside.domain.conversation import Assistant, Conversation, departed
from wireside.domain.events import AssistantId, ConversationId, Draft, Event, Kind, RunId, UserId
from wireside.domain.runs import (
    LEASE_SECONDS,
    WATCH_MS,
    Run,
    RunState,
    Standing,
    first_owed,
    last_addressed,
    last_of_turn,
    window_ms,
)
from wireside.domain.usage import NOTHING, UNTOLD
from wireside.ports import Clock, Ids, Log, Meter, Runs
from wireside.services.delivery import Delivery
from wireside.services.entering import enter
from wireside.services.outcomes import (
    SILENCED,
    UNASKED,
    Answer,
    Took,
    Turn,
    outcome_draft,
    outcome_name,
)

PAGE = 300


@dataclass(frozen=True, slots=True)
class Owed:
    """The first event that an assistant owes an outcome to, and the log from there on.

    ``read_at_ms`` is when that was the whole log; 0 where it is not.
    """

    first: Event
    events: Sequence[Event] = ()
    read_at_ms: int = 0


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of all assistants."""

    log: Log
    runs: Runs
    delivery: Delivery
    clock: Clock
    ids: Ids
    generation: str
    meter: Meter

    async def owed(self, conversation: Conversation, assistant: Assistant) -> Owed | None:
        """Return the first event that the assistant has not settled yet, and what follows it."""
        seq, now_ms = conversation.answered(assistant.id), self.clock.now_ms()
        while events := await self.log.after(conversation.id, seq, limit=PAGE):
            if first := first_owed(events, assistant.id):
                is_all = len(events) < PAGE
                return Owed(first, events[events.index(first) :], now_ms if is_all else 0)
            seq = events[-1].seq
        return None

    async def claim(
        self, conversation: Conversation, assistant: Assistant, owed: Owed, found: Run | None
    ) -> Run | None:
        """Become the worker of the run that begins there; ``None``: somebody else did."""
        now_ms = self.clock.now_ms()
        run = self._attempt(conversation, assistant, owed, found)
        claimed = await self.runs.claim(conversation.id, run, now_ms=now_ms, found=found)
        return run if claimed else None

    def _attempt(
        self, conversation: Conversation, assistant: Assistant, owed: Owed, found: Run | None
    ) -> Run:
        lease_until_ms = self.clock.now_ms() + LEASE_SECONDS * 1_000
        if found is not None:
            return replace(found, fence=found.fence + 1, lease_until_ms=lease_until_ms)
        # A turn whose window is over is frozen with the claim: most are.
        ends_at_ms = _ends_at_ms(conversation, owed)
        through_seq = (
            last_of_turn(owed.events, assistant.id, ends_at_ms=ends_at_ms)
            if owed.read_at_ms >= ends_at_ms
            else None
        )
        return Run(
            id=RunId(self.ids.new()),
            assistant_id=assistant.id,
            first_seq=owed.first.seq,
            state=RunState.STREAMING if through_seq else RunState.PENDING,
            fence=1,
            lease_until_ms=lease_until_ms,
            through_seq=through_seq,
        )

    async def freeze(
        self,
        conversation: Conversation,
        assistant: Assistant,
        run: Run,
        *,
        owed: Owed,
        found: Run | None,
    ) -> Turn | None:
        """Freeze what the run answers, once for all its attempts; ``None``: it is not ours."""
        first, through_seq = owed.first, run.through_seq
        if through_seq is None:
            through_seq = await self._through_seq(conversation, run, owed)
            if not await self.runs.freeze(conversation.id, run, through_seq):
                return None
        seen = await self._seen(conversation.id, found) if found is not None else ""
        target_seq = first.body.get("target_seq")
        target = target_seq if isinstance(target_seq, int) else None
        return Turn(
            place=wire.Place(conversation.id, wire.epoch_of(conversation, self.generation)),
            assistant=assistant,
            run=replace(run, state=RunState.STREAMING, through_seq=through_seq),
            through_seq=through_seq,
            answered_before=conversation.answered_through.get(assistant.id, 0),
            operator_epoch=conversation.operator_epoch,
            seen=seen,
            regenerates=target if first.kind is Kind.REGENERATE_REQUESTED else None,
            decides=target if first.kind is Kind.APPROVED else None,
            approved=first.body.get("approved") is True,
            asked_at_ms=first.at_ms,
            asked_by=UserId(first.sender.id),
            # Whoever held the turn before may have asked, and is not there to tell.
            before=UNTOLD if found is not None and found.through_seq else NOTHING,
        )

    async def standing(
        self, conversation: Conversation, claimed: Run, turn: Turn
    ) -> Standing | None:
        """Return where the turn stands before anything is asked; ``None``: nothing is there.

        One that was frozen with its claim stands where its conversation was read to be, and looks
        again before it shows anything. A tool that people approved is not called on that.
        """
        is_fresh = claimed.fence == 1 and claimed.through_seq is not None
        if is_fresh and turn.decides is None:
            return Standing.at_first(conversation, turn.run)
        return await self.runs.standing(conversation.id, turn.run)

    async def _seen(self, conversation_id: ConversationId, found: Run) -> str:
        """Return what the last attempt that showed anything has shown."""
        for fence in range(found.fence, 0, -1):
            if text := await self.runs.text(conversation_id, replace(found, fence=fence)):
                return text
        return found.shown

    async def _through_seq(self, conversation: Conversation, run: Run, owed: Owed) -> int:
        """Return the seq of the last event inside the window that begins with the first one."""
        ends_at_ms = _ends_at_ms(conversation, owed)
        events = owed.events
        if owed.read_at_ms < ends_at_ms:
            await self._wait_until(ends_at_ms, conversation.id, run)
            events = await self.log.after(conversation.id, owed.first.seq - 1, limit=PAGE)
        return last_of_turn(events, run.assistant_id, ends_at_ms=ends_at_ms)

    async def _wait_until(self, at_ms: int, conversation_id: ConversationId, run: Run) -> None:
        """Wait for the window to end, or for somebody to stop the run."""
        while (left_ms := at_ms - self.clock.now_ms()) > 0:
            standing = await self.runs.standing(conversation_id, run)
            if standing is None or standing.stops(run):
                return
            await self.clock.sleep(min(left_ms, WATCH_MS) / 1_000)

    async def stopped(self, turn: Turn, standing: Standing) -> Turn:
        """Return as much of the turn as was stopped; the rest is a turn of its own."""
        through_seq = standing.through(turn.through_seq)
        events = await self.log.after(
            turn.place.conversation_id, turn.run.first_seq - 1, limit=PAGE
        )
        last = last_addressed(events, turn.assistant.id, through_seq=through_seq)
        return replace(turn, through_seq=last or turn.through_seq)

    async def settle(self, turn: Turn, answer: Answer, took: Took = UNASKED) -> bool:
        """Put the outcome into the log once and tell it; ``False``: somebody else settled it."""
        spent = turn.spent(outcome_name(answer), took, now_ms=self.clock.now_ms())
        settlement = turn.settlement(spent, turn.correction(took))
        event = await self._store(turn, outcome_draft(turn, answer), settlement)
        if event is None:
            await self.silenced(turn, took)
            return False
        frame = wire.event_frame(turn.place, event)
        await self.delivery.tell_all(turn.place.conversation_id, frame)
        ended = wire.run_frame(turn.place, turn.partial(), "ended")
        await self.delivery.tell_all(turn.place.conversation_id, ended)
        self.meter.ended(spent)
        return True

    async def silenced(self, turn: Turn, took: Took) -> None:
        """Keep what a run took that may not say anything; nothing happens where it is not ours."""
        spent = turn.spent(SILENCED, took, now_ms=self.clock.now_ms())
        correction = turn.correction(took)
        if await self.runs.note(turn.place.conversation_id, turn.run, spent, correction):
            self.meter.ended(spent)

    async def _store(self, turn: Turn, draft: Draft, settlement: SettleRun) -> Event | None:
        conversation_id = turn.place.conversation_id
        return await enter(self.log, self.clock, conversation_id, draft, settlement)


def _ends_at_ms(conversation: Conversation, owed: Owed) -> int:
    return owed.first.at_ms + window_ms(conversation.member_count)


def assistants_of(
    conversation: Conversation, assistants: Sequence[Assistant]
) -> tuple[AssistantId, ...]:
    """Return all that may owe something here, sorted: the configured, and those that answered."""
    return tuple(sorted({each.id for each in assistants} | set(conversation.answered_through)))


def assistant_of(assistant_id: AssistantId, assistants: Sequence[Assistant]) -> Assistant:
    """Return the assistant; one that is not configured any more owes its outcomes still."""
    known = (each for each in assistants if each.id == assistant_id)
    return next(known, None) or departed(assistant_id)
