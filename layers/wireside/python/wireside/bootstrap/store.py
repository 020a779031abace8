"""What is in the table, each part by its port: imported when a function first asks for it."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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


@dataclass(frozen=True)
class Store:
    """The adapters to one table."""

    table: "Table"

    def in_threads(self) -> "Store":
        """Return the same whose calls are made in threads, so that none holds up a stream."""
        return Store(replace(self.table, in_threads=True))

    @cached_property
    def connections(self) -> "DynamoConnections":
        """Return the connections."""
        from wireside.adapters.dynamodb.connections import DynamoConnections

        return DynamoConnections(self.table)

    @cached_property
    def conversations(self) -> "DynamoConversations":
        """Return the conversations."""
        from wireside.adapters.dynamodb.conversations import DynamoConversations

        return DynamoConversations(self.table)

    @cached_property
    def orders(self) -> "DynamoOrders":
        """Return who is to be forgotten."""
        from wireside.adapters.dynamodb.forgetting import DynamoOrders

        return DynamoOrders(self.table)

    @cached_property
    def traces(self) -> "DynamoTraces":
        """Return where people were."""
        from wireside.adapters.dynamodb.forgetting import DynamoTraces

        return DynamoTraces(self.table)

    @cached_property
    def housekeeping(self) -> "DynamoHousekeeping":
        """Return what is old."""
        from wireside.adapters.dynamodb.housekeeping import DynamoHousekeeping

        return DynamoHousekeeping(self.table)

    @cached_property
    def invites(self) -> "DynamoInvites":
        """Return the invitations."""
        from wireside.adapters.dynamodb.invites import DynamoInvites

        return DynamoInvites(self.table)

    @cached_property
    def ledger(self) -> "DynamoLedger":
        """Return the counters of quotas."""
        from wireside.adapters.dynamodb.ledger import DynamoLedger

        return DynamoLedger(self.table)

    @cached_property
    def limits(self) -> "DynamoLimits":
        """Return the counters."""
        from wireside.adapters.dynamodb.limits import DynamoLimits

        return DynamoLimits(self.table)

    @cached_property
    def links(self) -> "DynamoLinks":
        """Return the links to what is shared."""
        from wireside.adapters.dynamodb.links import DynamoLinks

        return DynamoLinks(self.table)

    @cached_property
    def log(self) -> "DynamoLog":
        """Return the logs."""
        from wireside.adapters.dynamodb.log import DynamoLog

        return DynamoLog(self.table)

    @cached_property
    def places(self) -> "DynamoPlaces":
        """Return the places that connections take."""
        from wireside.adapters.dynamodb.places import DynamoPlaces

        return DynamoPlaces(self.table)

    @cached_property
    def provider_memory(self) -> "DynamoProviderMemory":
        """Return what providers want to know again."""
        from wireside.adapters.dynamodb.provider_memory import DynamoProviderMemory

        return DynamoProviderMemory(self.table)

    @cached_property
    def runs(self) -> "DynamoRuns":
        """Return the runs."""
        from wireside.adapters.dynamodb.runs import DynamoRuns

        return DynamoRuns(self.table)

    @cached_property
    def search_index(self) -> "DynamoSearchIndex":
        """Return the index of searches."""
        from wireside.adapters.dynamodb.search import DynamoSearchIndex

        return DynamoSearchIndex(self.table)

    @cached_property
    def tickets(self) -> "DynamoTickets":
        """Return the tickets."""
        from wireside.adapters.dynamodb.tickets import DynamoTickets

        return DynamoTickets(self.table)
