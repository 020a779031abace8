"""State changes that enter the store in one transaction with the event that tells of them.

An adapter turns each into one item of the transaction. Every change carries its own condition;
when one does not hold the whole write is ``Stale`` and nothing of it is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wireside.domain.conversation import Member, ReplyPolicy
from wireside.domain.events import AssistantId, Event, Participant, UserId
from wireside.domain.quotas import Correction
from wireside.domain.usage import Spent

MAX_EDITS = 90
"""A deletion blanks all edits in one transaction, which holds at most 100 items."""


@dataclass(frozen=True, slots=True)
class SetConversation:
    """Set fields of the conversation item, as long as it is neither deleted nor ended.

    ``None`` leaves a field alone.
    """

    title: str | None = None
    model: str | None = None
    reply_policy: ReplyPolicy | None = None


@dataclass(frozen=True, slots=True)
class AddMember:
    """Put a member who must not be one yet, while fewer than ``at_most`` are.

    ``invited``: by an invitation, that lets in nobody who was barred; otherwise the bar goes.
    """

    member: Member
    at_most: int
    invited: bool = False


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Delete a member who must be one; a trace of them stays.

    ``bars``: no invitation lets them in again. ``owned``: they were an owner.
    """

    user_id: UserId
    bars: bool = False
    owned: bool = False


@dataclass(frozen=True, slots=True)
class RememberRequest:
    """Keep, for 24 h, that this user's HTTP request was carried out; it must be new.

    ``fingerprint`` tells a repeat from another request under the same key; ``result`` is what a
    repeat is answered with.
    """

    user_id: UserId
    key: str
    fingerprint: str
    result: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SettleRun:
    """End a run: its fence must still be ours and the conversation as we read it.

    ``answered_before`` and ``operator_epoch`` are the values read at the start of the turn. That
    equality silences a worker that was succeeded, and makes a takeover a guarantee. ``spent`` is
    kept on the run; ``correction`` settles what was reserved for it.
    """

    assistant_id: AssistantId
    first_seq: int
    fence: int
    through_seq: int
    answered_before: int
    operator_epoch: int
    spent: Spent | None = None
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class HoldRun:
    """Change nothing, but only where a run could be settled still: it is the worker's own.

    The fields are those of ``SettleRun``, and so are the conditions.
    """

    assistant_id: AssistantId
    first_seq: int
    fence: int
    answered_before: int
    operator_epoch: int


@dataclass(frozen=True, slots=True)
class NoteEdit:
    """Add the event's own seq to the edits of a message that is there and has fewer than 90."""

    target_seq: int


@dataclass(frozen=True, slots=True)
class Decide:
    """Mark a call as decided on; it must wait for that, and not be deleted."""

    target_seq: int


@dataclass(frozen=True, slots=True)
class Blank:
    """Take away what was written in a message, in all its edits, and in ``beside``.

    ``target`` is the message as it was read: it must have the same edits still. ``beside`` are
    calls of tools and their results, which nobody changes.
    """

    target: Event
    beside: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class DropTitle:
    """Take away a title that was made from this message, and none that was not.

    ``is_made_of_it`` is what was read; it must be so still.
    """

    seq: int
    is_made_of_it: bool


@dataclass(frozen=True, slots=True)
class Silence:
    """Let no assistant write about anything up to this event's own seq, whatever it has begun.

    ``assistant_ids``: all that there are. ``operator_epoch`` is the value read before; it grows.
    """

    assistant_ids: frozenset[AssistantId]
    operator_epoch: int


@dataclass(frozen=True, slots=True)
class Occupy:
    """Make somebody the operator of a conversation that has none and has not ended.

    A trace of them stays, as of a member who left.
    """

    operator: Participant


@dataclass(frozen=True, slots=True)
class Vacate:
    """Leave a conversation without an operator; this one must hold it."""

    operator_id: str


@dataclass(frozen=True, slots=True)
class End:
    """End a conversation that has not ended, at the time of its event."""


type Change = (
    SetConversation
    | AddMember
    | RemoveMember
    | RememberRequest
    | SettleRun
    | HoldRun
    | NoteEdit
    | Decide
    | Blank
    | DropTitle
    | Silence
    | Occupy
    | Vacate
    | End
)


@dataclass(frozen=True, slots=True)
class Stored:
    """The event and all changes are in the store."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Another event has this seq; nothing of ours was stored."""

    by: Event


@dataclass(frozen=True, slots=True)
class Contended:
    """Another write was under way on one of the items; nothing of ours was stored."""


@dataclass(frozen=True, slots=True)
class Stale:
    """A change's own condition did not hold; nothing was stored."""


type Outcome = Stored | Taken | Contended | Stale
