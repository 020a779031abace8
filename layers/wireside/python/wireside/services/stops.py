"""stop: from any device, within a second; what was visible is kept."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wireside.domain.conversation import Assistant, Conversation, User
from wireside.domain.events import ConversationId, RunId
from wireside.domain.runs import Run
from wireside.ports import Clock, Conversations, Log, Runs, Usage
from wireside.services.access import admit
from wireside.services.outcomes import Answer
from wireside.services.turns import Owed, Turns, assistant_of, assistants_of

UNKNOWN = Usage(0, 0, estimated=True)
"""What a dead worker's provider used: nobody is left to tell."""


@dataclass(frozen=True, slots=True)
class Stops:
    """Stops runs. Their workers write the outcome; where none lives any more, it is done here."""

    conversations: Conversations
    log: Log
    runs: Runs
    turns: Turns
    clock: Clock
    assistants: Sequence[Assistant]

    async def run(
        self, user: User, conversation_id: ConversationId, run_id: RunId
    ) -> tuple[RunId, ...]:
        """Stop that run; nothing happens where it is over or was never there.

        Raises: Refused ``not_found``.
        """
        access = await admit(self.conversations, user, conversation_id)
        unfinished = await self._unfinished(access.conversation)
        chosen = [run for run in unfinished if run.id == run_id]
        for run in chosen:
            await self.runs.request_stop(conversation_id, run)
        return await self._stopped(access.conversation, chosen)

    async def all(
        self, user: User, conversation_id: ConversationId, after_seq: int
    ) -> tuple[RunId, ...]:
        """Stop every turn that begins up to ``after_seq``, begun or not; repeating it is harmless.

        Raises: Refused ``not_found``.
        """
        newest = await self.log.before(conversation_id, None, limit=1)
        access = await admit(self.conversations, user, conversation_id)
        through = min(after_seq, newest[-1].seq if newest else 0)
        if through:
            await self.conversations.stop_through(conversation_id, through)
        unfinished = await self._unfinished(access.conversation)
        chosen = [run for run in unfinished if run.first_seq <= through]
        return await self._stopped(access.conversation, chosen)

    async def _unfinished(self, conversation: Conversation) -> list[Run]:
        return [
            run
            for assistant_id in assistants_of(conversation, self.assistants)
            for run in await self.runs.unfinished(
                conversation.id, assistant_id, above_seq=conversation.answered(assistant_id)
            )
        ]

    async def _stopped(self, conversation: Conversation, runs: Iterable[Run]) -> tuple[RunId, ...]:
        stopped = tuple(runs)
        for run in stopped:
            if run.lease_until_ms <= self.clock.now_ms():
                await self._settle(conversation, run)
        return tuple(run.id for run in stopped)

    async def _settle(self, conversation: Conversation, found: Run) -> None:
        """Write the outcome in place of a worker that is dead."""
        assistant = assistant_of(found.assistant_id, self.assistants)
        first = await self.log.read(conversation.id, found.first_seq)
        if first is None:
            return
        owed = Owed(first)
        run = await self.turns.claim(conversation, assistant, owed, found)
        if run is None:
            return
        turn = await self.turns.freeze(conversation, assistant, run, owed=owed, found=found)
        if turn is None:
            return
        standing = await self.runs.standing(conversation.id, turn.run)
        if standing is not None and turn.is_held(standing) and standing.stops(turn.run):
            answer = Answer(turn.seen, "stopped", UNKNOWN)
            await self.turns.settle(await self.turns.stopped(turn, standing), answer)
