"""Sees what a log alone does not show, where the services' calls reach the store."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.property.stage import ON_STAGE
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import Change, Outcome, SettleRun, Stored
from wireside.domain.conversation import Conversation
from wireside.domain.events import ConversationId, Event, Kind
from wireside.domain.runs import Run, Standing


@dataclass(slots=True)
class Referee:
    """What is wrong so far, and which stops each player knew of when they last looked at a run."""

    store: MemoryStore
    wrong: list[str] = field(default_factory=list)
    known: dict[tuple[object, int], bool] = field(default_factory=dict)

    def watch(self, port: Any) -> Any:
        """Return the port with the referee beside it."""
        if hasattr(port, "commit"):
            return WatchedLog(port, self)
        return WatchedRuns(port, self) if hasattr(port, "claim") else port

    def looked(self, run: Run) -> None:
        """Somebody looks where a run stands."""
        there = self.store.runs.get((next(iter(self.store.logs)), run.assistant_id, run.first_seq))
        stopped = max(each.stopped_through for each in self.store.conversations.values())
        flagged = there is not None and there.stop_requested
        self.known[ON_STAGE.get(), run.first_seq] = flagged or run.first_seq <= stopped

    def stored(self, event: Event, change: SettleRun, run: Run, was: Conversation) -> None:
        """Somebody's outcome is stored over this run."""
        if change.fence != run.fence:
            self.wrong.append("a zombie wrote the outcome")
        is_stopped = event.body.get("finish_reason") == "stopped"
        if not is_stopped and self.known.get((ON_STAGE.get(), run.first_seq)):
            self.wrong.append("a stopped run went on")
        if is_stopped and not run.stop_requested and change.through_seq > was.stopped_through:
            self.wrong.append("a message posted after the stop was stopped")
        turn = self.store.log(was.id)[change.first_seq - 1 : change.through_seq]
        if any(each.kind is Kind.TAKEN_OVER for each in turn):
            self.wrong.append("a turn went on from before a takeover to after it")


@dataclass(frozen=True, slots=True)
class WatchedLog:
    """``ports.Log``."""

    port: Any
    referee: Referee

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        store = self.referee.store
        change = next((each for each in changes if isinstance(each, SettleRun)), None)
        was = store.conversations[conversation_id]
        run = None
        if change is not None:
            run = store.runs.get((conversation_id, change.assistant_id, change.first_seq))
        outcome: Outcome = await self.port.commit(conversation_id, event, changes)
        if isinstance(outcome, Stored) and change is not None and run is not None:
            self.referee.stored(event, change, run, was)
        return outcome


@dataclass(frozen=True, slots=True)
class WatchedRuns:
    """``ports.Runs``."""

    port: Any
    referee: Referee

    def __getattr__(self, name: str) -> Any:
        return getattr(self.port, name)

    async def standing(self, conversation_id: ConversationId, run: Run) -> Standing | None:
        self.referee.looked(run)
        standing: Standing | None = await self.port.standing(conversation_id, run)
        return standing

    async def freeze(self, conversation_id: ConversationId, run: Run, through_seq: int) -> bool:
        key = (conversation_id, run.assistant_id, run.first_seq)
        there = self.referee.store.runs.get(key)
        frozen: bool = await self.port.freeze(conversation_id, run, through_seq)
        if frozen and there is not None and there.through_seq not in {None, through_seq}:
            self.referee.wrong.append("a frozen turn was frozen anew")
        return frozen
