"""The log in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import (
    AddMember,
    Change,
    Outcome,
    RememberRequest,
    RemoveMember,
    SetConversation,
    SettleRun,
    Stale,
    Stored,
    Taken,
)
from wireside.domain.conversation import Conversation
from wireside.domain.events import ConversationId, Event
from wireside.domain.runs import RunState
from wireside.ports import RequestRecord


@dataclass(frozen=True, slots=True)
class MemoryLog:
    """``ports.Log``. Every call happens at once, as a strongly consistent store shows it."""

    store: MemoryStore

    async def read(self, conversation_id: ConversationId, seq: int) -> Event | None:
        """Return the event with that seq."""
        log = self.store.log(conversation_id)
        return log[seq - 1] if 1 <= seq <= len(log) else None

    async def after(
        self, conversation_id: ConversationId, seq: int, *, limit: int
    ) -> tuple[Event, ...]:
        """Return events above ``seq``."""
        return tuple(self.store.log(conversation_id)[seq : seq + limit])

    async def before(
        self, conversation_id: ConversationId, seq: int | None, *, limit: int
    ) -> tuple[Event, ...]:
        """Return the newest events below ``seq``."""
        log = self.store.log(conversation_id)
        below = log if seq is None else log[: max(0, seq - 1)]
        return tuple(below[-limit:])

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        """Store event and changes, all or nothing."""
        log = self.store.log(conversation_id)
        if event.seq <= len(log):
            return Taken(log[event.seq - 1])
        if event.seq != len(log) + 1:
            message = f"seq {event.seq} would leave a gap after {len(log)}"
            raise AssertionError(message)
        if not all(self._holds(conversation_id, change) for change in changes):
            return Stale()
        log.append(event)
        for change in changes:
            self._apply(conversation_id, change, event.at_ms)
        return Stored()

    def _holds(self, conversation_id: ConversationId, change: Change) -> bool:
        conversation = self.store.conversations.get(conversation_id)
        if isinstance(change, RememberRequest):
            key = (conversation_id, change.user_id, change.key)
            return key not in self.store.requests
        if conversation is None or conversation.deleted:
            return False
        match change:
            case SetConversation():
                return conversation.ended_at_ms is None
            case AddMember(member=member, at_most=at_most):
                is_new = (conversation_id, member.user_id) not in self.store.members
                has_place = conversation.member_count < at_most
                return is_new and has_place and conversation.ended_at_ms is None
            case RemoveMember(user_id=user_id):
                return (conversation_id, user_id) in self.store.members
            case SettleRun():
                return self._run_holds(conversation, change)

    def _run_holds(self, conversation: Conversation, change: SettleRun) -> bool:
        run = self.store.runs.get((conversation.id, change.assistant_id, change.first_seq))
        return (
            run is not None
            and run.fence == change.fence
            and run.state is not RunState.ENDED
            and conversation.operator_epoch == change.operator_epoch
            and conversation.answered(change.assistant_id) == change.answered_before
        )

    def _apply(self, conversation_id: ConversationId, change: Change, at_ms: int) -> None:
        store = self.store
        if isinstance(change, RememberRequest):
            record = RequestRecord(change.fingerprint, change.result)
            store.requests[conversation_id, change.user_id, change.key] = record
            return
        conversation = store.conversations[conversation_id]
        match change:
            case SetConversation(title=title, model=model, reply_policy=reply_policy):
                conversation = replace(
                    conversation,
                    title=title or conversation.title,
                    model=model or conversation.model,
                    reply_policy=reply_policy or conversation.reply_policy,
                )
            case AddMember(member=member):
                store.members[conversation_id, member.user_id] = member
                store.active_at[member.user_id, conversation_id] = at_ms
                conversation = replace(conversation, member_count=conversation.member_count + 1)
            case RemoveMember(user_id=user_id):
                del store.members[conversation_id, user_id]
                store.active_at.pop((user_id, conversation_id), None)
                conversation = replace(conversation, member_count=conversation.member_count - 1)
            case SettleRun(assistant_id=assistant_id, first_seq=first_seq):
                key = (conversation_id, assistant_id, first_seq)
                store.runs[key] = replace(store.runs[key], state=RunState.ENDED)
                answered = {**conversation.answered_through, assistant_id: change.through_seq}
                conversation = replace(conversation, answered_through=answered)
        store.conversations[conversation_id] = conversation
