"""Opening a conversation and catching up: by seq, without a gap, never past a removal."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside import frames, views, wire
from wireside.domain.conversation import Access, Assistant, Roster, Subscription, User
from wireside.domain.errors import ErrorCode, Refused, not_found
from wireside.domain.events import ConversationId, Event
from wireside.ports import Connection, Connections, Conversations, Log, Runs
from wireside.services.access import admit
from wireside.services.delivery import Delivery
from wireside.services.log import MAX_BEHIND, invalid_after_seq, resync_required
from wireside.services.sessions import MAX_OPEN
from wireside.services.turns import assistants_of

NEWEST = 50
OPENED_TEXT_BYTES = 60_000
OPENED_OTHERS_BYTES = 2_000
"""What `opened` has beside the conversation, who is there, and runs."""
RUN_BYTES = 500
"""What a run takes in a frame beside its text."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where a client says it is. Both ``None``: nowhere yet."""

    after_seq: int | None
    epoch: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """A contiguous part of a log, and the log's head as it was then."""

    events: tuple[Event, ...]
    head: Event | None


@dataclass(frozen=True, slots=True)
class Opened:
    """What answers ``open``: the fields of ``opened``, and the window that follows it.

    ``listeners`` are those who hear of it, this connection included.
    """

    frame: frames.Opened
    listeners: tuple[Subscription, ...]
    place: wire.Place
    window: Window


@dataclass(frozen=True, slots=True)
class Reading:
    """open, close, sync."""

    conversations: Conversations
    connections: Connections
    log: Log
    runs: Runs
    delivery: Delivery
    assistants: Sequence[Assistant]
    generation: str

    async def open(
        self, connection: Connection, conversation_id: ConversationId, position: Position
    ) -> Opened:
        """Subscribe first, then read: what is stored in between arrives twice, never not at all.

        Raises: Refused ``not_found``, ``resync_required``, ``invalid_after_seq``, ``not_allowed``.
        """
        user = connection.user
        access = await admit(self.conversations, user, conversation_id)
        self._same_epoch(access, position)
        await self._subscribe(connection, conversation_id, as_operator=access.member is None)
        try:
            window = await self._window(user, conversation_id, position.after_seq)
        except Refused:
            if conversation_id not in connection.open:
                await self.connections.unsubscribe(connection, conversation_id)
            raise
        access = await admit(self.conversations, user, conversation_id)
        roster = await self.conversations.roster(conversation_id)
        frame = await self._frame(access, window, roster)
        return Opened(frame, self.delivery.hearing(roster), self._place(access), window)

    async def close(self, connection: Connection, conversation_id: ConversationId) -> None:
        """Unsubscribe; nothing happens where the conversation is not open."""
        await self.delivery.presence.close(connection, conversation_id)

    async def sync(
        self, user: User, conversation_id: ConversationId, position: Position
    ) -> tuple[wire.Place, Window]:
        """Return all events after the client's, at most 300."""
        access = await admit(self.conversations, user, conversation_id)
        self._same_epoch(access, position)
        window = await self._window(user, conversation_id, position.after_seq)
        return self._place(access), window

    async def _subscribe(
        self, connection: Connection, conversation_id: ConversationId, *, as_operator: bool
    ) -> None:
        subscribed = await self.connections.subscribe(
            connection, conversation_id, at_most=MAX_OPEN, as_operator=as_operator
        )
        match subscribed:
            case "subscribed":
                return
            case "no_member":
                raise not_found()
            case "too_many":
                message = f"A connection has at most {MAX_OPEN} conversations open."
                raise Refused(ErrorCode.NOT_ALLOWED, message)

    async def _window(
        self, user: User, conversation_id: ConversationId, after_seq: int | None
    ) -> Window:
        """Read the log and the membership after it, else a removal in between leaks."""
        if after_seq is None:
            events = await self.log.before(conversation_id, None, limit=NEWEST)
            head = events[-1] if events else None
        else:
            events, head = await self._after(conversation_id, after_seq)
        await admit(self.conversations, user, conversation_id)
        return Window(events, head)

    async def _after(
        self, conversation_id: ConversationId, after_seq: int
    ) -> tuple[tuple[Event, ...], Event | None]:
        events = await self.log.after(conversation_id, after_seq, limit=MAX_BEHIND + 1)
        if len(events) > MAX_BEHIND:
            raise resync_required()
        if events:
            return events, events[-1]
        anchor = await self.log.read(conversation_id, after_seq) if after_seq else None
        if after_seq and anchor is None:
            raise invalid_after_seq()
        return (), anchor

    async def _frame(self, access: Access, window: Window, roster: Roster) -> frames.Opened:
        conversation = access.conversation
        present = await self.delivery.presence.among(self.delivery.hearing(roster))
        read_seq = access.member.read_seq if access.member else 0
        seen = views.conversation_json(
            conversation,
            roster,
            window.head,
            assistants=self.assistants,
            read_seq=read_seq,
            read_n=access.member.read_n if access.member else 0,
        )
        there: list[str] = [*sorted(present)]
        others = OPENED_OTHERS_BYTES + len(wire.encode({"": there}))
        opened: frames.Opened = {
            "type": "opened",
            "conversation": views.fitted(seen, wire.MAX_FRAME_BYTES - others),
            "epoch": wire.epoch_of(conversation, self.generation),
            "head": window.head.seq if window.head else 0,
            "n": window.head.n if window.head else 0,
            "runs": [],
            "read_seq": read_seq,
            "present": there,
        }
        room = wire.MAX_FRAME_BYTES - len(wire.encode(opened))
        opened["runs"] = await self._runs(access, at_most_bytes=min(room, OPENED_TEXT_BYTES))
        return opened

    async def _runs(self, access: Access, *, at_most_bytes: int) -> list[frames.RunView]:
        """Return runs in flight with as much of their texts as there is room for."""
        conversation = access.conversation
        partials = [
            partial
            for each in assistants_of(conversation, self.assistants)
            for partial in await self.runs.in_flight(
                conversation.id, each, above_seq=conversation.answered(each)
            )
        ]
        share = max(0, at_most_bytes // max(1, len(partials)) - RUN_BYTES)
        return [wire.partial_json(each, at_most_bytes=share) for each in partials]

    def _place(self, access: Access) -> wire.Place:
        epoch = wire.epoch_of(access.conversation, self.generation)
        return wire.Place(access.conversation.id, epoch)

    def _same_epoch(self, access: Access, position: Position) -> None:
        epoch = wire.epoch_of(access.conversation, self.generation)
        if position.epoch is not None and position.epoch != epoch:
            raise resync_required()
