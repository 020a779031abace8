"""How an assistant's events enter the log: under the fence of its run, or not at all."""

from collections.abc import Sequence

from wireside.domain.changes import Change, Stale
from wireside.domain.events import ConversationId, Draft, Event
from wireside.ports import Clock, Log
from wireside.services.log import Plan, nothing_to_meet, walk


async def enter(
    log: Log, clock: Clock, conversation_id: ConversationId, draft: Draft, change: Change
) -> Event | None:
    """Put the event at the log's end if the change's conditions hold; ``None``: they do not.

    Raises: Unavailable.
    """
    plan = Plan(draft, (change,))

    async def prepare(_previous: Event | None) -> Plan:
        return plan

    newest: Sequence[Event] = await log.before(conversation_id, None, limit=1)
    start = newest[-1] if newest else None
    entered = await walk(
        log, clock, conversation_id, start=start, prepare=prepare, meet=nothing_to_meet
    )
    return None if isinstance(entered, Stale) else entered
