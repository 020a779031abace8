"""One table by its roles, and what the stories of the contract begin with."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any

from tests.builders import ROOM, conversation, member, user
from wireside.adapters.dynamodb.connections import DynamoConnections
from wireside.adapters.dynamodb.conversations import DynamoConversations
from wireside.adapters.dynamodb.forgetting import DynamoOrders, DynamoTraces
from wireside.adapters.dynamodb.housekeeping import DynamoHousekeeping
from wireside.adapters.dynamodb.invites import DynamoInvites
from wireside.adapters.dynamodb.ledger import DynamoLedger
from wireside.adapters.dynamodb.limits import DynamoLimits
from wireside.adapters.dynamodb.links import DynamoLinks
from wireside.adapters.dynamodb.log import DynamoLog
from wireside.adapters.dynamodb.places import DynamoPlaces
from wireside.adapters.dynamodb.provider_memory import DynamoProviderMemory
from wireside.adapters.dynamodb.runs import DynamoRuns
from wireside.adapters.dynamodb.search import DynamoSearchIndex
from wireside.adapters.dynamodb.table import Table
from wireside.adapters.dynamodb.tickets import DynamoTickets
from wireside.adapters.memory.connections import MemoryConnections, MemoryLimits
from wireside.adapters.memory.conversations import MemoryConversations
from wireside.adapters.memory.forgetting import MemoryOrders, MemoryTraces
from wireside.adapters.memory.housekeeping import MemoryHousekeeping
from wireside.adapters.memory.invites import MemoryInvites
from wireside.adapters.memory.ledger import MemoryLedger
from wireside.adapters.memory.links import MemoryLinks
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.places import MemoryPlaces
from wireside.adapters.memory.provider_memory import MemoryProviderMemory
from wireside.adapters.memory.runs import MemoryRuns
from wireside.adapters.memory.search import MemorySearchIndex
from wireside.adapters.memory.store import MemoryStore
from wireside.adapters.memory.tickets import MemoryTickets
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import Change, RememberRequest
from wireside.domain.conversation import Conversation, MemberRole
from wireside.domain.events import Draft, Event, Kind, UserId, place
from wireside.ports import (
    Connections,
    Conversations,
    Housekeeping,
    Invites,
    Ledger,
    Limits,
    Links,
    Log,
    Orders,
    Places,
    ProviderMemory,
    Runs,
    SearchIndex,
    Tickets,
    Traces,
)

ANA, BEN, CY = (UserId(name) for name in ("ana", "ben", "cy"))
REQUEST = RememberRequest(ANA, "key", "fingerprint", {"id": "room"})


@dataclass(frozen=True, slots=True)
class Stores:
    """One table, by its roles. ``kind`` says what is beneath."""

    kind: str
    log: Log
    conversations: Conversations
    connections: Connections
    limits: Limits
    runs: Runs
    tickets: Tickets
    places: Places
    invites: Invites
    links: Links
    housekeeping: Housekeeping
    provider_memory: ProviderMemory
    ledger: Ledger
    search_index: SearchIndex
    orders: Orders
    traces: Traces


def in_memory() -> Stores:
    """Return the shipped fakes."""
    store = MemoryStore()
    return Stores(
        "memory",
        MemoryLog(store),
        MemoryConversations(store),
        MemoryConnections(store),
        MemoryLimits(store),
        MemoryRuns(store),
        MemoryTickets(store),
        MemoryPlaces(store),
        MemoryInvites(store),
        MemoryLinks(store),
        MemoryHousekeeping(store),
        MemoryProviderMemory(store),
        MemoryLedger(store),
        MemorySearchIndex(store),
        MemoryOrders(store),
        MemoryTraces(store),
    )


def on_table(kind: str, dynamodb: Any) -> Stores:
    """Return the adapters on a table of their own, with the keys of the template."""
    name = f"contract-{time.monotonic_ns()}"
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"}
            for each in ("pk", "sk", "user_pk", "user_sk")
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_user",
                "KeySchema": [
                    {"AttributeName": "user_pk", "KeyType": "HASH"},
                    {"AttributeName": "user_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    table = Table(dynamodb, name)
    return Stores(
        kind,
        DynamoLog(table),
        DynamoConversations(table),
        DynamoConnections(table),
        DynamoLimits(table),
        DynamoRuns(table),
        DynamoTickets(table),
        DynamoPlaces(table),
        DynamoInvites(table),
        DynamoLinks(table),
        DynamoHousekeeping(table),
        DynamoProviderMemory(table),
        DynamoLedger(table),
        DynamoSearchIndex(table),
        DynamoOrders(table),
        DynamoTraces(table),
    )


def run[T](story: Coroutine[Any, Any, T]) -> T:
    """Carry out a story."""
    return asyncio.run(story)


async def make_room(stores: Stores, **fields: Any) -> None:
    """Create the room of Ana, who owns it, and Ben."""
    owner = replace(member("ana"), role=MemberRole.OWNER)
    assert await stores.conversations.create(conversation(**fields), [owner, member("ben")], None)


def follows(previous: Event, kind: Kind, **body: Any) -> Event:
    """Return an event of Ana's right after ``previous``."""
    return place(Draft(kind, user().participant, body), previous, now_ms=START_MS + 5_000)


async def state(stores: Stores) -> Conversation:
    """Return the room as it is kept."""
    access = await stores.conversations.access(ROOM, None)
    assert access is not None
    return access.conversation


async def commits(stores: Stores, previous: Event, *changes: Change) -> tuple[Event, Any]:
    """Put an event with changes after ``previous``; return the event and what came of it."""
    event = follows(previous, Kind.TITLED, title="x")
    return event, await stores.log.commit(ROOM, event, list(changes))
