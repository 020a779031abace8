"""A client of the Wireside protocol: nothing lost, nothing twice."""

from wireside_client.api import Api
from wireside_client.client import Client
from wireside_client.connection import State
from wireside_client.conversation import Conversation
from wireside_client.errors import Closed, Refused, ShelfUnreadable, WiresideError
from wireside_client.fold import fold
from wireside_client.items import Call, Item, Message, Notice, Remnant, Result
from wireside_client.log import Event
from wireside_client.outbox import FileShelf, Shelf
from wireside_client.streams import Run
from wireside_client.unsent import Unsent

__all__ = [
    "Api",
    "Call",
    "Client",
    "Closed",
    "Conversation",
    "Event",
    "FileShelf",
    "Item",
    "Message",
    "Notice",
    "Refused",
    "Remnant",
    "Result",
    "Run",
    "Shelf",
    "ShelfUnreadable",
    "State",
    "Unsent",
    "WiresideError",
    "fold",
]
