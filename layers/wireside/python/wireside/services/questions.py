"""What an assistant is asked: its own settings, and this conversation up to the turn's end."""

import asyncio
from collections.abc import Sequence

from wireside.domain.context import (
    MESSAGE_TOKENS,
    answered_seq,
    build_context,
    estimate_tokens,
    fills,
    is_answer_to_earlier,
)
from wireside.domain.dialogue import SEVERAL_NOTE
from wireside.domain.events import ConversationId, Event, Kind
from wireside.ports import Log, Question
from wireside.services.calling import Calls
from wireside.services.outcomes import Turn

PAGE = 300
MOST_EVENTS = 3_000
"""At most about this many events are read for one answer, whatever the budget."""


def question_of(
    events: Sequence[Event], turn: Turn, turn_from: int, calls: Calls | None = None
) -> Question:
    """Return what to ask, from the events up to the turn's end; it begins at ``turn_from``.

    What calls of tools take of the budget, the messages do not.
    """
    calls = calls or Calls()
    assistant = turn.assistant
    prompts = f"{assistant.system_prompt}\n\n{SEVERAL_NOTE}"
    budget_tokens = assistant.context_tokens - estimate_tokens(prompts) - MESSAGE_TOKENS
    budget_tokens -= calls.tokens
    return Question(
        conversation_id=turn.place.conversation_id,
        run_id=turn.run.id,
        system_prompt=assistant.system_prompt,
        messages=build_context(
            events, assistant.id, budget_tokens=budget_tokens, turn_from=turn_from
        ),
        model=assistant.model,
        answered_seq=answered_seq(events, assistant.id),
        turn_from=turn_from,
        tools=calls.specs,
        may_call=calls.may_call,
        rounds=tuple(each for each in calls.rounds if each.uses),
    )


async def read_turn(log: Log, turn: Turn) -> tuple[Sequence[Event], int]:
    """Return the events up to the turn's end, and where the turn begins.

    For an answer that is written anew that is the turn of the first answer. Of what came later
    there are the edits, and the answers to what was said before the turn, which waited for them.
    """
    conversation_id = turn.place.conversation_id
    turn_from, through_seq = turn.run.first_seq, turn.through_seq
    if turn.regenerates is not None:
        turn_from = through_seq = await _first_asked(log, conversation_id, turn.regenerates)
    events, later = await _around(log, conversation_id, through_seq, turn.assistant.context_tokens)
    edits = await _later_edits(log, conversation_id, events, later)
    answers = (each for each in later if is_answer_to_earlier(each, turn_from))
    return (*events, *answers, *edits), turn_from


async def _around(
    log: Log, conversation_id: ConversationId, seq: int, budget_tokens: int
) -> tuple[Sequence[Event], Sequence[Event]]:
    """Return the events up to ``seq``, and a page of those above it.

    Most turns are at the log's end: one call finds both.
    """
    newest = await log.before(conversation_id, None, limit=PAGE)
    if newest and newest[0].seq <= seq:
        events = tuple(each for each in newest if each.seq <= seq)
        later: Sequence[Event] = newest[len(events) :]
    else:
        events = await log.before(conversation_id, seq + 1, limit=PAGE)
        later = await log.after(conversation_id, seq, limit=PAGE)
    return await _filled(log, conversation_id, events, budget_tokens), later


async def _filled(
    log: Log, conversation_id: ConversationId, events: tuple[Event, ...], budget_tokens: int
) -> tuple[Event, ...]:
    """Return events with those before them: as many as the budget may have room for."""
    while events and events[0].seq > 1 and len(events) < MOST_EVENTS:
        if fills(events, budget_tokens):
            break
        events = (*await log.before(conversation_id, events[0].seq, limit=PAGE), *events)
    return events


async def _later_edits(
    log: Log, conversation_id: ConversationId, events: Sequence[Event], later: Sequence[Event]
) -> Sequence[Event]:
    """Return the edits above ``events``, also those beyond ``later``: a message names its own."""
    known = [each for each in later if each.kind is Kind.EDITED]
    read_through = (later or events)[-1].seq if events else 0
    newest = {max(each.edits) for each in events if each.edits}
    beyond = sorted(seq for seq in newest if seq > read_through)
    found = await asyncio.gather(*(log.read(conversation_id, seq) for seq in beyond))
    return (*known, *(each for each in found if each is not None))


async def _first_asked(log: Log, conversation_id: ConversationId, target_seq: int) -> int:
    """Return the seq of the message that an answer, written anew any number of times, answers."""
    seq = target_seq
    while event := await log.read(conversation_id, seq):
        follow = {
            Kind.MESSAGE: "trigger_seq",
            Kind.REGENERATE_REQUESTED: "target_seq",
            Kind.APPROVED: "target_seq",
        }
        name = follow.get(event.kind, "")
        if name not in event.body:
            break
        seq = int(str(event.body[name]))
    return seq
