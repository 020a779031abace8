"""Forgetting people who want it: the order is kept at once and carried out by the sweep.

First they leave every conversation that they are in; what was theirs alone is deleted. A trace is
left wherever they were, also of years ago. Then the logs of those conversations are gone through,
a part each minute: what they wrote is taken away, as a deletion does, and so is their name. No
event goes, so that no log has a gap, and none comes for it: another epoch makes clients reload.

Each step can be done again at any time, also twice at once. An order is done when neither a
conversation nor a trace was found, they were nowhere for a minute before, for the index lags, and
what was deleted till then is gone. Whoever waits longest comes first, so that nobody waits for one
who wrote a million messages.
"""

import contextlib
import hashlib
from dataclasses import dataclass, replace

from wireside import frames, wire
from wireside.domain.conversation import Conversation, Role, System, User
from wireside.domain.errors import Refused
from wireside.domain.events import ConversationId, UserId
from wireside.domain.forgetting import NOBODY, Order, Titled, Trace, without
from wireside.ports import Clock, Connections, Conversations, Journal, Links, Log, Orders, Traces
from wireside.services.access import admit
from wireside.services.attendance import Attendance
from wireside.services.changing import Changing
from wireside.services.deeds import Removing, Request
from wireside.services.deletion import Deletion
from wireside.services.handover import Releasing

QUIET_MS = 60_000
"""Longer than the index lags, and than a write that was let in before they left takes."""
MAX_ORDERS = 100
MAX_LEFT = 50
MAX_TRACES = 50
MAX_EVENTS = 2_000
"""So many are read for one order in a minute."""
AN_ORDER_MS = 10_000
"""After that nothing more is begun for one order: there may be others."""
A_PAGE = 300
ENOUGH_BYTES = 2_500_000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What takes orders."""

    orders: Orders
    clock: Clock

    async def take(self, request: Request) -> Order:
        """Keep that somebody wants to be forgotten; return the order that holds, and its state.

        Raises: Unavailable.
        """
        order = Order(request.user.id, self.clock.now_ms(), key=request.key)
        return await self.orders.give(order)


@dataclass(frozen=True, slots=True)
class Forgetting:
    """What carries orders out, a part at a time."""

    orders: Orders
    traces: Traces
    conversations: Conversations
    connections: Connections
    log: Log
    links: Links
    changing: Changing
    deletion: Deletion
    attendance: Attendance
    clock: Clock
    journal: Journal

    async def waiting(self) -> tuple[Order, ...]:
        """Return orders that are not carried out, the longest waiting first."""
        return await self.orders.under_way(limit=MAX_ORDERS)

    async def carry_on(self, order: Order) -> int:
        """Carry an order out, or a part of it; return 1 once it is done.

        Raises: Unavailable.
        """
        await self._hang_up(order.user_id)
        if await self._leave(order) or await self._wipe(order):
            return 0
        now_ms = self.clock.now_ms()
        quiet_since_ms = now_ms - QUIET_MS
        if order.asked_at_ms > quiet_since_ms:
            return 0
        await self.traces.clear(order.user_id, now_ms=now_ms)
        if await self.deletion.is_behind(before_ms=quiet_since_ms):
            return 0
        done = await self.orders.settle(order, before_ms=quiet_since_ms, now_ms=now_ms)
        if done:
            self.journal.noted("forgotten", by=order.by or "themselves", who=_hashed(order.user_id))
        return int(done)

    async def _hang_up(self, user_id: UserId) -> None:
        """End their connections. Whoever comes back with a token that holds finds nothing."""
        farewell: frames.Goodbye = {"type": "goodbye", "reason": "removed", "reconnect": False}
        for connection_id in await self.connections.of_user(user_id):
            connection = await self.connections.read(connection_id)
            if connection is not None:
                await self.attendance.presence.lines.post(connection_id, wire.encoded(farewell))
                await self.attendance.end(connection.place)

    async def _leave(self, order: Order) -> bool:
        """Let them leave some of their conversations; return whether there were any."""
        user_id = order.user_id
        listed, _ = await self.conversations.of_user(user_id, limit=MAX_LEFT, cursor=None)
        if not listed:
            return False
        await self.orders.postpone(order, now_ms=self.clock.now_ms())
        until_ms, have_left = self.clock.now_ms() + AN_ORDER_MS, False
        for each in listed:
            have_left |= await self._leave_one(user_id, each)
            if self.clock.now_ms() >= until_ms:
                return True
        return have_left

    async def _leave_one(self, user_id: UserId, conversation_id: ConversationId) -> bool:
        """Leave, or delete what nobody else is in; ``False`` where they are not, any more."""
        whole = await self.conversations.whole(conversation_id)
        if whole is None or whole.conversation.deleted:
            await self.traces.unlist(conversation_id, user_id)
            return False
        there = {each.user_id: each for each in whole.roster.members}
        if user_id not in there:
            return False
        if len(there) == 1:
            await self.deletion.by_itself(conversation_id)
            await self.traces.unlist(conversation_id, user_id)
            return True
        leaving = _as_user(user_id)
        removing = Removing(self.conversations, leaving, user_id)
        with contextlib.suppress(Refused):  # somebody removed them, or deleted it, just now
            await self.changing.carry_out(Request(leaving, None), conversation_id, removing)
        return True

    async def _wipe(self, order: Order) -> bool:
        """Go through some of the logs where they were; return whether there are any."""
        traces = await self.traces.of_user(order.user_id, limit=MAX_TRACES)
        if not traces:
            return False
        await self.orders.queue_up(order, now_ms=self.clock.now_ms())
        left, until_ms = MAX_EVENTS, self.clock.now_ms() + AN_ORDER_MS
        for each in traces:
            now_ms = self.clock.now_ms()
            if left > 0 and now_ms < until_ms and each.left_at_ms <= now_ms - QUIET_MS:
                left -= await self._wipe_one(each, left, until_ms)
        return True

    async def _wipe_one(self, trace: Trace, at_most: int, until_ms: int) -> int:
        """Take away what they left in one conversation; return how many events were read.

        After ``until_ms`` no page is begun.
        """
        conversation = await self._left_behind(trace)
        if conversation is None:
            return 1
        read = 0
        while read < at_most and self.clock.now_ms() < until_ms:
            events = await self.log.after(
                trace.conversation_id,
                trace.through_seq,
                limit=min(A_PAGE, at_most - read),
                enough_bytes=ENOUGH_BYTES,
            )
            if not events:
                await self._finish(trace, conversation)
                return read + 1
            for each in events:
                rewritten = without(each, trace.user_id)
                if rewritten != each:
                    await self.traces.rewrite(trace.conversation_id, rewritten)
                trace = trace.past(each)
            await self.traces.advance(trace)
            read += len(events)
        return read

    async def _left_behind(self, trace: Trace) -> Conversation | None:
        """Return the conversation where they are no more; what nobody is in is deleted."""
        whole = await self.conversations.whole(trace.conversation_id)
        if whole is None or whole.conversation.deleted:
            await self.traces.end(trace)
            return None
        if not whole.roster.members:
            await self.deletion.by_itself(trace.conversation_id)
            return None
        conversation = whole.conversation
        if conversation.operator is not None and conversation.operator.id == trace.user_id:
            await self._release(trace)
            return None
        return conversation

    async def _release(self, trace: Trace) -> None:
        operator = replace(_as_user(trace.user_id), roles=frozenset({Role.OPERATOR}))
        with contextlib.suppress(Refused):  # somebody else holds it by now, or it is deleted
            await self.changing.carry_out(
                Request(operator, None),
                trace.conversation_id,
                Releasing(operator),
                admission=lambda: admit(
                    self.conversations, System("forget"), trace.conversation_id
                ),
            )

    async def _finish(self, trace: Trace, conversation: Conversation) -> None:
        """Take title and link away where they are theirs; have everybody reload.

        The conversation was read before the end of its log: who named it so is known.
        """
        made_from = None
        if conversation.title_seq is not None:
            made_from = await self.log.read(conversation.id, conversation.title_seq)
        await self._unshare(trace, conversation)
        untitled = trace.named(conversation, made_from)
        renewed = await self.traces.renew(conversation, untitled=untitled)
        if renewed is None:
            return
        newest = await self.log.before(conversation.id, None, limit=1)
        place = wire.Place(conversation.id, wire.epoch_of(renewed, self.changing.generation))
        for each in newest:
            told = wire.event_frame(place, each)
            await self.changing.delivery.tell_all(conversation.id, told)
        await self.traces.end(trace)

    async def _unshare(self, trace: Trace, conversation: Conversation) -> None:
        if conversation.shared is None:
            return
        link = await self.links.read(conversation.shared.link_id)
        if link is None:
            return
        if link.by == trace.user_id:
            now_ms = self.clock.now_ms()
            await self.links.withdraw(conversation.id, None, former=link.id, now_ms=now_ms)
        elif trace.owned or trace.titled is Titled.BY_THEM:
            await self.traces.untitle(link.id)


def _as_user(user_id: UserId) -> User:
    """Return somebody who is forgotten, as who acts: they have no name any more."""
    return User(user_id, NOBODY, frozenset({Role.USER}), 0)


def _hashed(user_id: UserId) -> str:
    """Return what tells nobody who it was, and those who know the id that it was them."""
    return hashlib.sha256(user_id.encode()).hexdigest()
