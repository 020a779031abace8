"""Frames that write, and what stops an answer."""

from tests.crash.callers import Refused
from tests.crash.cloud import Call, Mode
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.handshakes import is_forgotten
from tests.crash.scenarios.table import TEXT, scenario

CROWD = ("ana", "ben", "cleo", "dora")
SEND = "BatchGetItem UpdateItem PutItem Query connections:POST"


@scenario("MessageFunction", "send", SEND, people=("ana", "ben", "cleo"))
def somebody_writes_to_people(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].write(room.id, text=TEXT)
    assert room.people_hold_the_log()
    room["ana"].write(room.id, text=TEXT)


@scenario("MessageFunction", "send", f"{SEND} sqs:SendMessage", policy="always")
def somebody_writes_to_an_assistant(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].write(room.id, text=TEXT)


@scenario("MessageFunction", "send", f"{SEND} sqs:SendMessage", policy="always")
def somebody_writes_what_is_stored(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    after_seq = ana.held(room.id)
    seq = ana.write(room.id, text=TEXT, after_seq=after_seq)
    client_id = ana.acknowledged[room.id].pop().client_id
    with failing:
        again = ana.write(room.id, text=TEXT, after_seq=after_seq, client_id=client_id)
    assert again == seq


@scenario("MessageFunction", "send", SEND)
def somebody_writes_while_far_behind(room: Room, failing: Failing) -> None:
    while (head := room["ana"].held(room.id)) < 9:
        room["ana"].write(room.id, text=TEXT)
    with failing:
        room["ben"].write(room.id, text=TEXT, after_seq=head - 9)


@scenario("MessageFunction", "send", "BatchGetItem UpdateItem GetItem Query connections:POST")
def somebody_replies_to_nothing(room: Room, failing: Failing) -> None:
    with failing:
        try:
            room["ana"].write(room.id, text=TEXT, reply_to=999)
        except Refused as refused:
            assert refused.code == "invalid_field"


@scenario("MessageFunction", "send", f"{SEND} GetItem BatchWriteItem")
def somebody_writes_to_who_is_gone(room: Room, failing: Failing) -> None:
    gone = room["ben"].connection_id
    room["ben"].vanish()
    room.backend.wait(10)
    with failing:
        room["ana"].write(room.id, text=TEXT)
    is_forgotten(room, gone)


@scenario("MessageFunction", "send", f"{SEND} lambda:InvokeFunction", people=CROWD)
def somebody_writes_to_a_crowd(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].write(room.id, text=TEXT)
    assert room.people_hold_the_log()


CHANGE = "BatchGetItem UpdateItem GetItem TransactWriteItems Query connections:POST"


@scenario("MessageFunction", "edit", CHANGE)
def somebody_edits(room: Room, failing: Failing) -> None:
    target_seq = room["ana"].write(room.id, text=TEXT)
    with failing:
        room["ana"].write(room.id, "edit", target_seq=target_seq, text=f"better {TEXT}")
    edits = [each for each in room.history().log if each["body"].get("target_seq") == target_seq]
    assert [each["kind"] for each in edits] == ["edited"]


@scenario("MessageFunction", "delete", CHANGE)
def somebody_deletes_an_edited_message(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    target_seq = ana.write(room.id, text="soon gone")
    ana.write(room.id, "edit", target_seq=target_seq, text="soon gone, too")
    with failing:
        ana.write(room.id, "delete", target_seq=target_seq)
    assert "soon gone" not in repr(room.items())


@scenario("MessageFunction", "delete", f"{CHANGE} BatchWriteItem", people=("ana",), policy="always")
def somebody_deletes_an_answer(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    ana.write(room.id, text=TEXT)
    room.queue.drain()
    answer_seq = ana.held(room.id)
    with failing:
        ana.write(room.id, "delete", target_seq=answer_seq)
    said = [each["text"]["S"] for each in room.items() if each["sk"]["S"].startswith("X#")]
    assert said == []


@scenario(
    "MessageFunction", "react", "BatchGetItem UpdateItem GetItem PutItem Query connections:POST"
)
def somebody_reacts(room: Room, failing: Failing) -> None:
    target_seq = room["ana"].write(room.id, text=TEXT)
    with failing:
        room["ben"].write(
            room.id, "react", target_seq=target_seq, emoji="\N{PERSON BOWING DEEPLY}", on=True
        )


@scenario(
    "MessageFunction",
    "regenerate",
    "BatchGetItem UpdateItem GetItem PutItem Query sqs:SendMessage connections:POST",
    people=("ana",),
    policy="always",
)
def somebody_asks_for_another_answer(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    ana.write(room.id, text=TEXT)
    room.queue.drain()
    target_seq = ana.held(room.id)
    with failing:
        asked_seq = ana.write(room.id, "regenerate", target_seq=target_seq)
    room.settle()
    answers = room.answers_of(asked_seq)
    assert [each["body"].get("regenerates") for each in answers] == [target_seq]


CHOICE = "BatchGetItem UpdateItem TransactWriteItems Query connections:POST"


@scenario("MessageFunction", "model", CHOICE)
def somebody_chooses_who_answers(room: Room, failing: Failing) -> None:
    before = len(room.events())
    with failing:
        seq = room["ben"].write(room.id, "model", model="demo")
    assert [each["seq"] for each in room.history().log[before:]] == [seq]


DECISION = f"{CHOICE} GetItem sqs:SendMessage"


@scenario("MessageFunction", "approve", DECISION, people=("ana",), policy="always")
def somebody_approves_a_call(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    asked = ana.write(room.id, text=f"{TEXT} please pay")
    room.queue.drain()
    (call,) = room.later(asked, "tool_called")
    with failing:
        seq = ana.write(room.id, "approve", target_seq=call["seq"], approved=True)
    room.settle()
    assert [each["seq"] for each in room.later(asked, "approved")] == [seq]
    assert [each["body"]["result"] for each in room.later(asked, "tool_result")] == ["paid"]
    assert len(room.answers_of(seq)) == 1


STOP = "GetItem Query BatchGetItem UpdateItem TransactWriteItems connections:POST"


@scenario("MessageFunction", "stop", STOP, people=("ana",), policy="always")
def somebody_stops_what_a_dead_worker_said(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    seq = ana.write(room.id, text=TEXT)
    room.dies("ReplyFunction", Call("dynamodb:PutItem", 2), Mode.AFTER, room.queue.deliver)
    with failing:
        ana.say("stop", conversation_id=room.id, after_seq=seq)
    room.queue.drain()
    (answer,) = room.answers_of(seq)
    assert answer["body"]["finish_reason"] == "stopped"


@scenario("MessageFunction", "stop", STOP, people=("ana",), policy="always")
def somebody_stops_one_run(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    seq = ana.write(room.id, text=TEXT)
    room.dies("ReplyFunction", Call("dynamodb:PutItem", 2), Mode.AFTER, room.queue.deliver)
    run_id = next(each["run_id"] for each in reversed(ana.hear()) if each["type"] == "run")
    with failing:
        ana.say("stop", conversation_id=room.id, run_id=run_id)
    room.queue.drain()
    (answer,) = room.answers_of(seq)
    assert answer["body"]["finish_reason"] == "stopped"
