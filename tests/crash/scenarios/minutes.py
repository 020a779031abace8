"""What is done every minute. A minute that failed is the next one's."""

from itertools import count

from tests.ageing import Ageing
from tests.crash.callers import Person, every_minute
from tests.crash.cloud import Call, Mode
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.table import TEXT, scenario
from wireside.domain.forgetting import NOBODY

HOUR = 3_600
SECRET = "nobody else is to read this"
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


@scenario("SweepFunction", "sweep", f"{LINES} BatchGetItem TransactWriteItems")
def somebody_leaves_everything_to_be_forgotten(room: Room, failing: Failing) -> None:
    gone, other = _somebody(room)
    gone.request("DELETE", "/v1/me")
    with failing:
        every_minute(room.backend)
    _is_forgotten(room, gone, other)


@scenario("SweepFunction", "sweep", f"{LINES} BatchGetItem DeleteItem")
def what_somebody_wrote_is_taken_away(room: Room, failing: Failing) -> None:
    gone, other = _somebody(room)
    gone.request("DELETE", "/v1/me")
    every_minute(room.backend)
    room.backend.wait(70)
    with failing:
        every_minute(room.backend)
    _is_forgotten(room, gone, other)


def _somebody(room: Room) -> tuple[Person, str]:
    """Return somebody who wrote in a conversation that others are in, and where."""
    _an_hour_of_its_own(room)
    gone = Person(room.backend, f"gone-{next(_hours)}")
    _, other = room["ana"].request("POST", "/v1/conversations", {"members": [gone.name]})
    gone.connect()
    gone.write(other["id"], text=f"{TEXT} {gone.name} {SECRET}")
    gone.disconnect()
    return gone, str(other["id"])


def _is_forgotten(room: Room, gone: Person, other: str) -> None:
    for _ in range(3):
        room.backend.wait(70)
        every_minute(room.backend)
    assert gone.request("DELETE", "/v1/me")[1]["asked_at"] != ""
    _, page = room["ana"].request("GET", f"/v1/conversations/{other}/events")
    assert [each["seq"] for each in page["events"]] == [1, 2]
    assert SECRET not in str(page)
    assert {each["sender"]["name"] for each in page["events"]} == {NOBODY}


def _table(room: Room) -> Ageing:
    return Ageing(room.backend.client("dynamodb"), room.table)
