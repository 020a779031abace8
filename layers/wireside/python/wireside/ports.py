"""What the services need from outside, by role.

Each port crosses a process or clock boundary and has two implementations: the real adapter and
the shipped fake in ``adapters.memory``. All of them are asynchronous, so that a test can step
through every interleaving of them.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from wireside.domain.changes import Change, Outcome, RememberRequest
from wireside.domain.conversation import (
    Access,
    Assistant,
    Conversation,
    Member,
    Roster,
    Subscription,
    User,
    Whole,
)
from wireside.domain.dialogue import ChatMessage
from wireside.domain.events import (
    AssistantId,
    ConnectionId,
    ConversationId,
    Event,
    RunId,
    UserId,
)
from wireside.domain.forgetting import Order, Trace
from wireside.domain.invites import Invite
from wireside.domain.items import Item
from wireside.domain.links import SharedLink
from wireside.domain.quotas import Correction, Quotas, Reservation
from wireside.domain.runs import Job, Partial, Run, Standing
from wireside.domain.searches import Signature
from wireside.domain.shares import Share
from wireside.domain.tickets import Ticket
from wireside.domain.tools import Round, ToolSpec
from wireside.domain.usage import Spent


class Clock(Protocol):
    """Time. Milliseconds since the epoch, so that it can be stored and compared."""

    def now_ms(self) -> int:
        """Return the current time."""

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""


class Ids(Protocol):
    """New names for things."""

    def new(self) -> str:
        """Return a URL-safe id of 128 unguessable bits."""


class Log(Protocol):
    """The events of a conversation. All reads are strongly consistent."""

    async def read(self, conversation_id: ConversationId, seq: int) -> Event | None:
        """Return the event with that seq."""

    async def read_many(
        self, conversation_id: ConversationId, seqs: Collection[int]
    ) -> Mapping[int, Event]:
        """Return those of the events that are there, by their seqs."""

    async def after(
        self,
        conversation_id: ConversationId,
        seq: int,
        *,
        limit: int,
        enough_bytes: int | None = None,
    ) -> tuple[Event, ...]:
        """Return at most ``limit`` events above ``seq``: ascending, contiguous, from seq + 1 on.

        The one whose body, with those before it, makes up ``enough_bytes`` of JSON is the last.
        """

    async def before(
        self,
        conversation_id: ConversationId,
        seq: int | None,
        *,
        limit: int,
        enough_bytes: int | None = None,
    ) -> tuple[Event, ...]:
        """Return the newest ``limit`` events below ``seq`` (``None``: of all), ascending.

        The one whose body, with those after it, makes up ``enough_bytes`` of JSON is the first.
        """

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        """Store event and changes, all or nothing; the event's seq must be free."""


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """What is remembered of a carried out HTTP request."""

    fingerprint: str
    result: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Listed:
    """A conversation's place in somebody's list: when it was active, as far as the list knows.

    ``cursor`` is of what comes after it.
    """

    id: ConversationId
    at_ms: int
    cursor: str


class Conversations(Protocol):
    """Conversation items and their members. Reads are strongly consistent, but for lists."""

    async def access(
        self, conversation_id: ConversationId, user_id: UserId | None
    ) -> Access | None:
        """Return the conversation and, if asked for one, the member. ``None``: not there."""

    async def roster(self, conversation_id: ConversationId) -> Roster:
        """Return the members with their subscriptions, in one read."""

    async def whole(self, conversation_id: ConversationId) -> Whole | None:
        """Return the conversation with its roster, in one read. ``None``: not there."""

    async def create(
        self,
        conversation: Conversation,
        members: Sequence[Member],
        request: RememberRequest | None,
    ) -> bool:
        """Store a new conversation. ``False``: that request was carried out before."""

    async def of_user(
        self, user_id: UserId, *, limit: int, cursor: str | None
    ) -> tuple[tuple[ConversationId, ...], str | None]:
        """Return ids, most recently active first (may lag 60 s), and a cursor for more."""

    async def listed(
        self, user_id: UserId, *, limit: int, cursor: str | None
    ) -> tuple[tuple[Listed, ...], str | None]:
        """Return the same with the times by which they are listed."""

    async def remembered(
        self, user_id: UserId, key: str, conversation_id: ConversationId | None
    ) -> RequestRecord | None:
        """Return what was done under this key (``None`` id: for requests that create)."""

    async def bump(
        self, conversation_id: ConversationId, members: Sequence[Member], *, at_ms: int
    ) -> None:
        """Move the conversation up in its members' lists."""

    async def mark_read(
        self, conversation_id: ConversationId, user_id: UserId, *, seq: int, n: int
    ) -> bool:
        """Raise how far a member has read; ``False``: they had, or are no member."""

    async def claim_activity(
        self, conversation_id: ConversationId, *, now_ms: int, every_ms: int
    ) -> bool:
        """Return whether it is this caller's turn to tell of activity, once every ``every_ms``."""

    async def suggest_title(self, conversation_id: ConversationId, title: str, seq: int) -> None:
        """Set the title unless there is one, or the message that it is made of is deleted."""

    async def stop_through(self, conversation_id: ConversationId, seq: int) -> None:
        """Stop every turn that begins up to ``seq``; repeating it changes nothing."""


class SearchIndex(Protocol):
    """Which block of a log may have which words. Lists of blocks may lag."""

    async def revision(self, conversation_id: ConversationId, block: int) -> int | None:
        """Return the block's revision, strongly consistent: 0 where it was never made.

        ``None`` where the conversation is not there, or deleted.
        """

    async def replace(
        self, conversation_id: ConversationId, signature: Signature, *, revision: int
    ) -> bool:
        """Keep a block in place of what has this revision. ``False``: another one is there."""

    async def first_blocks(
        self, conversation_ids: Sequence[ConversationId]
    ) -> Mapping[ConversationId, Signature]:
        """Return the first block of each of at most 100 conversations that has one."""

    async def further_blocks(self, conversation_id: ConversationId) -> tuple[Signature, ...]:
        """Return the blocks after the first, newest first."""


class Housekeeping(Protocol):
    """The end of conversations: marked first, taken away later, a batch at a time."""

    async def mark_deleted(
        self, conversation_id: ConversationId, request: RememberRequest | None, *, now_ms: int
    ) -> bool:
        """Mark it, raise its ``operator_epoch``. ``False``: done before, or that request was.

        It is no longer listed by its activity.

        From then on no event of an assistant and no change of state enters.
        Raises: Unavailable.
        """

    async def marked(self, *, before_ms: int, limit: int) -> tuple[ConversationId, ...]:
        """Return what was marked before then and is not all gone, the oldest mark first.

        It may lag.
        """

    async def active(self, *, from_ms: int, to_ms: int, limit: int) -> tuple[ConversationId, ...]:
        """Return what was last active then (``to_ms`` exclusive), the longest idle first.

        It may lag: by the 30 s in which activity is told once, and by what the index lags.
        """

    async def purge(self, conversation_id: ConversationId, *, before_ms: int, at_most: int) -> bool:
        """Delete about ``at_most`` items of it, all but the mark; ``True`` once nothing is left.

        Nothing happens to what was not marked, or not before ``before_ms``.
        """


class Orders(Protocol):
    """Who is to be forgotten. There is one order about a person at most."""

    async def give(self, order: Order) -> Order:
        """Keep an order unless one is under way; return the one that holds.

        One that was carried out under the same ``key`` holds, too.
        """

    async def under_way(self, *, limit: int) -> tuple[Order, ...]:
        """Return orders that are not carried out, the longest waiting first; it may lag."""

    async def queue_up(self, order: Order, *, now_ms: int) -> None:
        """Have the order wait behind those of now: a part of it is carried out."""

    async def postpone(self, order: Order, *, now_ms: int) -> None:
        """Do so, and remember that they were somewhere just now: it is not done within a while."""

    async def settle(self, order: Order, *, before_ms: int, now_ms: int) -> bool:
        """Note that it is carried out. ``False``: it was postponed since ``before_ms``."""


class Traces(Protocol):
    """What is left of people besides their places in conversations. Lists of it may lag."""

    async def of_user(self, user_id: UserId, *, limit: int) -> tuple[Trace, ...]:
        """Return traces of where somebody was."""

    async def rewrite(self, conversation_id: ConversationId, event: Event) -> None:
        """Keep an event with another body and another sender's name, where it is there.

        Raises: Unavailable.
        """

    async def advance(self, trace: Trace) -> None:
        """Remember how far nothing is left in the log; nothing happens where the trace is gone."""

    async def renew(self, conversation: Conversation, *, untitled: bool) -> Conversation | None:
        """Give the conversation another epoch, ``untitled`` no title; return it as it is now.

        ``None``: it has another title or epoch by now, or is deleted.
        """

    async def untitle(self, link_id: str) -> None:
        """Take the title away that a link shows."""

    async def end(self, trace: Trace) -> None:
        """Remove a trace unless they were there again, with what was remembered of requests.

        So goes what the conversation's assistants have their providers remember.
        """

    async def unlist(self, conversation_id: ConversationId, user_id: UserId) -> None:
        """Take somebody out of a conversation that is not there any more."""

    async def clear(self, user_id: UserId, *, now_ms: int) -> None:
        """Remove somebody's tickets, invitations, remembered requests and counters of past days."""


@dataclass(frozen=True, slots=True)
class Place:
    """One of the places that a user's connections take. ``connected_at_ms`` is its connection's."""

    user_id: UserId
    connection_id: ConnectionId
    connected_at_ms: int


@dataclass(frozen=True, slots=True)
class Connection:
    """One WebSocket.

    Times are in milliseconds. ``refreshed_by`` is the id of the ticket that refreshed it last, if
    one did. ``seen_at_ms`` is when it last said that it lives; 0 for one that never did.
    """

    id: ConnectionId
    user: User
    connected_at_ms: int
    greeted: bool = False
    refreshed_by: str | None = None
    open: frozenset[ConversationId] = frozenset()
    seen_at_ms: int = 0

    @property
    def last_seen_ms(self) -> int:
        """When it last gave a sign of life; the handshake was one."""
        return max(self.connected_at_ms, self.seen_at_ms)

    @property
    def place(self) -> Place:
        """Its place among its user's connections."""
        return Place(self.user.id, self.id, self.connected_at_ms)


class Verifier(Protocol):
    """The check of JWTs."""

    def verify(self, token: str) -> User:
        """Return who the token speaks for.

        Raises: Refused ``unauthorized`` or ``token_expired``; Unavailable.
        """


class Tickets(Protocol):
    """Sold tickets, by their ids."""

    async def keep(self, ticket: Ticket) -> None:
        """Keep a ticket until somebody takes it, or for a while after it ran out."""

    async def read(self, ticket_id: str) -> Ticket | None:
        """Return a ticket that nobody has taken yet, whether it ran out or not."""


class TicketTaker(Protocol):
    """The one use of a ticket at the handshake. Not asynchronous: the authorizer has no loop."""

    def take(self, ticket_id: str) -> Ticket | None:
        """Remove the ticket and return it; ``None`` for everybody who comes second.

        Raises: Unavailable.
        """


class Invites(Protocol):
    """Invitations, by their ids."""

    async def keep(self, invite: Invite, request: RememberRequest | None, *, now_ms: int) -> bool:
        """Keep an invitation. ``False``: that request was carried out before."""

    async def read(self, invite_id: str) -> Invite | None:
        """Return the invitation, whether it ran out or not."""

    async def is_barred(self, conversation_id: ConversationId, user_id: UserId) -> bool:
        """Return whether somebody was removed, and not added again since."""


class Links(Protocol):
    """The links by which conversations are shared, by their ids. A conversation has one at most."""

    async def put(
        self, link: SharedLink, request: RememberRequest | None, *, former: str | None
    ) -> bool:
        """Share a conversation by ``link`` from now on, in place of the link ``former``.

        ``False``: it is shared otherwise or deleted, or that request was carried out before.
        """

    async def withdraw(
        self,
        conversation_id: ConversationId,
        request: RememberRequest | None,
        *,
        former: str | None,
        now_ms: int,
    ) -> bool:
        """Share a conversation no more that is shared by the link ``former``, if by any.

        ``False``: it is shared otherwise, or that request was carried out before.
        """

    async def read(self, link_id: str) -> SharedLink | None:
        """Return the link, unless another one came in its place or it was withdrawn."""


class Places(Protocol):
    """How many connections each user has."""

    async def claim(self, place: Place, *, at_most: int) -> bool:
        """Take a place unless the user has taken ``at_most``; claiming it again is no second one.

        Of many who claim at once exactly as many get one as there are left.
        """

    async def give_up(self, place: Place) -> None:
        """Make the place free. ``Connections.forget`` does so too."""

    async def of_user(self, user_id: UserId) -> tuple[Place, ...]:
        """Return the user's places, strongly consistent, longest connected first."""

    async def all(self) -> tuple[Place, ...]:
        """Return where everybody's kept connections are; longest connected first; may lag."""


class Connections(Protocol):
    """Who is connected, and what they have open. Reads are strongly consistent."""

    async def keep(self, connection: Connection) -> None:
        """Keep a new connection."""

    async def read(self, connection_id: ConnectionId) -> Connection | None:
        """Return the connection."""

    async def read_many(
        self, connection_ids: Collection[ConnectionId]
    ) -> Mapping[ConnectionId, Connection]:
        """Return those of the connections that are there."""

    async def greet(self, connection_id: ConnectionId, *, now_ms: int) -> Connection | None:
        """Remember that ``hello`` came, and when; return the connection."""

    async def see(self, connection_id: ConnectionId, *, now_ms: int) -> Connection | None:
        """Remember when the connection was last heard of; return it."""

    async def frame_context(
        self, connection_id: ConnectionId, conversation_id: ConversationId, seq: int
    ) -> tuple[Connection | None, Event | None]:
        """Return the connection and the event with that seq (0: none) in one read."""

    async def subscribe(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        *,
        at_most: int,
        as_operator: bool = False,
    ) -> Literal["subscribed", "no_member", "too_many"]:
        """Open the conversation for the connection, atomically, if its user is a member.

        ``as_operator``: if they hold the conversation as its operator.
        """

    async def refresh(
        self, connection: Connection, user: User, ticket_id: str | None
    ) -> Connection | None:
        """Give the connection and all that it has open the user's expiry and roles, atomically.

        The ticket, if there is one, is used up in the same step. Return the connection as it is
        now; ``None`` where it or the ticket is gone.
        """

    async def unsubscribe(self, connection: Connection, conversation_id: ConversationId) -> None:
        """Close the conversation for the connection."""

    async def silence(
        self, connection: Connection, conversation_ids: Collection[ConversationId]
    ) -> None:
        """Let the connection hear no more of these; they stay among what it has open."""

    async def forget(self, connection_id: ConnectionId) -> None:
        """Remove what this connection had, and nothing else. Repeating it does nothing.

        Its place is given up before it is gone itself.
        """

    async def drop(self, conversation_id: ConversationId, subscription: Subscription) -> None:
        """Remove one subscription, also where its connection has no record any more."""

    async def of_user(self, user_id: UserId) -> tuple[ConnectionId, ...]:
        """Return the user's connections."""

    async def claim_typing(
        self,
        connection: Connection,
        conversation_id: ConversationId,
        *,
        on: bool,
        now_ms: int,
        every_ms: int,
    ) -> bool:
        """Return whether a ``typing`` of this connection may be passed on now."""


class Limits(Protocol):
    """Counters that hold people back."""

    async def count_message(self, user_id: UserId, *, now_ms: int, per_minute: int) -> bool:
        """Count one message; ``False`` when this minute's are used up."""

    async def count_connect(self, address: str, *, now_ms: int, per_minute: int) -> bool:
        """Count one new connection from an address; ``False`` when this minute's are used up."""


class Runs(Protocol):
    """Runs and the text they have so far. Reads are strongly consistent."""

    async def read(
        self, conversation_id: ConversationId, assistant_id: AssistantId, first_seq: int
    ) -> Run | None:
        """Return the run."""

    async def claim(
        self, conversation_id: ConversationId, run: Run, *, now_ms: int, found: Run | None
    ) -> bool:
        """Become the run's worker by storing ``run`` over ``found``; ``False``: another did.

        Also ``False`` where the turn was frozen since: the next attempt has to answer the same.
        """

    async def freeze(self, conversation_id: ConversationId, run: Run, through_seq: int) -> bool:
        """Begin streaming: freeze the turn. ``False``: the fence is not ours any more."""

    async def begin_again(
        self, conversation_id: ConversationId, run: Run, *, lease_until_ms: int
    ) -> bool:
        """Raise our own fence by one: the text starts again. ``False``: it is not ours any more."""

    async def checkpoint(
        self,
        conversation_id: ConversationId,
        run: Run,
        *,
        offset: int,
        text: str,
        lease_until_ms: int,
    ) -> bool:
        """Append a chunk and extend the lease. ``False``: the fence is not ours any more."""

    async def show(self, conversation_id: ConversationId, run: Run, text: str) -> bool:
        """Note, before anybody sees it, what is shown first. ``False``: the fence is not ours."""

    async def text(self, conversation_id: ConversationId, run: Run) -> str:
        """Return what was kept of the text under this run's fence."""

    async def in_flight(
        self, conversation_id: ConversationId, assistant_id: AssistantId, *, above_seq: int
    ) -> tuple[Partial, ...]:
        """Return streaming runs that begin above ``above_seq``, with their text so far."""

    async def unfinished(
        self, conversation_id: ConversationId, assistant_id: AssistantId, *, above_seq: int
    ) -> tuple[Run, ...]:
        """Return runs that begin above ``above_seq`` and have not ended, streaming or not."""

    async def request_stop(self, conversation_id: ConversationId, run: Run) -> None:
        """Ask whoever works on the run to stop; nothing happens where it has ended."""

    async def standing(self, conversation_id: ConversationId, run: Run) -> Standing | None:
        """Return where run and conversation stand, in one read; ``None``: one of them is gone."""

    async def forget_text(self, conversation_id: ConversationId, run_id: RunId) -> None:
        """Remove all that was kept of a run's text."""

    async def note(
        self,
        conversation_id: ConversationId,
        run: Run,
        took: Spent,
        correction: Correction | None = None,
    ) -> bool:
        """Keep what a run took that was silenced, and settle what was reserved for it, once.

        ``False``: it has ended, was noted before, or is another's.
        """


class Reserved(Enum):
    """What became of a reservation."""

    HELD = "held"
    USER_USED_UP = "the user's quota"
    CONVERSATION_USED_UP = "the conversation's quota"
    NOT_OURS = "not ours"


class Ledger(Protocol):
    """The counters of what is used in a day."""

    async def reserve(
        self, conversation_id: ConversationId, run: Run, reservation: Reservation, quotas: Quotas
    ) -> Reserved:
        """Raise what is reserved for a run from ``run.reserved`` to ``reservation``, or nothing.

        The counters hold the sum of all reservations and what was used; it never passes a quota.

        Raises: Unavailable.
        """


class JobQueue(Protocol):
    """The reply queue."""

    async def send(self, job: Job) -> None:
        """Enqueue the job; the same job sent twice within minutes may be delivered once."""

    async def extend(self, receipt: str, seconds: int) -> None:
        """Hide a received job for ``seconds`` more."""


class PostOutcome(Enum):
    """What became of one post to a connection."""

    SENT = "sent"
    GONE = "gone"
    LAGGING = "lagging"


class Lines(Protocol):
    """The open connections' far ends (API Gateway's connection management)."""

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Push one frame. Never raises for one connection's sake."""

    async def hang_up(self, connection_id: ConnectionId) -> None:
        """Close the connection; nothing happens where it is closed already."""


class FanOut(Protocol):
    """Others who push frames, where there are too many listeners for one."""

    async def hand_on(self, share: Share) -> None:
        """Have somebody take the share soon, at most once. It is not said what became of it.

        Raises: Unavailable when nobody will.
        """


class Meter(Protocol):
    """What is counted of runs. Nothing of it names a person, or says what anybody wrote."""

    def ended(self, spent: Spent) -> None:
        """Count a run that is over."""


class Journal(Protocol):
    """What operators read: never a word of what people or models wrote."""

    def failed(self, what: str, error: BaseException, **about: str | int) -> None:
        """Note that something failed, and on whose account."""

    def noted(self, what: str, **about: str | int) -> None:
        """Note what an operator has to be able to look up."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer; ``estimated`` when the provider did not tell."""

    input_tokens: int
    output_tokens: int
    estimated: bool


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ItemsPiece:
    """Results that the answer points to. They are shown with the whole answer, not before."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of the answer, as the provider gave it."""

    reason: Literal["stop", "length", "filtered"]
    usage: Usage | None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model calls before it goes on; ``arguments`` is JSON as the model wrote it.

    Calls come right before ``Finished``, and only where all of them are whole.
    """

    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class InputTokens:
    """How much the provider has read, where it says so before its answer has ended."""

    count: int


type Piece = TextPiece | ItemsPiece | ToolCall | InputTokens | Finished


@dataclass(frozen=True, slots=True)
class Question:
    """All that a provider gets to know. ``answered_seq`` is how far the assistant has answered.

    ``turn_from`` is the seq at which what is to be answered begins.
    ``tools`` may be called, if ``may_call``; ``rounds`` are what has been called in this turn.
    """

    conversation_id: ConversationId
    run_id: RunId
    system_prompt: str
    messages: tuple[ChatMessage, ...]
    model: str
    answered_seq: int = 0
    turn_from: int = 0
    tools: tuple[ToolSpec, ...] = ()
    may_call: bool = True
    rounds: tuple[Round, ...] = ()


class Provider(Protocol):
    """A model, seen from here."""

    def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once and stream the answer: pieces of text and of results, then one ``Finished``.

        Without ``Finished`` the answer was cut off. Who asks tries again where that may help.

        Raises: ModelFailed when there is no answer, or no more of it.
        """


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a conversation as it reads now. ``at_ms`` is when it was written."""

    seq: int
    at_ms: int
    sender: str
    text: str


class Room(Protocol):
    """All that a tool gets to know of the outside: the conversation in which it was called.

    There is no way to name another one.
    """

    def messages(self) -> AsyncIterator[Said]:
        """Yield what people and assistants wrote, newest first: edited as it is, deleted never.

        It ends after a few thousand events, however long the conversation is.
        """


class Tool(Protocol):
    """A function that assistants may call."""

    @property
    def spec(self) -> ToolSpec:
        """What models are told of it."""

    def check(self, arguments: Mapping[str, object]) -> None:
        """Look whether it could be called so.

        Raises: ToolRefused, in words for the model.
        """

    async def call(self, arguments: Mapping[str, object], room: Room) -> str:
        """Call it and return its result, whatever its length.

        Raises: ToolRefused; and whatever the function raises.
        """


class Toolbox(Protocol):
    """The tools of each assistant."""

    def of(self, assistant: Assistant) -> Mapping[str, Tool]:
        """Return the assistant's tools by their names."""


class ProviderMemory(Protocol):
    """What a provider wants to know again in an assistant's next turn: one short text.

    It goes with its conversation. Who loses it can do without.
    """

    async def read(self, conversation_id: ConversationId, assistant_id: AssistantId) -> str | None:
        """Return what was kept last."""

    async def keep(
        self, conversation_id: ConversationId, assistant_id: AssistantId, text: str
    ) -> None:
        """Keep the text in place of what was kept before."""


class Providers(Protocol):
    """The configured assistants and who speaks for each."""

    @property
    def assistants(self) -> Sequence[Assistant]:
        """All assistants, the default one first."""

    def of(self, assistant: Assistant) -> Provider:
        """Return the assistant's provider."""
