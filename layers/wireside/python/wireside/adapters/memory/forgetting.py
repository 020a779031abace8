"""Orders to forget people, and their traces, in memory."""

from dataclasses import dataclass, replace

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.conversation import Conversation
from wireside.domain.events import ConversationId, Event, UserId
from wireside.domain.forgetting import Order, Trace

DAY_MS = 24 * 60 * 60 * 1_000


@dataclass(frozen=True, slots=True)
class MemoryOrders:
    """``ports.Orders``."""

    store: MemoryStore

    async def give(self, order: Order) -> Order:
        """Keep the order, or return the one that holds."""
        known = self.store.orders.get(order.user_id)
        if known is not None and (known.done_at_ms is None or known.repeats(order)):
            return known
        self.store.orders[order.user_id] = order
        self.store.left_at.pop(order.user_id, None)
        self.store.queued_at[order.user_id] = order.asked_at_ms
        return order

    async def under_way(self, *, limit: int) -> tuple[Order, ...]:
        """Return what is not carried out."""
        waiting = [each for each in self.store.orders.values() if each.done_at_ms is None]
        since = self.store.queued_at
        return tuple(sorted(waiting, key=lambda each: (since[each.user_id], each.user_id)))[:limit]

    async def queue_up(self, order: Order, *, now_ms: int) -> None:
        """Let it wait since now."""
        self.store.queued_at[order.user_id] = now_ms

    async def postpone(self, order: Order, *, now_ms: int) -> None:
        """Do so, and remember when they were somewhere."""
        await self.queue_up(order, now_ms=now_ms)
        self.store.left_at[order.user_id] = now_ms

    async def settle(self, order: Order, *, before_ms: int, now_ms: int) -> bool:
        """Note that it is carried out."""
        known = self.store.orders.get(order.user_id)
        if known is None or known.done_at_ms is not None or known.asked_at_ms != order.asked_at_ms:
            return False
        if self.store.left_at.get(order.user_id, 0) > before_ms:
            return False
        self.store.orders[order.user_id] = replace(known, done_at_ms=now_ms)
        return True


@dataclass(frozen=True, slots=True)
class MemoryTraces:
    """``ports.Traces``."""

    store: MemoryStore

    async def of_user(self, user_id: UserId, *, limit: int) -> tuple[Trace, ...]:
        """Return the traces."""
        found = [each for each in self.store.traces.values() if each.user_id == user_id]
        return tuple(sorted(found, key=lambda each: each.conversation_id))[:limit]

    async def rewrite(self, conversation_id: ConversationId, event: Event) -> None:
        """Put body and name into the log."""
        log = self.store.log(conversation_id)
        if event.seq <= len(log):
            known = log[event.seq - 1]
            log[event.seq - 1] = replace(known, body=event.body, sender=event.sender)

    async def advance(self, trace: Trace) -> None:
        """Keep how far it is, and who named the conversation."""
        key = (trace.conversation_id, trace.user_id)
        known = self.store.traces.get(key)
        if known is not None:
            self.store.traces[key] = replace(
                known, through_seq=trace.through_seq, titled=trace.titled
            )

    async def renew(self, conversation: Conversation, *, untitled: bool) -> Conversation | None:
        """Change epoch and title."""
        known = self.store.conversations.get(conversation.id)
        if known is None or known.deleted:
            return None
        if (known.title, known.epoch) != (conversation.title, conversation.epoch):
            return None
        renewed = replace(known, epoch=conversation.next_epoch)
        if untitled:
            renewed = replace(renewed, title=None, title_seq=None)
        self.store.conversations[conversation.id] = renewed
        return renewed

    async def untitle(self, link_id: str) -> None:
        """Take the title away."""
        known = self.store.links.get(link_id)
        if known is not None:
            self.store.links[link_id] = replace(known, title=None)

    async def end(self, trace: Trace) -> None:
        """Remove the trace, and requests."""
        conversation_id, user_id = trace.conversation_id, trace.user_id
        for key in [each for each in self.store.requests if each[:2] == (conversation_id, user_id)]:
            del self.store.requests[key]
        for kept in [each for each in self.store.provider_memory if each[0] == conversation_id]:
            del self.store.provider_memory[kept]
        known = self.store.traces.get((conversation_id, user_id))
        if known is not None and known.left_at_ms == trace.left_at_ms:
            del self.store.traces[conversation_id, user_id]

    async def unlist(self, conversation_id: ConversationId, user_id: UserId) -> None:
        """Remove the member."""
        self.store.members.pop((conversation_id, user_id), None)
        self.store.active_at.pop((user_id, conversation_id), None)

    async def clear(self, user_id: UserId, *, now_ms: int) -> None:
        """Remove what is beneath the user."""
        store, today = self.store, now_ms // DAY_MS
        for ticket in [each for each in store.tickets.values() if each.user.id == user_id]:
            del store.tickets[ticket.id]
        for invite in [each for each in store.invites.values() if each.by == user_id]:
            del store.invites[invite.id]
        for key in [each for each in store.requests if each[:2] == (None, user_id)]:
            del store.requests[key]
        for spent in [each for each in store.quotas if each[:2] == ("user", user_id)]:
            if spent[2] != today:
                del store.quotas[spent]
