"""What an assistant is asked: its own settings, and this conversation up to the turn's end."""

from collections.abc import Sequence

from wireside.domain.context import (
    MESSAGE_TOKENS,
    answered_seq,
    build_context,
    estimate_tokens,
)
from wireside.domain.dialogue import SEVERAL_NOTE
from wireside.domain.events import ConversationId, Event, Kind
from wireside.ports import Log, Question
from wireside.services.calling import Calls
from wireside.services.outcomes import Turn

CONTEXT_EVENTS = 300
"""At most this many events are read for one answer, whatever the budget: one bounded query."""


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

    For an answer that is written anew that is the turn of the first answer, with the edits that
    came later.
    """
    conversation_id = turn.place.conversation_id
    if turn.regenerates is None:
        seq = turn.through_seq + 1
        events = await log.before(conversation_id, seq, limit=CONTEXT_EVENTS)
        return events, turn.run.first_seq
    asked = await _first_asked(log, conversation_id, turn.regenerates)
    events = await log.before(conversation_id, asked + 1, limit=CONTEXT_EVENTS)
    later = await log.after(conversation_id, asked, limit=CONTEXT_EVENTS)
    return (*events, *(each for each in later if each.kind is Kind.EDITED)), asked


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
