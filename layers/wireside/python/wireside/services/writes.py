"""What people write: what each kind of write may do, and what it changes.

What a person decides of a write is compared with what is stored under its ``client_id``; the rest
is decided anew for every place in the log that is tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wireside.domain.bodies import (
    Approved,
    Decision,
    Deleted,
    Edited,
    Message,
    ModelSelected,
    Reacted,
    RegenerateRequested,
    Written,
)
from wireside.domain.changes import (
    MAX_EDITS,
    Blank,
    Change,
    Decide,
    DropTitle,
    NoteEdit,
    SetConversation,
)
from wireside.domain.conversation import Access, Assistant, User, addressed_by
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import (
    AssistantId,
    Body,
    ClientId,
    ConversationId,
    Event,
    Kind,
    SenderType,
)
from wireside.domain.tools import needs_approval, tool_events_of, tool_name
from wireside.ports import Log
from wireside.services.deeds import known_model, not_ended
from wireside.services.log import MAX_BEHIND

MAX_UNANSWERED = 20
"""Requirement B9: more unanswered messages of one sender than this are refused."""
QUEUE_FULL_RETRY_MS = 5_000


@dataclass(frozen=True, slots=True)
class Desk:
    """What a write may look at: its conversation's log, who writes, and the assistants."""

    log: Log
    conversation_id: ConversationId
    user: User
    assistants: Sequence[Assistant]

    async def message(self, target_seq: int) -> Event:
        """Return the message with that seq.

        Raises: Refused ``invalid_field`` where there is none, or none any more.
        """
        event = await self.log.read(self.conversation_id, target_seq)
        if event is None or event.kind is not Kind.MESSAGE or event.is_deleted:
            message, details = "There is no such message.", {"field": "target_seq"}
            # Not `not_found`: whether the write is stored already is looked up after this refusal.
            raise Refused(ErrorCode.INVALID_FIELD, message, details=details)
        return event

    async def call(self, target_seq: int) -> Event:
        """Return the call with that seq, which waits for a person.

        Raises: Refused ``invalid_field`` where there is none, ``not_allowed`` once it is decided.
        """
        event = await self.log.read(self.conversation_id, target_seq)
        if event is None or event.kind is not Kind.TOOL_CALLED or event.is_deleted:
            message, details = "There is no such call.", {"field": "target_seq"}
            raise Refused(ErrorCode.INVALID_FIELD, message, details=details)
        if not needs_approval(event) or event.decided:
            raise Refused(ErrorCode.NOT_ALLOWED, "This call waits for nobody.")
        return event

    async def tool_events(self, answer: Event) -> tuple[Event, ...]:
        """Return the calls and results of the run that an answer ended: they lie before it."""
        found: list[Event] = []
        trigger_seq = answer.body.get("trigger_seq")
        seq = trigger_seq if isinstance(trigger_seq, int) else answer.seq
        while seq < answer.seq - 1:
            limit = min(MAX_BEHIND, answer.seq - 1 - seq)
            events = await self.log.after(self.conversation_id, seq, limit=limit)
            found += tool_events_of(events, str(answer.body.get("run_id")))
            seq = events[-1].seq
        return tuple(found)

    async def hold_back(self, seq: int, answered: int) -> None:
        """Refuse the 21st unanswered message of this sender; read the log only if it can be."""
        if seq - answered <= MAX_UNANSWERED:
            return
        waiting = await self.log.after(self.conversation_id, answered, limit=MAX_BEHIND)
        own = [each for each in waiting if each.addressed and each.sender.id == self.user.id]
        if len(own) >= MAX_UNANSWERED:
            message = "The assistants are behind; wait for an answer."
            raise Refused(ErrorCode.QUEUE_FULL, message, retry_after_ms=QUEUE_FULL_RETRY_MS)


@dataclass(frozen=True, slots=True)
class Decided:
    """The body as it is to be stored, and what changes with it."""

    body: Body
    changes: tuple[Change, ...] = ()


class Write(Protocol):
    """One kind of event that people write."""

    @property
    def conversation_id(self) -> ConversationId:
        """Where."""

    @property
    def client_id(self) -> ClientId:
        """The sender's own name for it."""

    @property
    def after_seq(self) -> int:
        """The last seq that the sender holds without a gap."""

    @property
    def kind(self) -> Kind:
        """The event's kind."""

    @property
    def said(self) -> Body:
        """The body as far as the sender decides it."""

    async def decide(self, desk: Desk, access: Access, seq: int) -> Decided:
        """Decide the rest for the place ``seq``.

        Raises: Refused.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class _Write:
    conversation_id: ConversationId
    client_id: ClientId
    after_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage(_Write):
    """A ``send`` frame's content."""

    text: str
    files: Sequence[str] = ()
    mentions: Sequence[str] = ()
    reply_to: int | None = None
    kind: Kind = field(default=Kind.MESSAGE, init=False)

    @property
    def said(self) -> Written:
        """Return text, mentions and the message that it answers."""
        body: Written = {"text": self.text}
        if self.mentions:
            body["mentions"] = [*self.mentions]
        if self.reply_to is not None:
            body["reply_to"] = self.reply_to
        return body

    async def decide(self, desk: Desk, access: Access, seq: int) -> Decided:
        """Decide whom it addresses."""
        if self.files:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such file.")
        not_ended(access)
        await self._replies_to_something(desk, seq)
        conversation = access.conversation
        addressed = addressed_by(conversation, self.mentions, desk.assistants)
        if addressed:
            await desk.hold_back(seq, min(conversation.answered(each) for each in addressed))
        body: Message = {**self.said, "addressed": [*addressed]}
        return Decided(body)

    async def _replies_to_something(self, desk: Desk, seq: int) -> None:
        """Refuse a reply to what does not exist; only one beyond ``after_seq`` has to be read."""
        if self.reply_to is None or self.reply_to < seq:
            return
        if await desk.log.read(self.conversation_id, self.reply_to) is None:
            message = "There is no such message to reply to."
            raise Refused(ErrorCode.INVALID_FIELD, message, details={"field": "reply_to"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit(_Write):
    """An ``edit`` frame's content."""

    target_seq: int
    text: str
    kind: Kind = field(default=Kind.EDITED, init=False)

    @property
    def said(self) -> Edited:
        """Return the new text, and of what."""
        return {"target_seq": self.target_seq, "text": self.text}

    async def decide(self, desk: Desk, access: Access, _seq: int) -> Decided:
        """Let authors edit what they wrote."""
        not_ended(access)
        target = await desk.message(self.target_seq)
        if not is_by(target, desk.user):
            raise Refused(ErrorCode.NOT_ALLOWED, "Only its author edits a message.")
        if len(target.edits) >= MAX_EDITS:
            raise Refused(ErrorCode.NOT_ALLOWED, f"A message is edited at most {MAX_EDITS} times.")
        return Decided(self.said, (NoteEdit(self.target_seq),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete(_Write):
    """A ``delete`` frame's content."""

    target_seq: int
    kind: Kind = field(default=Kind.DELETED, init=False)

    @property
    def said(self) -> Deleted:
        """Return which message."""
        return {"target_seq": self.target_seq}

    async def decide(self, desk: Desk, access: Access, _seq: int) -> Decided:
        """Let authors, owners and the operator delete; also after the end of a conversation."""
        target = await desk.message(self.target_seq)
        user = desk.user
        if not (is_by(target, user) or access.is_owner or access.is_operated_by(user)):
            raise Refused(ErrorCode.NOT_ALLOWED, "Only its author and owners delete a message.")
        changes: tuple[Change, ...] = (Blank(target, await desk.tool_events(target)),)
        if target.n == 1:
            is_made_of_it = access.conversation.title_seq == target.seq
            changes += (DropTitle(target.seq, is_made_of_it),)
        return Decided(self.said, changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class React(_Write):
    """A ``react`` frame's content."""

    target_seq: int
    emoji: str
    on: bool
    kind: Kind = field(default=Kind.REACTED, init=False)

    @property
    def said(self) -> Reacted:
        """Return emoji and message."""
        return {"target_seq": self.target_seq, "emoji": self.emoji, "on": self.on}

    async def decide(self, desk: Desk, access: Access, _seq: int) -> Decided:
        """Let everybody react to what is there."""
        not_ended(access)
        await desk.message(self.target_seq)
        return Decided(self.said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regenerate(_Write):
    """A ``regenerate`` frame's content."""

    target_seq: int
    kind: Kind = field(default=Kind.REGENERATE_REQUESTED, init=False)

    @property
    def said(self) -> Deleted:
        """Return which answer."""
        return {"target_seq": self.target_seq}

    async def decide(self, desk: Desk, access: Access, seq: int) -> Decided:
        """Let its assistant answer anew, unless an operator holds the conversation."""
        not_ended(access)
        if access.conversation.operator is not None:
            raise Refused(ErrorCode.NOT_ALLOWED, "An operator holds the conversation.")
        target = await desk.message(self.target_seq)
        assistant_id = AssistantId(target.sender.id)
        if assistant_id not in {each.id for each in desk.assistants}:
            raise Refused(ErrorCode.NOT_ALLOWED, "Only an assistant's answer is written anew.")
        await desk.hold_back(seq, access.conversation.answered(assistant_id))
        body: RegenerateRequested = {"target_seq": self.target_seq, "addressed": [assistant_id]}
        return Decided(body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Select(_Write):
    """A ``model`` frame's content."""

    model: str
    kind: Kind = field(default=Kind.MODEL_SELECTED, init=False)

    @property
    def said(self) -> ModelSelected:
        """Return which assistant."""
        return {"model": self.model}

    async def decide(self, desk: Desk, access: Access, _seq: int) -> Decided:
        """Let everybody choose, also what is chosen already, and while an operator answers."""
        not_ended(access)
        known_model(self.model, desk.assistants)
        return Decided(self.said, (SetConversation(model=self.model),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve(_Write):
    """An ``approve`` frame's content."""

    target_seq: int
    approved: bool
    kind: Kind = field(default=Kind.APPROVED, init=False)

    @property
    def said(self) -> Decision:
        """Return the decision, and on which call."""
        return {"target_seq": self.target_seq, "approved": self.approved}

    async def decide(self, desk: Desk, access: Access, seq: int) -> Decided:
        """Let any member decide, once, unless an operator holds the conversation."""
        not_ended(access)
        if access.conversation.operator is not None:
            raise Refused(ErrorCode.NOT_ALLOWED, "An operator holds the conversation.")
        target = await desk.call(self.target_seq)
        assistant_id = AssistantId(target.sender.id)
        if assistant_id not in {each.id for each in desk.assistants}:
            raise Refused(ErrorCode.NOT_ALLOWED, "This assistant is not here any more.")
        await desk.hold_back(seq, access.conversation.answered(assistant_id))
        body: Approved = {
            **self.said,
            "run_id": str(target.body["run_id"]),
            "tool": tool_name(target),
            "addressed": [assistant_id],
        }
        return Decided(body, (Decide(target.seq),))


def is_by(event: Event, user: User) -> bool:
    """Whether this person wrote the event."""
    is_person = event.sender.type in {SenderType.HUMAN, SenderType.OPERATOR}
    return is_person and event.sender.id == user.id
