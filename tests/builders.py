"""Things that tests are about, and the whole application on the shipped fakes."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from wireside import wire
from wireside.adapters.llm.demo import DemoProvider
from wireside.adapters.memory.connections import MemoryConnections, MemoryLimits
from wireside.adapters.memory.conversations import MemoryConversations
from wireside.adapters.memory.forgetting import MemoryOrders, MemoryTraces
from wireside.adapters.memory.housekeeping import MemoryHousekeeping
from wireside.adapters.memory.invites import MemoryInvites
from wireside.adapters.memory.ledger import MemoryLedger
from wireside.adapters.memory.links import MemoryLinks
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.places import MemoryPlaces
from wireside.adapters.memory.runs import MemoryRuns
from wireside.adapters.memory.search import MemorySearchIndex
from wireside.adapters.memory.store import MemoryStore
from wireside.adapters.memory.tickets import KnownTokens, MemoryTickets
from wireside.adapters.memory.wire import (
    START_MS,
    CountingIds,
    ManualClock,
    MemoryFanOut,
    MemoryJobQueue,
    MemoryJournal,
    MemoryLines,
    MemoryMeter,
    ScriptedProviders,
)
from wireside.bootstrap import Application
from wireside.domain.conversation import (
    Assistant,
    Conversation,
    Member,
    MemberRole,
    Role,
    User,
)
from wireside.domain.events import (
    ClientId,
    ConnectionId,
    ConversationId,
    Draft,
    Event,
    JsonValue,
    Kind,
    UserId,
    place,
)
from wireside.domain.quotas import Quotas
from wireside.entrypoints.websocket import answer_frame
from wireside.ports import Connections, Provider
from wireside.services.activity import Activity
from wireside.services.answers import Answering
from wireside.services.attendance import Allowance, Attendance
from wireside.services.calling import Calling
from wireside.services.changing import Changing
from wireside.services.charging import Charging
from wireside.services.conversations import ConversationService
from wireside.services.dead_letters import GivingUp
from wireside.services.deletion import Deletion
from wireside.services.delivery import Delivery
from wireside.services.exports import Exports
from wireside.services.flooding import FloodGate
from wireside.services.forgetting import Forgetting, Wishes
from wireside.services.handover import Silencing
from wireside.services.identities import BoxOffice
from wireside.services.indexing import Following, Indexing
from wireside.services.invites import Invitations
from wireside.services.markers import Markers
from wireside.services.messages import Messages
from wireside.services.operators import Operators
from wireside.services.presence import Presence
from wireside.services.reading import Reading
from wireside.services.renewals import Renewals
from wireside.services.runs import RunService
from wireside.services.searching import Searching
from wireside.services.sessions import Sessions
from wireside.services.sharing import Sharing
from wireside.services.stops import Stops
from wireside.services.sweeping import Sweeping
from wireside.services.turns import Turns
from wireside.tools.functions import FunctionTool
from wireside.tools.toolbox import Toolbox

ROOM = ConversationId("room")
NEVER_SECONDS = 4_000_000_000
MAX_PARTICIPANTS = 4


def assistant(name: str = "demo") -> Assistant:
    """Return a configured assistant."""
    return Assistant(name, "demo", f"{name}-1", name.title(), "Be brief.", 8_000)


DEMO = assistant()
SECOND = assistant("second")


def user(
    name: str = "ana", *, expires_at: int = NEVER_SECONDS, roles: frozenset[Role] | None = None
) -> User:
    """Return somebody who is signed in; ``expires_at`` is in seconds."""
    return User(UserId(name), name.title(), roles or frozenset({Role.USER}), expires_at)


def conversation(**fields: Any) -> Conversation:
    """Return a conversation that has two members."""
    known: dict[str, Any] = {"id": ROOM, "created_at_ms": START_MS, "model": "demo"}
    return Conversation(**(known | fields))


def member(name: str = "ana", *, role: MemberRole = MemberRole.MEMBER) -> Member:
    """Return somebody's place in a conversation."""
    return Member(UserId(name), name.title(), role, START_MS)


def message(
    previous: Event | None = None,
    *,
    text: str = "hello",
    by: str = "ana",
    client_id: str | None = None,
    addressed: Sequence[str] = (),
    now_ms: int = START_MS,
) -> Event:
    """Return a person's message, right after ``previous``."""
    body: dict[str, JsonValue] = {"text": text, "addressed": [*addressed]}
    named = ClientId(client_id) if client_id else None
    return place(Draft(Kind.MESSAGE, user(by).participant, body, named), previous, now_ms=now_ms)


def addressed_message(previous: Event | None = None, **fields: Any) -> Event:
    """Return a person's message that the demo assistant owes an answer."""
    return message(previous, addressed=[DEMO.id], **fields)


@dataclass(slots=True)
class World:
    """The application on the fakes, and the fakes themselves."""

    store: MemoryStore = field(default_factory=MemoryStore)
    lines: MemoryLines = field(default_factory=MemoryLines)
    jobs: MemoryJobQueue = field(default_factory=MemoryJobQueue)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    clock: ManualClock = field(default_factory=ManualClock)
    meter: MemoryMeter = field(default_factory=MemoryMeter)
    provider: Provider = field(default_factory=DemoProvider)
    assistants: Sequence[Assistant] = (DEMO, SECOND)
    messages_per_minute: int = 600
    connections_per_user: int = 0
    connects_per_minute: int = 0
    frames_per_ten_seconds: int = 0
    generation: str = "1"
    verifier: KnownTokens = field(default_factory=KnownTokens)
    app: Application = field(init=False)
    runs: RunService = field(init=False)
    dead_letters: RunService = field(init=False)
    sweeping: Sweeping = field(init=False)
    retention_days: int = 90
    quotas: Quotas = field(default_factory=Quotas)
    ids: CountingIds = field(default_factory=CountingIds)
    fan_out: MemoryFanOut = field(default_factory=MemoryFanOut)
    fan_out_listeners: int = 300
    tools: dict[str, FunctionTool] = field(default_factory=dict)
    """Tools of the test's own, by their names in ``Assistant.tools``."""
    around: Callable[[Any], Any] = field(default=lambda port: port)
    """What every port of the store is wrapped in."""

    def __post_init__(self) -> None:
        """Wire the services, as ``bootstrap`` does."""
        store, clock, around = self.store, self.clock, self.around
        conversations = around(MemoryConversations(store))
        connections = around(MemoryConnections(store))
        log, runs = around(MemoryLog(store)), around(MemoryRuns(store))
        delivery = Delivery(
            conversations, connections, self.lines, clock, self.fan_out, self.fan_out_listeners
        )
        self.fan_out.take = Delivery(conversations, connections, self.lines, clock).take
        turns = Turns(log, runs, delivery, clock, self.ids, self.generation, self.meter)
        talk = Sessions(
            connections,
            conversations,
            log,
            clock,
            self.assistants,
            self.messages_per_minute,
            self.attendance(connections, delivery.presence),
        )
        tickets = around(MemoryTickets(store))
        rooms = ConversationService(
            conversations=conversations,
            log=log,
            changing=Changing(conversations, log, delivery, clock, self.generation),
            delivery=delivery,
            clock=clock,
            ids=self.ids,
            assistants=self.assistants,
            max_participants=MAX_PARTICIPANTS,
        )
        housekeeping = around(MemoryHousekeeping(store))
        index = around(MemorySearchIndex(store))
        activity = Activity(conversations, connections, self.jobs, delivery, clock)
        deletion = Deletion(conversations, connections, housekeeping, clock)
        orders, links = around(MemoryOrders(store)), around(MemoryLinks(store))
        forgetting = Forgetting(
            orders=orders,
            traces=around(MemoryTraces(store)),
            conversations=conversations,
            connections=connections,
            log=log,
            links=links,
            changing=rooms.changing,
            deletion=deletion,
            attendance=talk.attendance,
            clock=clock,
            journal=self.journal,
        )
        self.sweeping = Sweeping(
            conversations=conversations,
            housekeeping=housekeeping,
            log=log,
            runs=runs,
            jobs=self.jobs,
            deletion=deletion,
            attendance=talk.attendance,
            forgetting=forgetting,
            clock=clock,
            journal=self.journal,
            retention_days=self.retention_days,
        )
        self.app = Application(
            sessions=talk,
            reading=Reading(
                conversations, connections, log, runs, delivery, self.assistants, self.generation
            ),
            messages=Messages(
                sessions=talk,
                conversations=conversations,
                connections=connections,
                log=log,
                runs=runs,
                limits=around(MemoryLimits(store)),
                jobs=self.jobs,
                delivery=delivery,
                clock=clock,
                assistants=self.assistants,
                generation=self.generation,
                messages_per_minute=self.messages_per_minute,
            ),
            markers=Markers(talk, conversations, connections, log, delivery),
            stops=Stops(conversations, log, runs, turns, clock, self.assistants),
            operators=Operators(rooms, Silencing(runs, self.assistants)),
            conversations=rooms,
            invitations=Invitations(rooms, around(MemoryInvites(store)), clock, self.ids),
            exports=Exports(rooms),
            sharing=Sharing(conversations, log, links, clock, self.ids),
            deletion=deletion,
            wishes=Wishes(orders, clock),
            box_office=BoxOffice(tickets, clock, self.ids, talk.attendance),
            renewals=Renewals(talk, tickets, lambda: self.verifier),
            activity=activity,
            following=Following(activity, Indexing(log, index, clock)),
            searching=Searching(conversations, log, index, clock),
            delivery=delivery,
            gate=FloodGate(self.frames_per_ten_seconds),
            table=cast("Any", None),
        )
        answering = Answering(
            log=log,
            runs=runs,
            jobs=self.jobs,
            delivery=delivery,
            providers=ScriptedProviders(self.assistants, self.provider),
            clock=clock,
            journal=self.journal,
            calling=Calling(log, delivery, clock, self.journal, Toolbox(self.tools)),
            charging=Charging(around(MemoryLedger(store)), self.quotas, clock),
            chance=lambda: 1.0,
        )
        self.runs = RunService(
            conversations, runs, turns, self.jobs, self.assistants, clock, answering
        )
        self.dead_letters = replace(self.runs, answering=GivingUp())

    def attendance(self, connections: Connections, presence: Presence) -> Attendance:
        """Return who looks after connections."""
        return Attendance(
            connections=connections,
            places=self.around(MemoryPlaces(self.store)),
            limits=self.around(MemoryLimits(self.store)),
            presence=presence,
            clock=self.clock,
            allowance=Allowance(self.connections_per_user, self.connects_per_minute),
        )

    @property
    def log(self) -> list[Event]:
        """The room's log."""
        return self.store.log(ROOM)

    def room(self, *members: str, **fields: Any) -> "World":
        """Make the room with these members, its first one the owner."""
        names = members or ("ana", "ben")
        self.store.conversations[ROOM] = conversation(member_count=len(names), **fields)
        for index, name in enumerate(names):
            role = MemberRole.MEMBER if index else MemberRole.OWNER
            self.store.members[ROOM, UserId(name)] = member(name, role=role)
        return self

    def wrote(self, count: int, **fields: Any) -> "World":
        """Put ``count`` messages at the end of the room's log."""
        for _ in range(count):
            self.log.append(message(self.log[-1] if self.log else None, **fields))
        return self

    async def connect(self, name: str, line: str | None = None, **fields: Any) -> ConnectionId:
        """Connect somebody and say hello; the line is called as they are unless it has a name."""
        connection_id = ConnectionId(line or name)
        await self.app.sessions.connect(connection_id, user(name, **fields))
        await self.say(connection_id, {"action": "hello"})
        self.lines.frames.pop(connection_id, None)
        return connection_id

    async def enter(self, name: str, line: str | None = None, **fields: Any) -> ConnectionId:
        """Connect somebody and open the room; the others hear nothing of it."""
        connection_id = await self.connect(name, line, **fields)
        before = {each: [*frames] for each, frames in self.lines.frames.items()}
        await self.say(connection_id, {"action": "open", "conversation_id": ROOM})
        self.lines.frames.clear()
        self.lines.frames |= before
        return connection_id

    async def say(self, line: str, frame: Mapping[str, object] | str) -> list[dict[str, Any]]:
        """Send a frame, return what came back on that line since."""
        connection_id = ConnectionId(line)
        before = len(self.lines.frames.get(connection_id, []))
        body = frame if isinstance(frame, str) else json.dumps(frame)
        await answer_frame(self.app, {"requestContext": {"connectionId": line}, "body": body})
        return self.heard(line)[before:]

    def heard(self, line: str) -> list[dict[str, Any]]:
        """Return all frames that were posted to a line."""
        return [json.loads(each) for each in self.lines.frames.get(ConnectionId(line), [])]

    def kinds(self, line: str) -> list[str]:
        """Return the types of all frames that were posted to a line."""
        return [str(each["type"]) for each in self.heard(line)]


def send(text: str = "hello", *, client_id: str = "c1", **fields: Any) -> wire.Json:
    """Return a ``send`` frame for the room."""
    about: wire.Json = {"action": "send", "conversation_id": ROOM, "client_id": client_id}
    return about | {"after_seq": 0, "text": text} | fields


def error_of(frames: Sequence[Mapping[str, Any]]) -> str:
    """Return the code of the one error that came back."""
    (only,) = frames
    assert only["type"] == "error", only
    return str(only["code"])
