"""What is done every minute. A minute that failed is the next one's."""

import json
from dataclasses import dataclass
from itertools import count

from tests.ageing import Ageing
from tests.crash.callers import Json, Person, every_minute
from tests.crash.cloud import Call, Mode
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.table import TEXT, scenario
from wireside.domain.forgetting import NOBODY

HOUR = 3_600
SECRET = "nobody else is to read this"
MINUTES_TO_FORGET = 6
RETENTION_SECONDS = 90 * 24 * HOUR

LINES = "Query GetItem BatchWriteItem UpdateItem connections:POST connections:DELETE"
"""After an hour without a word every connection is ended, too."""

_hours = count(1)


def _an_hour_of_its_own(room: Room) -> None:
    """Leave everything behind that the sweep would find of others."""
    room.backend.ahead_ms = HOUR * 1_000 * next(_hours)


@scenario("SweepFunction", "sweep", f"{LINES} BatchGetItem sqs:SendMessage", policy="always")
def a_job_that_was_lost_is_sent_again(room: Room, failing: Failing) -> None:
    _an_hour_of_its_own(room)
    room["ana"].write(room.id, text=TEXT)
    room.settle()
    room.stream.follow(room.events())

    def write() -> None:
        fields = {"client_id": f"lost-{len(room.events())}", "after_seq": len(room.events())}
        room["ana"].tell("send", conversation_id=room.id, text=TEXT, **fields)

    room.dies("MessageFunction", Call("sqs:SendMessage", 1), Mode.BEFORE, write)
    lost_seq = len(room.events())
    room.backend.wait(6 * 60)
    with failing:
        every_minute(room.backend)
    room.backend.wait(60)
    every_minute(room.backend)  # a step that failed is noted, and is the next minute's
    room.queue.drain()
    assert len(room.answers_of(lost_seq)) == 1


@scenario("SweepFunction", "sweep", f"{LINES} BatchGetItem")
def what_was_deleted_goes(room: Room, failing: Failing) -> None:
    _an_hour_of_its_own(room)
    _, other = room["ana"].request("POST", "/v1/conversations", {"members": [room["ben"].name]})
    room["ana"].open(other["id"])
    room["ana"].write(other["id"], text=TEXT)
    _, shared = room["ana"].request("POST", f"/v1/conversations/{other['id']}/share")
    room["ana"].request("DELETE", f"/v1/conversations/{other['id']}")
    room.backend.wait(70)
    with failing:
        every_minute(room.backend)
    every_minute(room.backend)
    assert _table(room).items(other["id"]) == ["META"]
    assert not _table(room).has_link(shared["token"])


@scenario(
    "SweepFunction",
    "sweep",
    f"{LINES} BatchGetItem TransactWriteItems",
)
def what_is_idle_for_too_long_is_deleted(room: Room, failing: Failing) -> None:
    _an_hour_of_its_own(room)
    _, other = room["ana"].request("POST", "/v1/conversations", {})
    room["ana"].open(other["id"])
    _table(room).activity(other["id"], seconds=RETENTION_SECONDS + HOUR)
    with failing:
        every_minute(room.backend)
    every_minute(room.backend)
    listed = room["ana"].request("GET", "/v1/conversations?limit=100")[1]["items"]
    assert other["id"] not in {each["id"] for each in listed}


@scenario("SweepFunction", "sweep", "Query BatchGetItem UpdateItem DeleteItem connections:POST")
def what_somebody_wrote_is_taken_away(room: Room, failing: Failing) -> None:
    """The minute in which they leave makes calls that others make; a property has it die."""
    gone = _somebody_to_be_forgotten(room)
    every_minute(room.backend)
    room.backend.wait(70)
    with failing:
        every_minute(room.backend)
    _is_forgotten(room, gone)


@dataclass(frozen=True, slots=True)
class Gone:
    """Somebody who wrote in a conversation that another is in, and wants to be forgotten."""

    person: Person
    room_id: str
    request: Json

    def ask(self) -> Json:
        """Ask how far it is, by the same request again."""
        answer = self.person.backend.invoke("ApiFunction", self.request)
        return dict(json.loads(answer["body"]))


def _somebody_to_be_forgotten(room: Room) -> Gone:
    """Return them, once the minute has nothing else to do."""
    _an_hour_of_its_own(room)
    every_minute(room.backend)
    person = Person(room.backend, f"gone-{next(_hours)}")
    _, other = room["ana"].request("POST", "/v1/conversations", {"members": [person.name]})
    person.connect()
    person.write(other["id"], text=f"{TEXT} {SECRET}")
    room["ana"].come_back(other["id"])
    gone = Gone(person, other["id"], person.asking("DELETE", "/v1/me", key=person.name))
    assert gone.ask()["state"] == "under_way"
    return gone


def _is_forgotten(room: Room, gone: Gone) -> None:
    for _ in range(MINUTES_TO_FORGET):
        if gone.ask()["state"] == "done":
            break
        room.backend.wait(70)
        every_minute(room.backend)
    assert gone.ask()["state"] == "done"
    _, page = room["ana"].request("GET", f"/v1/conversations/{gone.room_id}/events")
    assert [each["seq"] for each in page["events"]] == [1, 2]
    assert SECRET not in str(page)
    assert {each["sender"]["name"] for each in page["events"]} == {NOBODY}


def _table(room: Room) -> Ageing:
    return Ageing(room.backend.client("dynamodb"), room.table)
