"""What answers frames, requests and the table's stream."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from wireside.adapters.system import RandomIds, SystemClock
from wireside.bootstrap.door import verifier
from wireside.bootstrap.presence import delivery, sessions
from wireside.bootstrap.process import jobs, settings, store
from wireside.bootstrap.workers import turns

if TYPE_CHECKING:
    from wireside.adapters.dynamodb.table import Table
    from wireside.services.activity import Activity
    from wireside.services.conversations import ConversationService
    from wireside.services.deletion import Deletion
    from wireside.services.delivery import Delivery
    from wireside.services.exports import Exports
    from wireside.services.flooding import FloodGate
    from wireside.services.forgetting import Wishes
    from wireside.services.identities import BoxOffice
    from wireside.services.indexing import Following
    from wireside.services.invites import Invitations
    from wireside.services.markers import Markers
    from wireside.services.messages import Messages
    from wireside.services.operators import Operators
    from wireside.services.reading import Reading
    from wireside.services.renewals import Renewals
    from wireside.services.searching import Searching
    from wireside.services.sessions import Sessions
    from wireside.services.sharing import Sharing
    from wireside.services.stops import Stops


@dataclass(frozen=True, slots=True)
class Application:
    """The services, wired to the real adapters."""

    sessions: "Sessions"
    reading: "Reading"
    messages: "Messages"
    markers: "Markers"
    stops: "Stops"
    operators: "Operators"
    conversations: "ConversationService"
    invitations: "Invitations"
    sharing: "Sharing"
    exports: "Exports"
    deletion: "Deletion"
    wishes: "Wishes"
    box_office: "BoxOffice"
    renewals: "Renewals"
    activity: "Activity"
    following: "Following"
    searching: "Searching"
    delivery: "Delivery"
    gate: "FloodGate"
    table: "Table"


@cache
def application() -> Application:
    """Return the services."""
    from wireside.services.activity import Activity
    from wireside.services.deletion import Deletion
    from wireside.services.exports import Exports
    from wireside.services.flooding import FloodGate
    from wireside.services.forgetting import Wishes
    from wireside.services.handover import Silencing
    from wireside.services.identities import BoxOffice
    from wireside.services.indexing import Following, Indexing
    from wireside.services.invites import Invitations
    from wireside.services.markers import Markers
    from wireside.services.operators import Operators
    from wireside.services.renewals import Renewals
    from wireside.services.searching import Searching
    from wireside.services.sharing import Sharing

    parts, known, clock = store(), settings(), SystemClock()
    talk, told = sessions(), delivery(parts)
    connections, conversations = parts.connections, parts.conversations
    rooms = _rooms(told)
    activity = Activity(conversations, connections, jobs(), told, clock)
    return Application(
        sessions=talk,
        reading=_reading(told),
        messages=_messages(told),
        markers=Markers(talk, conversations, connections, parts.log, told),
        stops=_stops(told),
        operators=Operators(rooms, Silencing(parts.runs, known.assistants)),
        conversations=rooms,
        invitations=Invitations(rooms, parts.invites, clock, RandomIds()),
        exports=Exports(rooms),
        sharing=Sharing(conversations, parts.log, parts.links, clock, RandomIds()),
        deletion=Deletion(conversations, connections, parts.housekeeping, clock),
        wishes=Wishes(parts.orders, clock),
        box_office=BoxOffice(parts.tickets, clock, RandomIds(), talk.attendance),
        renewals=Renewals(talk, parts.tickets, verifier),
        activity=activity,
        following=Following(activity, Indexing(parts.log, parts.search_index, clock)),
        searching=Searching(conversations, parts.log, parts.search_index, clock),
        delivery=told,
        gate=FloodGate(known.frames_per_ten_seconds),
        table=parts.table,
    )


def _rooms(told: "Delivery") -> "ConversationService":
    from wireside.services.changing import Changing
    from wireside.services.conversations import ConversationService

    parts, known, clock = store(), settings(), SystemClock()
    return ConversationService(
        conversations=parts.conversations,
        log=parts.log,
        changing=Changing(parts.conversations, parts.log, told, clock, known.generation),
        delivery=told,
        clock=clock,
        ids=RandomIds(),
        assistants=known.assistants,
        max_participants=known.max_participants,
    )


def _reading(told: "Delivery") -> "Reading":
    from wireside.services.reading import Reading

    parts, known = store(), settings()
    return Reading(
        parts.conversations,
        parts.connections,
        parts.log,
        parts.runs,
        told,
        known.assistants,
        known.generation,
    )


def _messages(told: "Delivery") -> "Messages":
    from wireside.services.messages import Messages

    parts, known = store(), settings()
    return Messages(
        sessions=sessions(),
        conversations=parts.conversations,
        connections=parts.connections,
        log=parts.log,
        runs=parts.runs,
        limits=parts.limits,
        jobs=jobs(),
        delivery=told,
        clock=SystemClock(),
        assistants=known.assistants,
        generation=known.generation,
        messages_per_minute=known.messages_per_minute,
    )


def _stops(told: "Delivery") -> "Stops":
    from wireside.services.stops import Stops

    parts, known = store(), settings()
    return Stops(
        parts.conversations,
        parts.log,
        parts.runs,
        turns(parts, told),
        SystemClock(),
        known.assistants,
    )
