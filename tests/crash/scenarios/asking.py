"""Frames that write nothing."""

from tests.crash.callers import token
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.table import TEXT, scenario


@scenario("MessageFunction", "hello", "UpdateItem connections:POST")
def somebody_says_hello(room: Room, failing: Failing) -> None:
    ben = room["ben"]
    ben.vanish()
    ben.arrive()
    with failing:
        ben.say("hello")
    ben.open(room.id)


@scenario(
    "MessageFunction",
    "open",
    "UpdateItem BatchGetItem TransactWriteItems Query connections:POST",
)
def somebody_opens(room: Room, failing: Failing) -> None:
    ben = room["ben"]
    ben.disconnect()
    room["ana"].write(room.id, text=TEXT)
    ben.connect()
    with failing:
        ben.open(room.id)
    room["ana"].write(room.id, text=TEXT)
    assert room.people_hold_the_log()


@scenario("MessageFunction", "close", "GetItem BatchWriteItem UpdateItem Query connections:POST")
def somebody_closes(room: Room, failing: Failing) -> None:
    ben = room["ben"]
    with failing:
        ben.say("close", conversation_id=room.id)
    seq = room["ana"].write(room.id, text=TEXT)
    assert ben.held(room.id) < seq
    ben.open(room.id)


@scenario("MessageFunction", "sync", "GetItem BatchGetItem Query connections:POST")
def somebody_syncs(room: Room, failing: Failing) -> None:
    ben = room["ben"]
    ben.say("close", conversation_id=room.id)
    for _ in range(2):
        room["ana"].write(room.id, text=TEXT)
    place = {"conversation_id": room.id, "epoch": ben.epochs[room.id]}
    with failing:
        ben.say("sync", **place, after_seq=ben.held(room.id))
    ben.open(room.id)
    assert room.people_hold_the_log()


@scenario("MessageFunction", "ping", "UpdateItem Query BatchGetItem connections:POST")
def somebody_pings(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    with failing:
        pong = room["ben"].say("ping")
    assert pong["heads"] == {room.id: seq}


@scenario("MessageFunction", "typing", "GetItem BatchGetItem Query UpdateItem connections:POST")
def somebody_types(room: Room, failing: Failing) -> None:
    room.backend.wait(6)
    with failing:
        room["ana"].tell("typing", conversation_id=room.id, on=True)
    room.backend.wait(6)  # it lapses; the next one is told, whatever became of this one
    room["ben"].hear()
    room["ana"].tell("typing", conversation_id=room.id, on=True)
    assert [each["type"] for each in room["ben"].hear()] == ["typing"]


@scenario(
    "MessageFunction", "refresh", "GetItem ssm:GetParameter TransactWriteItems connections:POST"
)
def somebody_refreshes_with_a_token(room: Room, failing: Failing) -> None:
    room.backend.restart("MessageFunction")  # the secret is read once a process
    _refreshes(room, failing, token(room["ben"].name))


@scenario("MessageFunction", "refresh", "GetItem TransactWriteItems connections:POST")
def somebody_refreshes_with_a_ticket(room: Room, failing: Failing) -> None:
    _refreshes(room, failing, room["ben"].buy_ticket())


def _refreshes(room: Room, failing: Failing, presented: str) -> None:
    with failing:
        room["ben"].say("refresh", token=presented)
    room["ana"].write(room.id, text=TEXT)
    assert room.people_hold_the_log()


@scenario("MessageFunction", "read", "BatchGetItem UpdateItem Query")
def somebody_has_read(room: Room, failing: Failing) -> None:
    ana, ben = room["ana"], room["ben"]
    seq = ana.write(room.id, text=TEXT)
    with failing:
        ben.tell("read", conversation_id=room.id, seq=seq)
    room.backend.wait(2)
    seq = ana.write(room.id, text=TEXT)
    ben.tell("read", conversation_id=room.id, seq=seq)
    _, seen = ben.request("GET", f"/v1/conversations/{room.id}")
    assert seen["read_seq"] == seq
