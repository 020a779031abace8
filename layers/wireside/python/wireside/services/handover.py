"""The deeds that silence assistants: an operator takes over and hands back; a conversation ends.

Each is one event. From it on no assistant writes about anything before it: the transaction raises
``operator_epoch`` and ``answered_through``, on which every outcome of a run depends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside import wire
from wireside.domain.bodies import Ended, Person, Released, StoppedRun, TakenOver
from wireside.domain.changes import Change, End, Occupy, Silence, Vacate
from wireside.domain.conversation import Access, Assistant, Conversation, Role, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import Draft, Kind, Participant, SenderType
from wireside.domain.runs import Partial
from wireside.ports import Clock, Runs
from wireside.services.deeds import not_ended
from wireside.services.log import Plan
from wireside.services.turns import assistants_of

STOPPED_TEXT_BYTES = 250_000
"""What the texts of all stopped runs take together; an item of the table has at most 400 KB."""


@dataclass(frozen=True, slots=True)
class Silencing:
    """What silences assistants: the change, and what they were about to say."""

    runs: Runs
    assistants: Sequence[Assistant]

    def change(self, conversation: Conversation) -> Silence:
        """Return the change that settles everything before its event."""
        silenced = frozenset(assistants_of(conversation, self.assistants))
        return Silence(silenced, conversation.operator_epoch)

    async def stopped_runs(self, conversation: Conversation) -> list[StoppedRun]:
        """Return the runs in flight, with their texts so far."""
        partials = [
            partial
            for each in assistants_of(conversation, self.assistants)
            for partial in await self.runs.in_flight(
                conversation.id, each, above_seq=conversation.answered(each)
            )
        ]
        share = STOPPED_TEXT_BYTES // max(1, len(partials))
        return [_stopped(each, share) for each in partials]


def _stopped(partial: Partial, at_most_bytes: int) -> StoppedRun:
    return {
        "run_id": partial.run_id,
        "participant": partial.assistant_id,
        "trigger_seq": partial.trigger_seq,
        "text": wire.head(partial.text, at_most_bytes),
    }


@dataclass(frozen=True, slots=True)
class TakingOver:
    """Become the operator of a conversation that has none."""

    user: User
    silencing: Silencing
    key_suffix: str = ""
    fingerprint: str = "takeover"

    async def plan(self, access: Access, _seq: int) -> Plan | None:
        """Return ``taken_over`` with all runs that it stops."""
        not_ended(access)
        conversation = access.conversation
        if conversation.operator is not None:
            if conversation.operator.id == self.user.id:
                return None
            raise already_taken_over(conversation.operator)
        body: TakenOver = {
            "operator": _person(self.user),
            "stopped_runs": await self.silencing.stopped_runs(conversation),
        }
        operator = operator_of(self.user)
        changes: tuple[Change, ...] = (Occupy(operator), self.silencing.change(conversation))
        return Plan(Draft(Kind.TAKEN_OVER, operator, body), changes)


@dataclass(frozen=True, slots=True)
class Releasing:
    """Hand a conversation back."""

    user: User
    key_suffix: str = ""
    fingerprint: str = "release"

    async def plan(self, access: Access, _seq: int) -> Plan | None:
        """Return ``released``. It revives nothing that the takeover has stopped."""
        held_by = access.conversation.operator
        if held_by is None:
            return None
        if held_by.id != self.user.id and Role.ADMIN not in self.user.roles:
            raise already_taken_over(held_by)
        body: Released = {"operator": {"id": held_by.id, "name": held_by.name}}
        return Plan(Draft(Kind.RELEASED, operator_of(self.user), body), (Vacate(held_by.id),))


@dataclass(frozen=True, slots=True)
class Ending:
    """End a conversation. Owners do, and the operator who holds it."""

    user: User
    silencing: Silencing
    clock: Clock
    key_suffix: str = ""
    fingerprint: str = "end"

    async def plan(self, access: Access, _seq: int) -> Plan | None:
        """Return ``ended`` with the duration and all runs that it stops."""
        conversation = access.conversation
        if not (access.is_owner or access.is_operated_by(self.user)):
            raise Refused(ErrorCode.NOT_ALLOWED, "Only owners end a conversation.")
        if conversation.ended_at_ms is not None:
            return None
        lasted_ms = max(0, self.clock.now_ms() - conversation.created_at_ms)
        body: Ended = {
            "duration_seconds": lasted_ms // 1_000,
            "stopped_runs": await self.silencing.stopped_runs(conversation),
        }
        changes: tuple[Change, ...] = (End(), self.silencing.change(conversation))
        return Plan(Draft(Kind.ENDED, access.sender(self.user), body), changes)


def operator_of(user: User) -> Participant:
    """Return somebody as an operator."""
    return Participant(user.id, user.name, SenderType.OPERATOR)


def already_taken_over(operator: Participant) -> Refused:
    """Return the refusal that names who holds the conversation."""
    message = f"{operator.name} has taken over."
    details = {"operator": operator.id, "operator_name": operator.name}
    return Refused(ErrorCode.ALREADY_TAKEN_OVER, message, details=details)


def _person(user: User) -> Person:
    return {"id": user.id, "name": user.name}
