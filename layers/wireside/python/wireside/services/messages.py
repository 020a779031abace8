"""What people write: a message is appended, told to everybody, and handed to the assistants."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from wireside import wire
from wireside.domain.bodies import Message, Written
from wireside.domain.conversation import Access, Assistant, User, addressed_by
from wireside.domain.errors import ErrorCode, Refused, Unavailable
from wireside.domain.events import (
    ClientId,
    ConnectionId,
    ConversationId,
    Draft,
    Event,
    Kind,
)
from wireside.domain.runs import Job
from wireside.frames import Typing
from wireside.ports import Clock, Connections, Conversations, JobQueue, Limits, Log
from wireside.services.access import admit
from wireside.services.delivery import Delivery
from wireside.services.log import MAX_BEHIND, PersonAppend, PersonWrite, invalid_after_seq
from wireside.services.sessions import Sessions

MAX_UNANSWERED = 20
"""Requirement B9: more unanswered messages of one sender than this are refused."""
QUEUE_FULL_RETRY_MS = 5_000
TYPING_EVERY_MS = 3_000
TYPING_CROWD = 20
MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A ``send`` frame's content."""

    conversation_id: ConversationId
    client_id: ClientId
    after_seq: int
    text: str
    files: Sequence[str] = ()
    mentions: Sequence[str] = ()
    reply_to: int | None = None

    @property
    def body(self) -> Written:
        """The event's body as far as the sender decides it."""
        body: Written = {"text": self.text}
        if self.mentions:
            body["mentions"] = [*self.mentions]
        if self.reply_to is not None:
            body["reply_to"] = self.reply_to
        return body


@dataclass(frozen=True, slots=True)
class Messages:
    """send and typing."""

    sessions: Sessions
    conversations: Conversations
    connections: Connections
    log: Log
    limits: Limits
    jobs: JobQueue
    delivery: Delivery
    clock: Clock
    assistants: Sequence[Assistant]
    generation: str
    messages_per_minute: int

    async def send(
        self, connection_id: ConnectionId, message: NewMessage, *, ref: str | None
    ) -> None:
        """Store, tell the others, hand out the jobs, then acknowledge with the event itself.

        If this dies anywhere, the sender sends again, and all of it happens again but the storing.
        Raises: Refused; Unavailable.
        """
        connection, after = await self.connections.frame_context(
            connection_id, message.conversation_id, message.after_seq
        )
        user = self.sessions.check(connection).user
        if message.after_seq and after is None:
            await admit(self.conversations, user, message.conversation_id)
            raise invalid_after_seq()
        write = _Sending(self, user, message).write(after)
        appended = await PersonAppend(self.log, self.conversations, self.clock, write).run()
        await self._publish(appended.access, appended.event, connection_id, ref)

    async def _publish(
        self, access: Access, event: Event, connection_id: ConnectionId, ref: str | None
    ) -> None:
        conversation = access.conversation
        place = wire.Place(conversation.id, wire.epoch_of(conversation, self.generation))
        await asyncio.gather(
            self._hand_out(conversation.id, event),
            self.delivery.tell_all(
                conversation.id, wire.event_frame(place, event), but=connection_id
            ),
        )
        await self.delivery.answer(connection_id, wire.event_frame(place, event, ref=ref))

    async def _hand_out(self, conversation_id: ConversationId, event: Event) -> None:
        for assistant_id in event.addressed:
            # The event is its own outbox record: the table's stream sends the job again.
            with contextlib.suppress(Unavailable):
                await self.jobs.send(Job(conversation_id, assistant_id, event.seq))

    async def typing(
        self, connection_id: ConnectionId, conversation_id: ConversationId, *, on: bool
    ) -> None:
        """Tell the others, unless it comes too often or there are too many of them.

        Raises: Refused ``not_allowed`` where this connection does not have the conversation open.
        """
        connection = await self.sessions.resume(connection_id)
        await admit(self.conversations, connection.user, conversation_id)
        roster = await self.conversations.roster(conversation_id)
        hearing = self.delivery.hearing(roster)
        if connection_id not in {each.connection_id for each in hearing}:
            raise Refused(ErrorCode.NOT_ALLOWED, "Open the conversation first.")
        others = [each for each in hearing if each.connection_id != connection_id]
        if len(hearing) > TYPING_CROWD or not await self.connections.claim_typing(
            connection,
            conversation_id,
            on=on,
            now_ms=self.clock.now_ms(),
            every_ms=TYPING_EVERY_MS,
        ):
            return
        told: Typing = {
            "type": "typing",
            "conversation_id": conversation_id,
            "user_id": connection.user.id,
            "on": on,
        }
        await self.delivery.tell(conversation_id, others, wire.encoded(told))


@dataclass(slots=True)
class _Sending:
    """The decisions of one ``send``."""

    messages: Messages
    user: User
    message: NewMessage
    counted: bool = field(default=False, init=False)

    def write(self, after: Event | None) -> PersonWrite:
        return PersonWrite(
            conversation_id=self.message.conversation_id,
            user=self.user,
            client_id=self.message.client_id,
            after=after,
            asked=self._draft(()),
            permit=self.permit,
            decide=self.decide,
        )

    def _draft(self, addressed: Sequence[str]) -> Draft:
        body: Message = {**self.message.body, "addressed": [*addressed]}
        return Draft(Kind.MESSAGE, self.user.participant, body, self.message.client_id)

    async def permit(self, _access: Access) -> None:
        if self.message.files:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such file.")
        now_ms = self.messages.clock.now_ms()
        allowed = await self.messages.limits.count_message(
            self.user.id, now_ms=now_ms, per_minute=self.messages.messages_per_minute
        )
        if not allowed:
            message = "Too many messages; wait a moment."
            left_ms = MINUTE_MS - now_ms % MINUTE_MS
            raise Refused(ErrorCode.RATE_LIMITED, message, retry_after_ms=left_ms)

    async def decide(self, access: Access, seq: int) -> Draft:
        conversation = access.conversation
        if conversation.ended_at_ms is not None:
            raise Refused(ErrorCode.CONVERSATION_ENDED, "The conversation has ended.")
        await self._replies_to_something(seq)
        addressed = addressed_by(conversation, self.message.mentions, self.messages.assistants)
        if addressed:
            answered = min(conversation.answered(each) for each in addressed)
            await self._hold_back(seq, answered)
        return self._draft(addressed)

    async def _replies_to_something(self, seq: int) -> None:
        """Refuse a reply to what does not exist; only one beyond ``after_seq`` has to be read."""
        target_seq = self.message.reply_to
        if target_seq is None or target_seq < seq:
            return
        conversation_id = self.message.conversation_id
        if await self.messages.log.read(conversation_id, target_seq) is None:
            message = "There is no such message to reply to."
            details = {"field": "reply_to"}
            raise Refused(ErrorCode.INVALID_FIELD, message, details=details)

    async def _hold_back(self, seq: int, answered: int) -> None:
        """Refuse the 21st unanswered message of this sender; read the log only if it can be."""
        if self.counted or seq - answered <= MAX_UNANSWERED:
            return
        self.counted = True
        waiting = await self.messages.log.after(
            self.message.conversation_id, answered, limit=MAX_BEHIND
        )
        own = [each for each in waiting if each.addressed and each.sender.id == self.user.id]
        if len(own) >= MAX_UNANSWERED:
            message = "The assistants are behind; wait for an answer."
            raise Refused(ErrorCode.QUEUE_FULL, message, retry_after_ms=QUEUE_FULL_RETRY_MS)
