"""Assistants' turns: reply, dead_letter, and the stream that begins them."""

from dataclasses import replace

from tests.crash.callers import Stream
from tests.crash.cloud import Call, Mode
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.table import TEXT, scenario
from wireside.domain.searches import Signature, query

FIRST_TRY = (
    "sqs:ChangeMessageVisibility BatchGetItem Query PutItem UpdateItem TransactWriteItems"
    " model:answer connections:POST"
)
TURN = f"{FIRST_TRY} GetItem"


GIVING_UP = (
    "sqs:ChangeMessageVisibility BatchGetItem Query PutItem TransactWriteItems connections:POST"
)


@scenario(
    "ReplyFunction", "reply", f"{FIRST_TRY} ssm:GetParameter", people=("ana",), policy="always"
)
def an_assistant_answers(room: Room, failing: Failing) -> None:
    room.backend.restart("ReplyFunction")  # the key is read once a process
    seq = room["ana"].write(room.id, text=TEXT)
    with failing:
        room.queue.drain()
    _is_answered(room, seq)


def _is_answered(room: Room, seq: int) -> None:
    answers = room.answers_of(seq)
    assert len(answers) == 1, answers


@scenario(
    "ReplyFunction",
    "reply",
    f"{TURN} lambda:InvokeFunction GetItem BatchWriteItem",
    people=("ana", "ben", "cleo"),
    policy="always",
)
def an_assistant_answers_a_crowd_of_which_somebody_is_gone(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    room["ana"].vanish()
    room.backend.wait(10)
    with failing:
        room.queue.drain()
    _is_answered(room, seq)


@scenario("ReplyFunction", "reply", FIRST_TRY, people=("ana",), policy="always")
def an_assistant_calls_a_tool(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=f"{TEXT} please current_time")
    with failing:
        room.queue.drain()
    _is_answered(room, seq)
    calls = {each["seq"] for each in room.later(seq, "tool_called")}
    results = [each["body"]["target_seq"] for each in room.later(seq, "tool_result")]
    # Who dies while a call is stored may leave it to a successor, but no result comes twice.
    assert sorted(results) == sorted(calls)


@scenario("ReplyFunction", "reply", TURN, people=("ana",), policy="always")
def an_assistant_goes_on_after_an_approval(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    asked = ana.write(room.id, text=f"{TEXT} please pay")
    room.queue.drain()
    (call,) = room.later(asked, "tool_called")
    seq = ana.write(room.id, "approve", target_seq=call["seq"], approved=True)
    with failing:
        room.queue.drain()
    _is_answered(room, seq)
    assert [each["body"]["target_seq"] for each in room.later(asked, "tool_result")] == [
        call["seq"]
    ]


@scenario("ReplyFunction", "reply", FIRST_TRY, people=("ana",), policy="always")
def an_assistant_fails(room: Room, failing: Failing) -> None:
    room["ana"].write(room.id, text=TEXT)
    room.backend.cloud.model_fails = True
    try:
        with failing:
            room.queue.drain()
    finally:
        room.backend.cloud.model_fails = False


@scenario("ReplyFunction", "reply", f"{TURN} ssm:GetParameter", people=("ana",), policy="always")
def an_assistant_succeeds_a_dead_one(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    room.dies("ReplyFunction", Call("dynamodb:PutItem", 2), Mode.AFTER, room.queue.deliver)
    with failing:
        room.queue.drain()
    _is_answered(room, seq)


@scenario(
    "ReplyFunction",
    "reply",
    "sqs:ChangeMessageVisibility BatchGetItem Query PutItem GetItem",
    people=("ana",),
    policy="always",
)
def an_assistant_meets_a_live_lease(room: Room, failing: Failing) -> None:
    room["ana"].write(room.id, text=TEXT)
    room.dies("ReplyFunction", Call("dynamodb:PutItem", 1), Mode.AFTER, room.queue.deliver)
    room.backend.ahead_ms -= 300_000  # the job is there before the lease is over
    with failing:
        room.queue.deliver()


@scenario(
    "ReplyFunction",
    "reply",
    "sqs:ChangeMessageVisibility BatchGetItem",
    people=("ana",),
    policy="always",
)
def an_answered_job_comes_again(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    room.queue.drain()
    room.queue.send(room.id, seq)
    with failing:
        room.queue.drain()
    _is_answered(room, seq)


@scenario(
    "OutboxFunction",
    "outbox",
    "sqs:SendMessage BatchGetItem UpdateItem Query PutItem connections:POST",
    policy="always",
)
def the_stream_brings_what_nobody_queued(room: Room, failing: Failing) -> None:
    room["ben"].say("close", conversation_id=room.id)
    room.backend.wait(30)  # lists and those elsewhere are told as often

    def write() -> None:
        fields = {"client_id": f"lost-{len(room.events())}", "after_seq": len(room.events())}
        room["ana"].tell("send", conversation_id=room.id, text=TEXT, **fields)

    room.dies("MessageFunction", Call("sqs:SendMessage", 1), Mode.BEFORE, write)
    with failing:
        room.stream.follow(room.events())
    room.queue.drain()
    room["ben"].open(room.id)


@scenario("OutboxFunction", "outbox", "BatchGetItem TransactWriteItems UpdateItem Query PutItem")
def the_stream_names_a_conversation(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    _, other = ana.request("POST", "/v1/conversations", {"reply_policy": "off"})
    ana.open(other["id"])
    ana.write(other["id"], text=TEXT)
    beside = replace(room, id=other["id"], stream=Stream(room.backend))
    with failing:
        beside.stream.follow(beside.events())
    _, named = ana.request("GET", f"/v1/conversations/{other['id']}")
    assert TEXT.startswith(named["title"].rstrip("…"))


@scenario("OutboxFunction", "outbox", "BatchGetItem UpdateItem Query PutItem")
def the_stream_takes_deleted_words_out_of_the_index(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    word = f"w{len(room.events())}x{room.id[:6]}"
    seq = ana.write(room.id, text=f"{TEXT} {word}")
    ana.write(room.id, "edit", target_seq=seq, text=f"{TEXT} better {word}")
    room.stream.follow(room.events())
    assert _found(room, word) == [seq]
    ana.write(room.id, "delete", target_seq=seq)
    with failing:
        room.stream.follow(room.events(), changed={seq, seq + 1})
    assert _found(room, word) == []
    assert _found(room, word, index_alone=True) == []


def _found(room: Room, word: str, *, index_alone: bool = False) -> list[int]:
    """Return the seqs that a search finds, or the blocks that the index would have it read."""
    if index_alone:
        blocks = [each for each in room.items() if each["sk"]["S"].startswith("S#")]
        return [
            int(each["sk"]["S"][2:])
            for each in blocks
            if Signature(0, each["bits"]["B"], is_full=False).may_have(query(word).terms)
        ]
    _, answer = room["ben"].request("GET", f"/v1/search?q={word}")
    return [each["seq"] for each in answer["items"]]


# ---------------------------------------------------------------- dead letters


@scenario("DeadLetterFunction", "dead_letter", GIVING_UP, people=("ana",), policy="always")
def a_job_that_nobody_could_settle_is_given_up(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    room.queue.give_up(room.dead_letters)
    with failing:
        room.dead_letters.drain()
    (failed,) = room.answers_of(seq)
    assert failed["kind"] == "run_failed"


@scenario(
    "DeadLetterFunction",
    "dead_letter",
    f"{GIVING_UP} UpdateItem GetItem BatchWriteItem lambda:InvokeFunction",
    people=("ana", "ben", "cleo"),
    policy="always",
)
def a_job_of_which_something_was_seen_is_given_up(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    room.dies("ReplyFunction", Call("dynamodb:PutItem", 2), Mode.AFTER, room.queue.deliver)
    room.queue.give_up(room.dead_letters)
    room["ana"].vanish()
    with failing:
        room.dead_letters.drain()
    (message,) = room.answers_of(seq)
    assert message["body"]["finish_reason"] == "error"
