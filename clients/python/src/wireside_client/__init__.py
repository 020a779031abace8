"""A client of the Wireside protocol: nothing lost, nothing twice."""

from wireside_client.client import Client, Conversation
from wireside_client.connection import State
from wireside_client.errors import Closed, Refused, WiresideError
from wireside_client.outbox import FileShelf

__all__ = [
    "Client",
    "Closed",
    "Conversation",
    "FileShelf",
    "Refused",
    "State",
    "WiresideError",
]
