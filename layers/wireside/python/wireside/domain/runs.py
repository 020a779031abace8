"""Runs: one assistant's answering of one turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from wireside.domain.conversation import Conversation
from wireside.domain.events import AssistantId, ConversationId, Event, Kind, RunId
from wireside.domain.quotas import Reservation
from wireside.domain.usage import Spent

LEASE_SECONDS = 15
WATCH_MS = 400
"""How often a worker looks whether its run was stopped, taken from it, or silenced."""
FIRST_BACKOFF_SECONDS = 1.0
MAX_BACKOFF_SECONDS = 30.0
WINDOW_ALONE_MS = 100
WINDOW_SEVERAL_MS = 2_000
MAX_DELTA_BYTES = 8_192
MIN_DELTA_INTERVAL_MS = 150
MAX_DELTA_INTERVAL_MS = 1_000
DELTAS_PER_SECOND = 5_000
"""Half of the account-wide throttle of 10,000 requests a second is left to everything else."""


class RunState(StrEnum):
    """Where a run stands."""

    PENDING = "pending"
    STREAMING = "streaming"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Job:
    """A request that ``assistant_id`` settle everything up to event ``seq``.

    ``attempt`` grows each time the job is sent again, so that the queue does not drop it.
    """

    conversation_id: ConversationId
    assistant_id: AssistantId
    seq: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """The state of a run. ``first_seq`` is the first unanswered addressed event: its key.

    ``fence`` grows with every attempt; ``through_seq`` is frozen once, when streaming begins, and
    every later attempt reuses it. ``lease_until_ms`` is milliseconds since the epoch. ``shown`` is
    the beginning of the last attempt's text that anybody may have seen. ``spent`` is there once
    the run has ended or was silenced, ``reserved`` once something stands in counters for it.
    """

    id: RunId
    assistant_id: AssistantId
    first_seq: int
    state: RunState
    fence: int
    lease_until_ms: int
    through_seq: int | None = None
    stop_requested: bool = False
    shown: str = ""
    spent: Spent | None = None
    reserved: Reservation | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run and its conversation stand while the run streams.

    ``answered`` is what its assistant has answered through.
    """

    fence: int
    is_ended: bool
    stop_requested: bool
    answered: int
    operator_epoch: int
    stopped_through: int

    @classmethod
    def at_first(cls, conversation: Conversation, run: Run) -> "Standing":
        """Return where a run stands that was put just now, after the conversation was read."""
        return cls(
            fence=run.fence,
            is_ended=False,
            stop_requested=False,
            answered=conversation.answered_through.get(run.assistant_id, 0),
            operator_epoch=conversation.operator_epoch,
            stopped_through=conversation.stopped_through,
        )

    def stops(self, run: Run) -> bool:
        """Whether somebody has stopped this run: by its id, or with all turns up to a seq."""
        return self.stop_requested or run.first_seq <= self.stopped_through

    def through(self, through_seq: int) -> int:
        """Return up to which seq a turn that ends at ``through_seq`` is stopped."""
        return through_seq if self.stop_requested else min(through_seq, self.stopped_through)


@dataclass(frozen=True, slots=True)
class Partial:
    """A run in flight, as a client that opens the conversation sees it. ``text`` is all so far."""

    run_id: RunId
    assistant_id: AssistantId
    trigger_seq: int
    fence: int
    text: str


def window_ms(human_members: int) -> int:
    """How long, from its first event on, a turn waits for more (requirement C4)."""
    return WINDOW_SEVERAL_MS if human_members > 1 else WINDOW_ALONE_MS


def first_owed(events: Sequence[Event], assistant_id: AssistantId) -> Event | None:
    """Return the first event that addresses the assistant."""
    return next((each for each in events if assistant_id in each.addressed), None)


ALONE = frozenset({Kind.REGENERATE_REQUESTED, Kind.APPROVED})
"""Kinds that are a turn of their own; no turn spans them."""


def last_of_turn(events: Sequence[Event], assistant_id: AssistantId, *, ends_at_ms: int) -> int:
    """Return the seq of the last addressed event of the turn that ``events`` begin with.

    The turn stops before the first addressed event whose ``at_ms`` is past ``ends_at_ms``, and
    around every event that is a turn of its own. ``events`` are ascending and contain at least
    one addressed event.
    """
    first, *others = [each for each in events if assistant_id in each.addressed]
    last = first.seq
    for event in others:
        if event.at_ms > ends_at_ms or ALONE & {first.kind, event.kind}:
            break
        last = event.seq
    return last


def last_addressed(
    events: Sequence[Event], assistant_id: AssistantId, *, through_seq: int
) -> int | None:
    """Return the last seq up to ``through_seq`` that addresses the assistant."""
    found = [each.seq for each in events if assistant_id in each.addressed]
    return max((seq for seq in found if seq <= through_seq), default=None)


def count_streams(events: Sequence[Event], first_seq: int) -> int:
    """Return how many assistants are addressed from ``first_seq`` on: so many answers stream."""
    turn = [each for each in events if each.seq >= first_seq]
    return max(1, len({assistant_id for each in turn for assistant_id in each.addressed}))


def delta_interval_ms(listeners: int, active_streams: int) -> int:
    """How long deltas are gathered before they go out."""
    wanted = listeners * active_streams * 1_000 // DELTAS_PER_SECOND
    return max(MIN_DELTA_INTERVAL_MS, min(MAX_DELTA_INTERVAL_MS, wanted))


def backoff_seconds(tried: int) -> float:
    """Return the longest wait after that many tries: 1 s, doubling, at most 30 s (C8)."""
    return min(MAX_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** (tried - 1))


def is_settled(conversation: Conversation, job: Job) -> bool:
    """Whether the job may be deleted: its seq is answered through (architecture, Runs)."""
    return conversation.deleted or job.seq <= conversation.answered(job.assistant_id)


def outcome_of(seq: int, assistant_id: AssistantId, log: Sequence[Event]) -> Event | None:
    """Return the one outcome of an addressed event (protocol, rule 3), if it has come.

    The first, in log order, of the assistant's ``message`` or ``run_failed`` with ``trigger_seq``
    at or above ``seq``, or a ``taken_over`` or ``ended`` above it.
    """
    return next((each for each in log if _settles(each, seq, assistant_id)), None)


def _settles(event: Event, seq: int, assistant_id: AssistantId) -> bool:
    if event.kind in {Kind.TAKEN_OVER, Kind.ENDED}:
        return event.seq > seq
    trigger_seq = event.body.get("trigger_seq")
    by_assistant = event.kind is Kind.MESSAGE and event.sender.id == assistant_id
    failed = event.kind is Kind.RUN_FAILED and event.body.get("participant") == assistant_id
    return (by_assistant or failed) and isinstance(trigger_seq, int) and trigger_seq >= seq
