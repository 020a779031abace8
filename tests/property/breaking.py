"""Each rule of the protocol, switched off for real services: by a port or service that ignores it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from tests.property.explorer import Fate
from tests.property.stage import ON_STAGE
from wireside.adapters.memory.changes import apply, holds
from wireside.adapters.memory.conversations import MemoryConversations
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import (
    Blank,
    Change,
    Outcome,
    SettleRun,
    Silence,
    Stale,
    Stored,
    Taken,
)
from wireside.domain.conversation import Access, Assistant, Conversation
from wireside.domain.events import ConversationId, Event, UserId
from wireside.domain.runs import Job, Run, Standing
from wireside.services.outcomes import Turn
from wireside.services.runs import RunService, Settled
from wireside.services.turns import Owed, Turns


@dataclass(frozen=True, slots=True)
class Careless:
    """A port that is as it was, but for what a subclass changes."""

    port: Any
    store: MemoryStore

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)


class _Log(Careless):
    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        careless = [self.careless(conversation_id, each) for each in changes]
        outcome: Outcome = await self.port.commit(conversation_id, event, careless)
        return outcome

    def careless(self, conversation_id: ConversationId, change: Change) -> Change:
        return change


class _Settling(_Log):
    def careless(self, conversation_id: ConversationId, change: Change) -> Change:
        if not isinstance(change, SettleRun):
            return change
        run = self.store.runs[conversation_id, change.assistant_id, change.first_seq]
        return self.settling(change, run, self.store.conversations[conversation_id])

    def settling(self, change: SettleRun, run: Run, state: Conversation) -> SettleRun:
        raise NotImplementedError


class AnyFence(_Settling):
    def settling(self, change: SettleRun, run: Run, state: Conversation) -> SettleRun:
        return replace(change, fence=run.fence)


class BelowIsEnough(_Settling):
    def settling(self, change: SettleRun, run: Run, state: Conversation) -> SettleRun:
        known = state.answered_through.get(change.assistant_id, 0)
        if known >= change.through_seq:
            return change
        return replace(change, answered_before=known, operator_epoch=state.operator_epoch)


class TwoTransactions(Careless):
    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        player = ON_STAGE.get()
        if player is None or not any(isinstance(each, SettleRun) for each in changes):
            outcome: Outcome = await self.port.commit(conversation_id, event, changes)
            return outcome
        if not all(holds(self.store, conversation_id, each) for each in changes):
            return Stale()
        outcome = await self.port.commit(conversation_id, event, ())
        if isinstance(outcome, Stored):
            fate = await player.turn()
            if fate is Fate.WELL:
                for each in changes:
                    apply(self.store, conversation_id, each, event)
        return outcome


class ForgetfulTakeover(Careless):
    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        was = self.store.conversations[conversation_id]
        outcome: Outcome = await self.port.commit(conversation_id, event, changes)
        if isinstance(outcome, Stored) and any(isinstance(each, Silence) for each in changes):
            self.store.conversations[conversation_id] = replace(
                self.store.conversations[conversation_id],
                answered_through=was.answered_through,
                silenced_through=was.silenced_through,
            )
        return outcome


class BlankingAll(Careless):
    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        outcome: Outcome = await self.port.commit(conversation_id, event, changes)
        log = self.store.log(conversation_id)
        for each in changes:
            if isinstance(each, Blank) and isinstance(outcome, Stored):
                body = {"text": "", "deleted": True}
                log[each.target.seq - 1] = replace(log[each.target.seq - 1], body=body)
        return outcome


class Strangers(Careless):
    """Whoever meets an event does not recognise their own."""

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        outcome: Outcome = await self.port.commit(conversation_id, event, changes)
        if isinstance(outcome, Taken):
            return Taken(replace(outcome.by, client_id=None))
        return outcome


class OldAcquaintance(Careless):
    """The member and the conversation are as they were before the log was read."""

    async def frame_context(self, line: Any, conversation_id: ConversationId, seq: int) -> Any:
        player = ON_STAGE.get()
        if player is not None:
            user_id = UserId(str(line))
            _KEPT[player] = await MemoryConversations(self.store).access(conversation_id, user_id)
            await player.turn()
        return await self.port.frame_context(line, conversation_id, seq)

    async def access(self, conversation_id: ConversationId, user_id: UserId | None) -> Any:
        kept = _KEPT.pop(ON_STAGE.get(), None)
        return kept or await self.port.access(conversation_id, user_id)


class FirstImpression(Careless):
    """Whoever has looked at the conversation once never looks again, whatever they walk past."""

    async def access(self, conversation_id: ConversationId, user_id: UserId | None) -> Any:
        player = ON_STAGE.get()
        if player not in _KEPT:
            _KEPT[player] = await self.port.access(conversation_id, user_id)
        return _KEPT[player]


_KEPT: dict[object, Access | None] = {}


class _Standings(Careless):
    async def standing(self, conversation_id: ConversationId, run: Run) -> Standing | None:
        standing: Standing | None = await self.port.standing(conversation_id, run)
        return self.seen(standing) if standing is not None else None

    def seen(self, standing: Standing) -> Standing:
        raise NotImplementedError


class ByLastSeq(_Standings):
    def seen(self, standing: Standing) -> Standing:
        return _StopByLast(**_values(standing))


class StoppingAll(_Standings):
    def seen(self, standing: Standing) -> Standing:
        return _StopWhole(**_values(standing))


class _StopByLast(Standing):
    def stops(self, run: Run) -> bool:
        return self.stop_requested or (run.through_seq or run.first_seq) <= self.stopped_through


class _StopWhole(Standing):
    def through(self, through_seq: int) -> int:
        return through_seq


class _Trusting(Turn):
    """Does not compare what the conversation is like with what it was like at the start."""

    def is_held(self, standing: Standing | None) -> bool:
        return standing is not None and standing.fence == self.run.fence and not standing.is_ended


class _TrustingTurns(Turns):
    async def freeze(
        self,
        conversation: Conversation,
        assistant: Assistant,
        run: Run,
        *,
        owed: Owed,
        found: Run | None,
    ) -> Turn | None:
        turn = await Turns.freeze(self, conversation, assistant, run, owed=owed, found=found)
        return _Trusting(**_values(turn)) if turn is not None else None


class _OneTurn(RunService):
    """Deletes a job once a turn is done, whichever it was."""

    async def settle(self, job: Job, receipt: str) -> Settled:
        before = len(self.turns.log.port.port.store.log(job.conversation_id))  # type: ignore[attr-defined]
        settled = await RunService.settle(_Once(**_values(self)), job, receipt)
        after = len(self.turns.log.port.port.store.log(job.conversation_id))  # type: ignore[attr-defined]
        return Settled.DELETE if after > before else settled


class _Once(RunService):
    async def _take_turn(
        self, conversation: Conversation, assistant: Assistant, receipt: str, deadline_ms: int
    ) -> int | None:
        busy = await RunService._take_turn(self, conversation, assistant, receipt, deadline_ms)
        return busy if busy is not None else self.clock.now_ms()


def trusting(worker: RunService) -> RunService:
    """Return the worker with turns that trust."""
    return replace(worker, turns=_TrustingTurns(**_values(worker.turns)))


def one_turn(worker: RunService) -> RunService:
    """Return the worker that is content with one turn."""
    return _OneTurn(**_values(worker))


def logs(broken: type[Careless]) -> Callable[[Any, MemoryStore], Any]:
    """Break the log alone."""
    return lambda port, store: broken(port, store) if hasattr(port, "commit") else port


def runs(broken: type[Careless]) -> Callable[[Any, MemoryStore], Any]:
    """Break the runs alone."""
    return lambda port, store: broken(port, store) if hasattr(port, "claim") else port


def people(broken: type[Careless]) -> Callable[[Any, MemoryStore], Any]:
    """Break what is read of people: connections, members and conversation."""

    def chosen(port: Any, store: MemoryStore) -> Any:
        is_one = hasattr(port, "frame_context") or hasattr(port, "stop_through")
        return broken(port, store) if is_one else port

    return chosen


def _values(thing: Any) -> dict[str, Any]:
    return {each.name: getattr(thing, each.name) for each in fields(thing)}
