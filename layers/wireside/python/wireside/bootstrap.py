"""Where the adapters are chosen: the only module that knows them all.

Everything is built on first call, never at import: what is made at import would be frozen into
a snapshot and shared by all copies of a function.
"""

import os
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from wireside.adapters.lean import without
from wireside.adapters.system import RandomIds, SystemClock
from wireside.settings import Settings

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from wireside.adapters.aws.secrets import ParameterStore
    from wireside.adapters.dynamodb.table import Table
    from wireside.adapters.tokens import JwtVerifier
    from wireside.ports import FanOut, JobQueue, Lines
    from wireside.services.activity import Activity
    from wireside.services.attendance import Attendance
    from wireside.services.conversations import ConversationService
    from wireside.services.deletion import Deletion
    from wireside.services.delivery import Delivery
    from wireside.services.flooding import FloodGate
    from wireside.services.identities import BoxOffice, Door
    from wireside.services.invites import Invitations
    from wireside.services.markers import Markers
    from wireside.services.messages import Messages
    from wireside.services.operators import Operators
    from wireside.services.presence import Presence
    from wireside.services.reading import Reading
    from wireside.services.renewals import Renewals
    from wireside.services.runs import Answers, RunService
    from wireside.services.sessions import Sessions
    from wireside.services.stops import Stops
    from wireside.services.sweeping import Sweeping
    from wireside.services.turns import Turns


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings.from_environment(os.environ)


@cache
def event_loop() -> "AbstractEventLoop":
    """Return the one loop of this process: pooled connections live on it between invocations."""
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


@cache
def verifier() -> "JwtVerifier":
    """Return the check of tokens. It needs neither boto3 nor pydantic."""
    known = settings()
    if known.jwks_url is not None:
        return _verifier_of_public_keys(known.jwks_url)
    # HS256 needs no cryptography, and PyJWT does without it where it is not installed: it would
    # be a third of the authorizer's cold start.
    with without("cryptography"):
        from wireside.adapters.tokens import JwtVerifier, SharedSecret

    secret = SharedSecret(lambda: secrets().read(known.jwt_secret_parameter))
    return JwtVerifier(secret, known.jwt_issuer, known.jwt_audience)


def _verifier_of_public_keys(url: str) -> "JwtVerifier":
    from wireside.adapters.key_set import KeySet
    from wireside.adapters.public_keys import PublicKeys
    from wireside.adapters.tokens import JwtVerifier

    known = settings()
    return JwtVerifier(PublicKeys(KeySet(url)), known.jwt_issuer, known.jwt_audience)


@cache
def door() -> "Door":
    """Return who is let in. It needs neither boto3 nor an event loop."""
    from wireside.adapters.aws.calls import JsonService
    from wireside.adapters.aws.sigv4 import Scope
    from wireside.adapters.dynamodb.tickets import TicketTaker
    from wireside.services.identities import Door

    known = settings()
    scope = Scope(known.region, "dynamodb")
    service = JsonService(known.dynamodb_endpoint, scope, "DynamoDB_20120810", "1.0")
    return Door(verifier(), TicketTaker(service, known.table_name), SystemClock())


@cache
def secrets() -> "ParameterStore":
    """Return the secrets that the settings name."""
    from wireside.adapters.aws.secrets import ParameterStore

    known = settings()
    return ParameterStore(known.ssm_endpoint, known.region)


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
    deletion: "Deletion"
    box_office: "BoxOffice"
    renewals: "Renewals"
    activity: "Activity"
    delivery: "Delivery"
    gate: "FloodGate"
    table: "Table"


@cache
def sessions() -> "Sessions":
    """Return what connect and disconnect need."""
    from wireside.adapters.dynamodb.connections import DynamoConnections
    from wireside.adapters.dynamodb.conversations import DynamoConversations
    from wireside.adapters.dynamodb.log import DynamoLog
    from wireside.services.sessions import Sessions

    known = settings()
    return Sessions(
        connections=DynamoConnections(table()),
        conversations=DynamoConversations(table()),
        log=DynamoLog(table()),
        clock=SystemClock(),
        assistants=known.assistants,
        messages_per_minute=known.messages_per_minute,
        attendance=attendance(),
        connection_seconds=known.connection_seconds,
    )


@cache
def attendance() -> "Attendance":
    """Return who looks after the beginning and the end of connections."""
    from wireside.adapters.dynamodb.connections import DynamoConnections
    from wireside.adapters.dynamodb.limits import DynamoLimits
    from wireside.adapters.dynamodb.places import DynamoPlaces
    from wireside.services.attendance import Allowance, Attendance

    known = settings()
    return Attendance(
        connections=DynamoConnections(table()),
        places=DynamoPlaces(table()),
        limits=DynamoLimits(table()),
        presence=presence(),
        clock=SystemClock(),
        allowance=Allowance(known.connections_per_user, known.connects_per_minute),
    )


@cache
def presence() -> "Presence":
    """Return who sees who comes and goes. ``disconnect`` needs no more of what pushes."""
    from wireside.adapters.dynamodb.connections import DynamoConnections
    from wireside.adapters.dynamodb.conversations import DynamoConversations
    from wireside.services.presence import Presence

    conversations = DynamoConversations(table())
    return Presence(conversations, DynamoConnections(table()), lines(), SystemClock())


@cache
def table() -> "Table":
    """Return the table."""
    from wireside.adapters.aws.clients import client
    from wireside.adapters.dynamodb.table import Table

    known = settings()
    return Table(client("dynamodb", known.region, read_timeout_seconds=3), known.table_name)


@cache
def lines() -> "Lines":
    """Return the way to connections."""
    from wireside.adapters.aws.credentials import lambda_credentials
    from wireside.adapters.aws.lines import ManagementLines
    from wireside.adapters.aws.sigv4 import Scope, Signer

    known = settings()
    signer = Signer(Scope(known.region, "execute-api"), lambda_credentials)
    return ManagementLines(known.management_endpoint, signer)


@cache
def fan_out() -> "FanOut | None":
    """Return who takes the rest of a large fan-out, if anybody does."""
    from wireside.adapters.aws.credentials import lambda_credentials
    from wireside.adapters.aws.fanout import LambdaFanOut
    from wireside.adapters.aws.sigv4 import Scope, Signer

    known = settings()
    if known.fanout_function is None:
        return None
    signer = Signer(Scope(known.region, "lambda"), lambda_credentials)
    return LambdaFanOut(known.lambda_endpoint, known.fanout_function, signer)


def _delivery(table: "Table") -> "Delivery":
    from wireside.adapters.dynamodb.connections import DynamoConnections
    from wireside.adapters.dynamodb.conversations import DynamoConversations
    from wireside.services.delivery import Delivery

    return Delivery(
        DynamoConversations(table),
        DynamoConnections(table),
        lines(),
        SystemClock(),
        fan_out(),
        settings().fanout_listeners,
    )


@cache
def share_delivery() -> "Delivery":
    """Return what pushes a share of a large fan-out: it needs no more of the table than that."""
    return _delivery(table())


@cache
def jobs() -> "JobQueue":
    """Return the reply queue."""
    return _queue(settings().reply_queue_url)


def _queue(url: str) -> "JobQueue":
    """Return a queue of jobs. Its client is made for the first job."""
    from wireside.adapters.aws.clients import client
    from wireside.adapters.aws.reply_queue import SqsJobQueue

    region = settings().region
    return SqsJobQueue(lambda: client("sqs", region, read_timeout_seconds=5), url)


@cache
def application() -> Application:
    """Return what answers frames, requests and the table's stream."""
    from wireside.adapters.dynamodb.housekeeping import DynamoHousekeeping
    from wireside.adapters.dynamodb.invites import DynamoInvites
    from wireside.adapters.dynamodb.limits import DynamoLimits
    from wireside.adapters.dynamodb.runs import DynamoRuns
    from wireside.adapters.dynamodb.tickets import DynamoTickets
    from wireside.services.activity import Activity
    from wireside.services.changing import Changing
    from wireside.services.conversations import ConversationService
    from wireside.services.deletion import Deletion
    from wireside.services.flooding import FloodGate
    from wireside.services.handover import Silencing
    from wireside.services.identities import BoxOffice
    from wireside.services.invites import Invitations
    from wireside.services.markers import Markers
    from wireside.services.messages import Messages
    from wireside.services.operators import Operators
    from wireside.services.reading import Reading
    from wireside.services.renewals import Renewals
    from wireside.services.stops import Stops

    known, talk, clock = settings(), sessions(), SystemClock()
    connections, conversations, log = talk.connections, talk.conversations, talk.log
    delivery = _delivery(table())
    tickets, store = DynamoTickets(table()), DynamoRuns(table())
    turns = _turns(table(), delivery)
    rooms = ConversationService(
        conversations=conversations,
        log=log,
        changing=Changing(conversations, log, delivery, clock, known.generation),
        delivery=delivery,
        clock=clock,
        ids=RandomIds(),
        assistants=known.assistants,
        max_participants=known.max_participants,
    )
    return Application(
        sessions=talk,
        reading=Reading(
            conversations,
            connections,
            log,
            store,
            delivery,
            known.assistants,
            known.generation,
        ),
        messages=Messages(
            sessions=talk,
            conversations=conversations,
            connections=connections,
            log=log,
            runs=store,
            limits=DynamoLimits(table()),
            jobs=jobs(),
            delivery=delivery,
            clock=clock,
            assistants=known.assistants,
            generation=known.generation,
            messages_per_minute=known.messages_per_minute,
        ),
        markers=Markers(talk, conversations, connections, log, delivery),
        stops=Stops(conversations, log, store, turns, clock, known.assistants),
        operators=Operators(rooms, Silencing(store, known.assistants)),
        conversations=rooms,
        invitations=Invitations(rooms, DynamoInvites(table()), clock, RandomIds()),
        deletion=Deletion(conversations, connections, DynamoHousekeeping(table()), clock),
        box_office=BoxOffice(tickets, clock, RandomIds(), talk.attendance),
        renewals=Renewals(talk, tickets, verifier),
        activity=Activity(conversations, connections, jobs(), delivery, clock),
        delivery=delivery,
        gate=FloodGate(known.frames_per_ten_seconds),
        table=table(),
    )


@cache
def runs() -> "RunService":
    """Return the worker of the assistants' turns: it alone pays for providers and their client.

    Its calls on the table are made in threads, so that none of them holds up a stream.
    """
    from aws_lambda_powertools import Logger

    from wireside.adapters.dynamodb.log import DynamoLog
    from wireside.adapters.dynamodb.provider_memory import DynamoProviderMemory
    from wireside.adapters.dynamodb.runs import DynamoRuns
    from wireside.adapters.journal import LogJournal
    from wireside.adapters.llm.keys import Keys
    from wireside.adapters.llm.registry import ConfiguredProviders
    from wireside.services.answers import Answering

    known, aside = settings(), replace(table(), in_threads=True)
    delivery = _delivery(aside)
    keys = Keys(secrets().read, secrets().forget)
    answering = Answering(
        log=DynamoLog(aside),
        runs=DynamoRuns(aside),
        jobs=jobs(),
        delivery=delivery,
        providers=ConfiguredProviders(known.assistants, keys, DynamoProviderMemory(aside)),
        clock=SystemClock(),
        journal=LogJournal(Logger()),
    )
    return _worker(aside, delivery, jobs(), answering)


@cache
def dead_letters() -> "RunService":
    """Return what settles the jobs that no worker could: it asks no provider."""
    from wireside.services.dead_letters import GivingUp

    queue = _queue(settings().dead_letter_queue_url)
    return _worker(table(), _delivery(table()), queue, GivingUp())


def _worker(
    table: "Table", delivery: "Delivery", jobs: "JobQueue", answering: "Answers"
) -> "RunService":
    from wireside.adapters.dynamodb.conversations import DynamoConversations
    from wireside.adapters.dynamodb.runs import DynamoRuns
    from wireside.services.runs import RunService

    return RunService(
        conversations=DynamoConversations(table),
        runs=DynamoRuns(table),
        turns=_turns(table, delivery),
        jobs=jobs,
        assistants=settings().assistants,
        clock=SystemClock(),
        answering=answering,
    )


def _turns(table: "Table", delivery: "Delivery") -> "Turns":
    from wireside.adapters.dynamodb.conversations import DynamoConversations
    from wireside.adapters.dynamodb.log import DynamoLog
    from wireside.adapters.dynamodb.runs import DynamoRuns
    from wireside.services.turns import Turns

    return Turns(
        conversations=DynamoConversations(table),
        log=DynamoLog(table),
        runs=DynamoRuns(table),
        delivery=delivery,
        clock=SystemClock(),
        ids=RandomIds(),
        generation=settings().generation,
    )


@cache
def sweeping() -> "Sweeping":
    """Return what the schedule does."""
    from aws_lambda_powertools import Logger

    from wireside.adapters.dynamodb.housekeeping import DynamoHousekeeping
    from wireside.adapters.dynamodb.runs import DynamoRuns
    from wireside.adapters.journal import LogJournal
    from wireside.services.deletion import Deletion
    from wireside.services.sweeping import Sweeping

    talk, clock, housekeeping = sessions(), SystemClock(), DynamoHousekeeping(table())
    return Sweeping(
        conversations=talk.conversations,
        housekeeping=housekeeping,
        log=talk.log,
        runs=DynamoRuns(table()),
        jobs=jobs(),
        deletion=Deletion(talk.conversations, talk.connections, housekeeping, clock),
        attendance=talk.attendance,
        clock=clock,
        journal=LogJournal(Logger()),
        retention_days=settings().retention_days,
    )
