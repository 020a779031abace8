"""State changes that enter the store in one transaction with the event that tells of them.

An adapter turns each into one item of the transaction. Every change carries its own condition;
when one does not hold the whole write is ``Stale`` and nothing of it is stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from wireside.domain.conversation import Member, ReplyPolicy
from wireside.domain.events import AssistantId, Event, UserId


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
    """Put a member who must not be one yet, while fewer than ``at_most`` are."""

    member: Member
    at_most: int


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Delete a member who must be one."""

    user_id: UserId


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
    equality silences a worker that was succeeded, and makes a takeover a guarantee.
    """

    assistant_id: AssistantId
    first_seq: int
    fence: int
    through_seq: int
    answered_before: int
    operator_epoch: int


type Change = SetConversation | AddMember | RemoveMember | RememberRequest | SettleRun


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
