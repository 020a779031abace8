"""Tickets in the table, and their one use at the handshake.

The authorizer takes a ticket with a plain signed call: it has no boto3 and no event loop.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wireside.adapters.aws.calls import CallRefused, JsonService
from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, number, pack, text
from wireside.adapters.dynamodb.users import user_of, user_values
from wireside.domain.errors import Unavailable
from wireside.domain.tickets import Ticket

if TYPE_CHECKING:
    from wireside.adapters.dynamodb.table import Table


def to_item(ticket: Ticket) -> Item:
    """Return the item of a ticket."""
    attributes = pack(
        {
            **user_values(ticket.user),
            "until": ticket.until,
            "ttl": ticket.until,
            **keys.of_person(ticket.user.id, keys.TICKET_PREFIX, ticket.id),
        }
    )
    return keys.ticket(ticket.id) | attributes


def from_item(item: Item) -> Ticket:
    """Return the ticket of an item."""
    return Ticket(
        id=keys.ticket_of(text(item, "pk")),
        user=user_of(item),
        until=number(item, "until"),
    )


@dataclass(frozen=True, slots=True)
class DynamoTickets:
    """``ports.Tickets`` on the table."""

    table: "Table"

    async def keep(self, ticket: Ticket) -> None:
        """Put the ticket."""
        await self.table.put(to_item(ticket))

    async def read(self, ticket_id: str) -> Ticket | None:
        """Read the ticket, strongly."""
        item = await self.table.get(keys.ticket(ticket_id))
        return from_item(item) if item is not None else None


@dataclass(frozen=True, slots=True)
class TicketTaker:
    """``ports.TicketTaker`` on the table, for the authorizer."""

    service: JsonService
    table_name: str

    def take(self, ticket_id: str) -> Ticket | None:
        """Delete the ticket on the condition that it is there, and return what it held."""
        try:
            answer = self.service.call(
                "DeleteItem",
                {
                    "TableName": self.table_name,
                    "Key": keys.ticket(ticket_id),
                    "ConditionExpression": "attribute_exists(pk)",
                    "ReturnValues": "ALL_OLD",
                },
            )
        except CallRefused as refused:
            if refused.code == "ConditionalCheckFailedException":
                return None
            message = "The store refused."
            raise Unavailable(message) from refused
        except (OSError, ValueError) as error:
            message = "The store does not answer."
            raise Unavailable(message) from error
        return from_item(answer["Attributes"])
