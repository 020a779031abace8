"""Taking over, handing back, ending: with an answer in mid-stream."""

import pytest

from tests.crash.callers import Person, Refused
from tests.crash.cloud import Call, Mode
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.table import TEXT, scenario

VIEW = "Query BatchGetItem"
DEED = f"{VIEW} GetItem TransactWriteItems connections:POST"


def operator(room: Room) -> Person:
    """Return somebody who is no member, and may take over."""
    return Person(room.backend, "olga", roles=("user", "operator"))


def _in_mid_answer(room: Room) -> int:
    """Let a worker die in mid-answer; return the seq of what it answered."""
    seq = room["ana"].write(room.id, text=TEXT)
    room.dies("ReplyFunction", Call("dynamodb:PutItem", 2), Mode.AFTER, room.queue.deliver)
    return seq


@scenario(
    "ApiFunction",
    "POST /v1/admin/conversations/{conversation_id}/takeover",
    DEED,
    people=("ana",),
    policy="always",
)
def an_operator_takes_over(room: Room, failing: Failing) -> None:
    seq = _in_mid_answer(room)
    with failing:
        operator(room).request("POST", f"/v1/admin/conversations/{room.id}/takeover")
    room.queue.drain()
    room["ana"].write(room.id, text=TEXT)
    room.queue.drain()
    assert room.answers_of(seq) == []
    operator(room).request("POST", f"/v1/admin/conversations/{room.id}/release")


@scenario(
    "ApiFunction",
    "POST /v1/admin/conversations/{conversation_id}/release",
    DEED,
    people=("ana",),
    policy="always",
)
def an_operator_hands_back(room: Room, failing: Failing) -> None:
    operator(room).request("POST", f"/v1/admin/conversations/{room.id}/takeover")
    with failing:
        operator(room).request("POST", f"/v1/admin/conversations/{room.id}/release")
    seq = room["ana"].write(room.id, text=TEXT)
    room.queue.drain()
    assert len(room.answers_of(seq)) == 1


@scenario(
    "ApiFunction",
    "POST /v1/conversations/{conversation_id}/end",
    DEED,
    people=("ana",),
    policy="always",
)
def an_owner_ends_the_conversation(room: Room, failing: Failing) -> None:
    seq = _in_mid_answer(room)
    with failing:
        room["ana"].request("POST", f"/v1/conversations/{room.id}/end")
    room.queue.drain()
    assert room.answers_of(seq) == []
    with pytest.raises(Refused, match="conversation_ended"):
        room["ana"].write(room.id, text=TEXT)
    room.is_over = True
