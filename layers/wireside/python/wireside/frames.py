"""What goes out on the wire: the shapes of server frames and of the JSON views inside them.

``docs/protocol.md`` shows them, and the tests check every frame that they receive against them.
``NotRequired`` fields are left out where there is nothing to say.
"""

from typing import Literal, NotRequired, TypedDict

from wireside.domain.events import Body


class Named(TypedDict):
    """An id with the name that people see."""

    id: str
    name: str


class UserView(Named):
    """Who is on the line."""

    roles: list[str]


class LimitsView(TypedDict):
    """What a client must keep to."""

    text_code_points: int
    frame_bytes: int
    open_conversations: int
    file_bytes: int
    messages_per_minute: int


class MemberView(Named):
    """Somebody in a conversation."""

    type: Literal["human", "assistant"]
    role: str
    joined_at: str


class SharedView(TypedDict):
    """How far a conversation is shared by a link, and since when."""

    through_seq: int
    created_at: str


class ConversationView(TypedDict):
    """A conversation, over HTTP and in ``opened``."""

    id: str
    title: str | None
    created_at: str
    last_at: str
    head: int
    n: int
    read_seq: int
    unread: int
    model: str
    reply_policy: str
    input_mode: Literal["single", "multi"]
    members: list[MemberView]
    operator_assisted: bool
    operator: NotRequired[Named]
    ended_at: NotRequired[str]
    shared: NotRequired[SharedView]


class SenderView(Named):
    """Who wrote an event."""

    type: str


class EventView(TypedDict):
    """An entry of the log. ``truncated``: the text was cut to fit a frame."""

    seq: int
    n: int
    kind: str
    at: str
    sender: SenderView
    body: Body
    client_id: NotRequired[str]
    truncated: NotRequired[bool]


class FoundView(TypedDict):
    """A message that a search found, with the part of its newest text around the hit."""

    conversation_id: str
    title: str | None
    seq: int
    at: str
    sender: SenderView
    snippet: str


class RunView(TypedDict):
    """A run in flight. ``text`` is the tail that fits, after ``offset`` code points."""

    run_id: str
    participant: str
    trigger_seq: int
    fence: int
    offset: int
    text: str


class FailureView(TypedDict):
    """Why an attempt failed."""

    code: str
    message: str


class ErrorView(TypedDict):
    """A refusal, over HTTP and in ``error``."""

    code: str
    message: str
    retryable: bool
    retry_after_ms: NotRequired[int]
    details: NotRequired[dict[str, str]]


class Answer(TypedDict):
    """What answers a frame carries its ``ref``."""

    ref: NotRequired[str]


class Welcome(Answer):
    """Answers ``hello``."""

    type: Literal["welcome"]
    connection_id: str
    user: UserView
    server_time: str
    models: list[Named]
    limits: LimitsView
    expires_at: str
    rotate_at: str


class Opened(Answer):
    """Answers ``open``, before the events."""

    type: Literal["opened"]
    conversation: ConversationView
    epoch: str
    head: int
    n: int
    runs: list[RunView]
    read_seq: int
    present: list[str]


class Closed(Answer):
    """Answers ``close``."""

    type: Literal["closed"]
    conversation_id: str


class EventsPage(Answer):
    """Contiguous events, ascending."""

    type: Literal["events"]
    conversation_id: str
    epoch: str
    events: list[EventView]
    head: int
    more: bool


class OneEvent(Answer):
    """What has just been stored; to its writer: the acknowledgement."""

    type: Literal["event"]
    conversation_id: str
    epoch: str
    event: EventView


class RunChanged(TypedDict):
    """An attempt at an answer begins, begins again or is over."""

    type: Literal["run"]
    conversation_id: str
    run_id: str
    participant: str
    trigger_seq: int
    fence: int
    state: Literal["started", "retrying", "ended"]
    error: NotRequired[FailureView]


class Delta(TypedDict):
    """A piece of an answer, after ``offset`` code points of it."""

    type: Literal["delta"]
    conversation_id: str
    run_id: str
    fence: int
    offset: int
    text: str


class Stopped(Answer):
    """Answers ``stop``. ``runs``: what was stopped by it, possibly nothing."""

    type: Literal["stopped"]
    conversation_id: str
    runs: list[str]


class Typing(TypedDict):
    """Somebody writes, or has stopped."""

    type: Literal["typing"]
    conversation_id: str
    user_id: str
    on: bool


class Presence(TypedDict):
    """Somebody's first connection has come, or their last one has gone."""

    type: Literal["presence"]
    conversation_id: str
    user_id: str
    on: bool


class Read(TypedDict):
    """Another connection of one's own has read up to there."""

    type: Literal["read"]
    conversation_id: str
    seq: int


class Activity(TypedDict):
    """Something happened in a conversation that is not open here."""

    type: Literal["activity"]
    conversation_id: str
    head: int
    n: int
    title: str | None
    at: str


class Refreshed(Answer):
    """Answers ``refresh``."""

    type: Literal["refreshed"]
    expires_at: str


class Pong(Answer):
    """Answers ``ping``, with the heads of what is open."""

    type: Literal["pong"]
    server_time: str
    heads: dict[str, int]


class Error(Answer, ErrorView):
    """Refuses a frame."""

    type: Literal["error"]
    fatal: bool
    conversation_id: NotRequired[str]
    client_id: NotRequired[str]


class Goodbye(TypedDict):
    """The last frame before the server closes."""

    type: Literal["goodbye"]
    reason: Literal["expired", "removed", "rotate", "flooding", "shutdown"]
    reconnect: bool


type ServerFrame = (
    Welcome
    | Opened
    | Closed
    | EventsPage
    | OneEvent
    | RunChanged
    | Delta
    | Stopped
    | Typing
    | Presence
    | Read
    | Activity
    | Refreshed
    | Pong
    | Error
    | Goodbye
)
