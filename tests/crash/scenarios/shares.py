"""Shares of a large fan-out: nobody waits for them, and nobody repeats them."""

from tests.crash.callers import Person
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.handshakes import is_forgotten
from tests.crash.scenarios.table import TEXT, scenario

CROWD = ("ana", "ben", "cleo", "dora")


@scenario("FanoutFunction", "fanout", "connections:POST", people=CROWD)
def a_share_of_a_crowd_is_told(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].write(room.id, text=TEXT)


@scenario(
    "FanoutFunction",
    "fanout",
    "connections:POST GetItem BatchGetItem BatchWriteItem UpdateItem Query",
    people=CROWD,
)
def a_share_is_told_to_a_tab_that_is_gone(room: Room, failing: Failing) -> None:
    other = Person(room.backend, room["dora"].name)
    other.connect()
    other.open(room.id)
    gone = room["dora"].connection_id
    room["dora"].vanish()
    room.backend.wait(100)
    other.say("ping")  # whoever was silent for so long counts as gone
    with failing:
        room["ana"].write(room.id, text=TEXT)
    is_forgotten(room, gone)
    other.disconnect()
