"""Coming and going: authorize, connect, disconnect."""

from itertools import count

from tests.crash.backend import CONNECTIONS_PER_USER
from tests.crash.callers import Person
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.table import TEXT, scenario

_guests = count(1)


@scenario("AuthorizeFunction", "authorize", "ssm:GetParameter")
def somebody_comes_with_a_token(room: Room, failing: Failing) -> None:
    room.backend.restart("AuthorizeFunction")  # the secret is read once a process
    comes_back(room, failing)


@scenario("AuthorizeFunction", "authorize", "DeleteItem")
def somebody_comes_with_a_ticket(room: Room, failing: Failing) -> None:
    comes_back(room, failing, by_ticket=True)


@scenario("ConnectFunction", "$connect", "UpdateItem PutItem")
def somebody_connects(room: Room, failing: Failing) -> None:
    comes_back(room, failing)


def comes_back(room: Room, failing: Failing, *, by_ticket: bool = False) -> None:
    ben = room["ben"]
    ben.disconnect()
    with failing:
        ben.arrive(by_ticket=by_ticket)
    ben.say("hello")
    ben.open(room.id)
    room["ana"].write(room.id, text=TEXT)
    assert room.people_hold_the_log()


@scenario(
    "ConnectFunction",
    "$connect",
    "UpdateItem PutItem GetItem BatchGetItem BatchWriteItem Query connections:POST"
    " connections:DELETE",
)
def somebody_connects_where_the_places_of_the_dead_are_taken(room: Room, failing: Failing) -> None:
    zoe = Person(room.backend, f"zoe-{next(_guests)}")
    zoe.connect()
    added = {"user_id": zoe.name}
    room["ana"].request("POST", f"/v1/conversations/{room.id}/members", added)
    zoe.open(room.id)
    for _ in range(CONNECTIONS_PER_USER - 1):
        zoe.vanish()
        zoe.arrive()
    zoe.vanish()
    room.backend.wait(100)  # they were silent for three heartbeats
    with failing:
        zoe.arrive()
    zoe.say("hello")


@scenario(
    "DisconnectFunction", "$disconnect", "GetItem BatchWriteItem UpdateItem Query connections:POST"
)
def somebody_goes(room: Room, failing: Failing) -> None:
    gone = room["ben"].connection_id
    with failing:
        room["ben"].disconnect()
    is_forgotten(room, gone)


@scenario(
    "DisconnectFunction", "$disconnect", "GetItem BatchGetItem BatchWriteItem UpdateItem Query"
)
def somebody_closes_one_of_two_tabs(room: Room, failing: Failing) -> None:
    gone = room["ben"].connection_id
    other = Person(room.backend, room["ben"].name)
    other.connect()
    other.open(room.id)
    room.backend.wait(100)
    other.say("ping")  # whoever was silent for so long counts as gone
    with failing:
        room["ben"].disconnect()
    is_forgotten(room, gone)
    assert other.held(room.id) == len(room.events())
    other.disconnect()


def is_forgotten(room: Room, connection_id: str) -> None:
    """Nobody repeats ``$disconnect``: the next fan-out finds the connection gone, and cleans up."""
    room.backend.wait(10)  # a young one is spared
    room["ana"].write(room.id, text=TEXT)
    listening = [each["sk"]["S"] for each in room.items() if connection_id in each["sk"]["S"]]
    assert not listening, listening
