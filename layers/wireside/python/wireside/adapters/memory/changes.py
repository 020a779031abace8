"""State changes in memory: whether each holds, and what it does."""

from dataclasses import replace
from typing import assert_never

from wireside.adapters.memory.ledger import correct
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.changes import (
    MAX_EDITS,
    AddMember,
    Blank,
    Change,
    Decide,
    DropTitle,
    End,
    HoldRun,
    NoteEdit,
    Occupy,
    RememberRequest,
    RemoveMember,
    SetConversation,
    SettleRun,
    Silence,
    Vacate,
)
from wireside.domain.conversation import Conversation
from wireside.domain.events import ConversationId, Event, UserId, blanked, blanked_edit
from wireside.domain.forgetting import Trace
from wireside.domain.runs import RunState
from wireside.ports import RequestRecord


def holds(  # noqa: PLR0911 - a case for each change
    store: MemoryStore, conversation_id: ConversationId, change: Change
) -> bool:
    """Return whether the change's own condition is met."""
    match change:
        case RememberRequest():
            return (conversation_id, change.user_id, change.key) not in store.requests
        case NoteEdit(target_seq=seq):
            return _takes_edits(store, conversation_id, seq)
        case Decide(target_seq=seq):
            call = _event(store, conversation_id, seq)
            return call is not None and not call.is_deleted and not call.decided
        case Blank(target=target):
            there = _event(store, conversation_id, target.seq)
            return there is not None and not there.is_deleted and there.edits == target.edits
        case AddMember(member=member, invited=invited):
            key = (conversation_id, member.user_id)
            is_new = key not in store.members and not (invited and key in store.barred)
            return is_new and _state_holds(store, conversation_id, change)
        case RemoveMember(user_id=user_id):
            is_member = (conversation_id, user_id) in store.members
            return is_member and _state_holds(store, conversation_id, change)
        case SettleRun() | HoldRun():
            run = store.runs.get((conversation_id, change.assistant_id, change.first_seq))
            is_held = run is not None and run.fence == change.fence
            is_open = run is not None and run.state is not RunState.ENDED
            return is_held and is_open and _state_holds(store, conversation_id, change)
        case _:
            return _state_holds(store, conversation_id, change)


def _event(store: MemoryStore, conversation_id: ConversationId, seq: int) -> Event | None:
    log = store.log(conversation_id)
    return log[seq - 1] if 1 <= seq <= len(log) else None


def _takes_edits(store: MemoryStore, conversation_id: ConversationId, seq: int) -> bool:
    there = _event(store, conversation_id, seq)
    return there is not None and not there.is_deleted and len(there.edits) < MAX_EDITS


def _state_holds(  # noqa: PLR0911 - a case for each change
    store: MemoryStore, conversation_id: ConversationId, change: Change
) -> bool:
    """Return whether the conversation's own item is as the change needs it."""
    state = store.conversations.get(conversation_id)
    if state is None or state.deleted:
        return False
    match change:
        case SetConversation() | End():
            return state.ended_at_ms is None
        case AddMember(at_most=at_most):
            return state.member_count < at_most and state.ended_at_ms is None
        case Occupy():
            return state.operator is None and state.ended_at_ms is None
        case Vacate(operator_id=operator_id):
            return state.operator is not None and state.operator.id == operator_id
        case Silence():
            return state.operator_epoch == change.operator_epoch
        case DropTitle():
            return (state.title_seq == change.seq) is change.is_made_of_it
        case SettleRun() | HoldRun():
            known = state.answered_through.get(change.assistant_id, 0)
            is_quiet = state.operator_epoch == change.operator_epoch
            return is_quiet and known == change.answered_before
        case _:
            return True


def apply(
    store: MemoryStore, conversation_id: ConversationId, change: Change, event: Event
) -> None:
    """Carry out a change whose condition is met, with the event that tells of it."""
    state = store.conversations.get(conversation_id)
    if state is not None:
        store.conversations[conversation_id] = _changed(state, change, event)
    _apply_beside(store, conversation_id, change, event)


def _changed(  # noqa: C901, PLR0911 - a case for each change
    state: Conversation, change: Change, event: Event
) -> Conversation:
    match change:
        case SetConversation(title=title, model=model, reply_policy=reply_policy):
            return replace(
                state,
                title=title or state.title,
                title_seq=None if title else state.title_seq,
                model=model or state.model,
                reply_policy=reply_policy or state.reply_policy,
            )
        case AddMember():
            return replace(state, member_count=state.member_count + 1)
        case RemoveMember():
            return replace(state, member_count=state.member_count - 1)
        case SettleRun():
            answered = {**state.answered_through, change.assistant_id: change.through_seq}
            return replace(state, answered_through=answered)
        case Silence():
            answered = dict.fromkeys(change.assistant_ids, event.seq)
            return replace(
                state,
                answered_through=answered,
                silenced_through=event.seq,
                operator_epoch=state.operator_epoch + 1,
            )
        case Occupy(operator=operator):
            return replace(state, operator=operator, operator_assisted=True)
        case Vacate():
            return replace(state, operator=None)
        case End():
            return replace(state, ended_at_ms=event.at_ms)
        case DropTitle(is_made_of_it=True):
            return replace(state, title=None, title_seq=None)
        case DropTitle() | RememberRequest() | NoteEdit() | Decide() | Blank() | HoldRun():
            return state
        case _:
            assert_never(change)


def _apply_beside(  # noqa: C901, PLR0912 - a case for each change
    store: MemoryStore, conversation_id: ConversationId, change: Change, event: Event
) -> None:
    """Change what is not the conversation's own item."""
    log = store.log(conversation_id)
    match change:
        case RememberRequest():
            record = RequestRecord(change.fingerprint, change.result)
            store.requests[conversation_id, change.user_id, change.key] = record
        case AddMember(member=member):
            store.members[conversation_id, member.user_id] = member
            store.barred.pop((conversation_id, member.user_id), None)
            store.active_at[member.user_id, conversation_id] = event.at_ms
        case Occupy(operator=operator):
            _trace(store, conversation_id, UserId(operator.id), event)
        case RemoveMember(user_id=user_id, bars=bars):
            _trace(store, conversation_id, user_id, event, owned=change.owned)
            del store.members[conversation_id, user_id]
            if bars:
                store.barred[conversation_id, user_id] = True
            store.active_at.pop((user_id, conversation_id), None)
        case SettleRun():
            key = (conversation_id, change.assistant_id, change.first_seq)
            run = store.runs[key]
            spent = change.spent or run.spent
            correction = change.correction
            reserved = correction.settled if correction else run.reserved
            store.runs[key] = replace(run, state=RunState.ENDED, spent=spent, reserved=reserved)
            if correction is not None:
                correct(store, conversation_id, correction)
        case NoteEdit(target_seq=seq):
            there = log[seq - 1]
            log[seq - 1] = replace(there, edits=there.edits | {event.seq})
        case Decide(target_seq=seq):
            log[seq - 1] = replace(log[seq - 1], decided=True)
        case Blank(target=target, beside=beside):
            for each in (target, *beside):
                log[each.seq - 1] = blanked(log[each.seq - 1])
            for seq in target.edits:
                log[seq - 1] = replace(log[seq - 1], body=blanked_edit(target.seq))
        case _:
            return


def _trace(
    store: MemoryStore,
    conversation_id: ConversationId,
    user_id: UserId,
    event: Event,
    *,
    owned: bool = False,
) -> None:
    known = store.traces.get((conversation_id, user_id))
    before = known or Trace(user_id, conversation_id, 0)
    owned = owned or before.owned
    store.traces[conversation_id, user_id] = replace(before, left_at_ms=event.at_ms, owned=owned)
