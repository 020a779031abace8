"""Runs in memory."""

from dataclasses import dataclass, replace

from wireside.adapters.memory.ledger import correct
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.events import AssistantId, ConversationId, RunId
from wireside.domain.quotas import Correction
from wireside.domain.runs import Partial, Run, RunState, Standing
from wireside.domain.usage import Spent


@dataclass(frozen=True, slots=True)
class MemoryRuns:
    """``ports.Runs``."""

    store: MemoryStore

    async def read(
        self, conversation_id: ConversationId, assistant_id: AssistantId, first_seq: int
    ) -> Run | None:
        """Return the run."""
        return self.store.runs.get((conversation_id, assistant_id, first_seq))

    async def claim(
        self, conversation_id: ConversationId, run: Run, *, now_ms: int, found: Run | None
    ) -> bool:
        """Become the run's worker."""
        key = (conversation_id, run.assistant_id, run.first_seq)
        there = self.store.runs.get(key)
        if found is None or there is None:
            free = there is None and found is None
        else:
            is_over = there.lease_until_ms <= now_ms and there.state is not RunState.ENDED
            is_found = (there.fence, there.through_seq) == (found.fence, found.through_seq)
            free = is_found and is_over
        if free and there is not None:
            taken = replace(there, fence=run.fence, lease_until_ms=run.lease_until_ms)
            self.store.runs[key] = taken
        elif free:
            self.store.runs[key] = run
        return free

    async def freeze(self, conversation_id: ConversationId, run: Run, through_seq: int) -> bool:
        """Begin streaming."""
        there = self._held(conversation_id, run)
        if there is None:
            return False
        frozen = replace(there, state=RunState.STREAMING, through_seq=through_seq)
        self.store.runs[conversation_id, run.assistant_id, run.first_seq] = frozen
        return True

    async def begin_again(
        self, conversation_id: ConversationId, run: Run, *, lease_until_ms: int
    ) -> bool:
        """Raise the fence."""
        there = self._held(conversation_id, run)
        if there is None:
            return False
        raised = replace(there, fence=there.fence + 1, lease_until_ms=lease_until_ms)
        self.store.runs[conversation_id, run.assistant_id, run.first_seq] = raised
        return True

    async def checkpoint(
        self,
        conversation_id: ConversationId,
        run: Run,
        *,
        offset: int,
        text: str,
        lease_until_ms: int,
    ) -> bool:
        """Append a chunk and extend the lease."""
        there = self._held(conversation_id, run)
        if there is None:
            return False
        key = (conversation_id, run.assistant_id, run.first_seq)
        self.store.runs[key] = replace(there, lease_until_ms=lease_until_ms)
        if text:
            self.store.chunks.setdefault((run.id, run.fence), {})[offset] = text
        return True

    async def show(self, conversation_id: ConversationId, run: Run, text: str) -> bool:
        """Note what is shown first."""
        there = self._held(conversation_id, run)
        if there is None:
            return False
        key = (conversation_id, run.assistant_id, run.first_seq)
        self.store.runs[key] = replace(there, shown=text)
        return True

    async def note(
        self,
        conversation_id: ConversationId,
        run: Run,
        took: Spent,
        correction: Correction | None = None,
    ) -> bool:
        """Keep what the run took."""
        there = self._held(conversation_id, run)
        if there is None or there.spent is not None:
            return False
        if correction is not None:
            correct(self.store, conversation_id, correction)
        key = (conversation_id, run.assistant_id, run.first_seq)
        reserved = correction.settled if correction else there.reserved
        self.store.runs[key] = replace(there, spent=took, reserved=reserved)
        return True

    def _held(self, conversation_id: ConversationId, run: Run) -> Run | None:
        there = self.store.runs.get((conversation_id, run.assistant_id, run.first_seq))
        if there is None or there.fence != run.fence or there.state is RunState.ENDED:
            return None
        return there

    async def text(self, conversation_id: ConversationId, run: Run) -> str:
        """Return the text so far."""
        chunks = self.store.chunks.get((run.id, run.fence), {})
        return "".join(chunks[offset] for offset in sorted(chunks))

    async def unfinished(
        self, conversation_id: ConversationId, assistant_id: AssistantId, *, above_seq: int
    ) -> tuple[Run, ...]:
        """Return runs that have not ended."""
        return tuple(
            run
            for (owner, assistant, first_seq), run in sorted(self.store.runs.items())
            if (owner, assistant) == (conversation_id, assistant_id)
            and first_seq > above_seq
            and run.state is not RunState.ENDED
        )

    async def in_flight(
        self, conversation_id: ConversationId, assistant_id: AssistantId, *, above_seq: int
    ) -> tuple[Partial, ...]:
        """Return streaming runs with their text so far."""
        runs = await self.unfinished(conversation_id, assistant_id, above_seq=above_seq)
        return tuple(
            [
                Partial(
                    run.id,
                    assistant_id,
                    run.through_seq,
                    run.fence,
                    await self.text(conversation_id, run),
                )
                for run in runs
                if run.state is RunState.STREAMING and run.through_seq is not None
            ]
        )

    async def request_stop(self, conversation_id: ConversationId, run: Run) -> None:
        """Set the flag on the run of this id, while it has not ended."""
        key = (conversation_id, run.assistant_id, run.first_seq)
        there = self.store.runs.get(key)
        if there is not None and there.id == run.id and there.state is not RunState.ENDED:
            self.store.runs[key] = replace(there, stop_requested=True)

    async def standing(self, conversation_id: ConversationId, run: Run) -> Standing | None:
        """Return where run and conversation stand."""
        there = self.store.runs.get((conversation_id, run.assistant_id, run.first_seq))
        conversation = self.store.conversations.get(conversation_id)
        if there is None or conversation is None or conversation.deleted:
            return None
        return Standing(
            fence=there.fence,
            is_ended=there.state is RunState.ENDED,
            stop_requested=there.stop_requested,
            answered=conversation.answered_through.get(run.assistant_id, 0),
            operator_epoch=conversation.operator_epoch,
            stopped_through=conversation.stopped_through,
        )

    async def forget_text(self, conversation_id: ConversationId, run_id: RunId) -> None:
        """Remove the chunks of all fences."""
        for each in [key for key in self.store.chunks if key[0] == run_id]:
            del self.store.chunks[each]
