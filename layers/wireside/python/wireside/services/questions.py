"""What an assistant is asked: its own settings, and this conversation up to the turn's end."""

from wireside.domain.context import MESSAGE_TOKENS, build_context, estimate_tokens
from wireside.domain.dialogue import SEVERAL_NOTE
from wireside.ports import Log, Question
from wireside.services.outcomes import Turn

CONTEXT_EVENTS = 300
"""At most this many events are read for one answer, whatever the budget: one bounded query."""


async def question_of(log: Log, turn: Turn) -> Question:
    """Read the conversation's log, and no other, and return what to ask."""
    assistant = turn.assistant
    events = await log.before(
        turn.place.conversation_id, turn.through_seq + 1, limit=CONTEXT_EVENTS
    )
    prompts = f"{assistant.system_prompt}\n\n{SEVERAL_NOTE}"
    budget_tokens = assistant.context_tokens - estimate_tokens(prompts) - MESSAGE_TOKENS
    return Question(
        conversation_id=turn.place.conversation_id,
        run_id=turn.run.id,
        system_prompt=assistant.system_prompt,
        messages=build_context(
            events, assistant.id, budget_tokens=budget_tokens, turn_from=turn.run.first_seq
        ),
        model=assistant.model,
    )
