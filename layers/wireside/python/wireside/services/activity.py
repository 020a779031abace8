"""What follows from a stored event without anybody waiting for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside import frames, wire
from wireside.domain.conversation import Conversation, Roster, System, title_from
from wireside.domain.events import ConnectionId, ConversationId, Event, Kind, SenderType, UserId
from wireside.domain.runs import Job
from wireside.ports import Clock, Connections, Conversations, JobQueue
from wireside.services.access import find
from wireside.services.delivery import Delivery

ACTIVITY_EVERY_MS = 30_000


@dataclass(frozen=True, slots=True)
class Activity:
    """The consumer of the table's stream."""

    conversations: Conversations
    connections: Connections
    jobs: JobQueue
    delivery: Delivery
    clock: Clock

    async def follow(self, conversation_id: ConversationId, event: Event) -> None:
        """Send an event's jobs again, mark it read, name the conversation, move it up in lists.

        Repeating it is harmless: jobs carry their deduplication id, the rest is conditional.
        """
        for assistant_id in event.addressed:
            await self.jobs.send(Job(conversation_id, assistant_id, event.seq))
        conversation = await find(self.conversations, System("activity"), conversation_id)
        if conversation is None:
            return
        if event.kind is Kind.MESSAGE and event.sender.type is SenderType.HUMAN:
            # Their other connections see the message itself, so that none has to be told.
            sender = UserId(event.sender.id)
            await self.conversations.mark_read(conversation_id, sender, seq=event.seq, n=event.n)
        title = await self._name(conversation, event)
        await self._tell(conversation, event, title)

    async def _name(self, conversation: Conversation, event: Event) -> str | None:
        is_first = event.n == 1 and event.kind is Kind.MESSAGE
        if conversation.title or not is_first or event.sender.type is not SenderType.HUMAN:
            return conversation.title
        title = title_from(event.text)
        if title is not None:
            await self.conversations.suggest_title(conversation.id, title, event.seq)
        return title

    async def _tell(self, conversation: Conversation, event: Event, title: str | None) -> None:
        conversation_id = conversation.id
        claimed = await self.conversations.claim_activity(
            conversation_id, now_ms=self.clock.now_ms(), every_ms=ACTIVITY_EVERY_MS
        )
        if not claimed and event.kind is not Kind.JOINED:
            return
        roster = await self.conversations.roster(conversation_id)
        await self.conversations.bump(conversation_id, roster.members, at_ms=event.at_ms)
        told: frames.Activity = {
            "type": "activity",
            "conversation_id": conversation_id,
            "head": event.seq,
            "n": event.n,
            "title": title,
            "at": wire.timestamp(event.at_ms),
        }
        elsewhere = await self._elsewhere(roster)
        await self.delivery.post(elsewhere, wire.encoded(told))

    async def _elsewhere(self, roster: Roster) -> Sequence[ConnectionId]:
        listening = {each.connection_id for each in roster.subscriptions}
        return [
            connection_id
            for member in roster.members
            for connection_id in await self.connections.of_user(member.user_id)
            if connection_id not in listening
        ]
