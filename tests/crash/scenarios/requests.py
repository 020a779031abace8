"""HTTP requests."""

import pytest

from tests.crash.callers import Person, Refused
from tests.crash.harness import Failing
from tests.crash.room import Room
from tests.crash.scenarios.handshakes import is_forgotten
from tests.crash.scenarios.table import TEXT, scenario

VIEW = "Query BatchGetItem"
INVITE = "BatchGetItem TransactWriteItems"
WITHDRAW = "BatchGetItem GetItem TransactWriteItems"
SHARE = f"{WITHDRAW} Query"
DELETION = "GetItem BatchGetItem TransactWriteItems Query BatchWriteItem UpdateItem"
DEED = f"{VIEW} GetItem TransactWriteItems connections:POST"


@scenario("ApiFunction", "POST /v1/tickets", "ssm:GetParameter GetItem PutItem")
def somebody_buys_a_ticket(room: Room, failing: Failing) -> None:
    room.backend.restart("ApiFunction")  # the secret is read once a process
    with failing:
        room["ben"].buy_ticket()


@scenario("ApiFunction", "POST /v1/conversations", "Query TransactWriteItems")
def somebody_creates_a_conversation(room: Room, failing: Failing) -> None:
    ana = room["ana"]
    before = ana.request("GET", "/v1/conversations?limit=100")[1]["items"]
    with failing:
        status, created = ana.request("POST", "/v1/conversations", {"title": TEXT})
    after = ana.request("GET", "/v1/conversations?limit=100")[1]["items"]
    assert status == 201
    assert {each["id"] for each in after} - {each["id"] for each in before} == {created["id"]}


@scenario("ApiFunction", "GET /v1/conversations", "Query")
def somebody_lists_conversations(room: Room, failing: Failing) -> None:
    with failing:
        _, listed = room["ana"].request("GET", "/v1/conversations")
    assert [each["id"] for each in listed["items"]] == [room.id]


@scenario("ApiFunction", "GET /v1/conversations/{conversation_id}", "Query")
def somebody_reads_a_conversation(room: Room, failing: Failing) -> None:
    with failing:
        _, read = room["ana"].request("GET", f"/v1/conversations/{room.id}")
    assert read["head"] == len(room.events())


@scenario("ApiFunction", "GET /v1/conversations/{conversation_id}/events", VIEW)
def somebody_reads_a_page(room: Room, failing: Failing) -> None:
    with failing:
        _, page = room["ana"].request("GET", f"/v1/conversations/{room.id}/events")
    assert page["head"] == len(room.events())


@scenario("ApiFunction", "PATCH /v1/conversations/{conversation_id}", DEED)
def somebody_changes_settings(room: Room, failing: Failing) -> None:
    before = len(room.events())
    with failing:
        _, changed = room["ana"].request(
            "PATCH",
            f"/v1/conversations/{room.id}",
            {"title": f"{TEXT} {before}", "reply_policy": "mention"},
        )
    assert changed["title"] == f"{TEXT} {before}"
    assert len(room.events()) == before + 2
    assert room.people_hold_the_log()


@scenario("ApiFunction", "POST /v1/conversations/{conversation_id}/members", DEED)
def somebody_is_added(room: Room, failing: Failing) -> None:
    before = len(room.events())
    with failing:
        room["ana"].request(
            "POST", f"/v1/conversations/{room.id}/members", {"user_id": f"dora-{before}"}
        )
    assert len(room.events()) == before + 1
    assert room.people_hold_the_log()


@scenario("ApiFunction", "DELETE /v1/conversations/{conversation_id}/members/{user_id}", DEED)
def somebody_is_removed(room: Room, failing: Failing) -> None:
    ana, ben = room["ana"], room["ben"]
    with failing:
        ana.request("DELETE", f"/v1/conversations/{room.id}/members/{ben.name}")
    seq = ana.write(room.id, text=TEXT)
    assert ben.held(room.id) < seq
    ana.request("POST", f"/v1/conversations/{room.id}/members", {"user_id": ben.name})
    ben.open(room.id)


@scenario(
    "ApiFunction",
    "PATCH /v1/conversations/{conversation_id}",
    f"{DEED} BatchWriteItem UpdateItem lambda:InvokeFunction",
    people=("ana", "ben", "cleo"),
)
def somebody_names_the_conversation_of_a_crowd_of_which_somebody_is_gone(
    room: Room, failing: Failing
) -> None:
    gone = room["ana"].connection_id
    room["ana"].vanish()
    room.backend.wait(10)
    before = len(room.events())
    with failing:
        room["ana"].request("PATCH", f"/v1/conversations/{room.id}", {"title": f"{TEXT} {before}"})
    assert len(room.events()) == before + 1
    room["ana"].come_back(room.id)
    is_forgotten(room, gone)


@scenario("ApiFunction", "POST /v1/conversations/{conversation_id}/invites", INVITE)
def somebody_invites(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].request("POST", f"/v1/conversations/{room.id}/invites")


@scenario("ApiFunction", "POST /v1/conversations/join", DEED)
def somebody_joins(room: Room, failing: Failing) -> None:
    before = len(room.events())
    _, invited = room["ana"].request("POST", f"/v1/conversations/{room.id}/invites")
    eve = Person(room.backend, f"eve-{before}")
    with failing:
        eve.request("POST", "/v1/conversations/join", {"token": invited["token"]})
    assert len(room.events()) == before + 1
    assert room.people_hold_the_log()


@scenario("ApiFunction", "POST /v1/conversations/{conversation_id}/share", SHARE)
def somebody_shares(room: Room, failing: Failing) -> None:
    head = len(room.events())
    with failing:
        _, made = room["ana"].request("POST", f"/v1/conversations/{room.id}/share")
    _, page = room["ben"].request("GET", f"/v1/shared/{made['token']}")
    assert (made["through_seq"], page["through_seq"]) == (head, head)


@scenario("ApiFunction", "DELETE /v1/conversations/{conversation_id}/share", WITHDRAW)
def somebody_withdraws_what_is_shared(room: Room, failing: Failing) -> None:
    ana, ben = room["ana"], room["ben"]
    _, made = ana.request("POST", f"/v1/conversations/{room.id}/share")
    with failing:
        ben.request("DELETE", f"/v1/conversations/{room.id}/share")
    with pytest.raises(Refused, match="not_found"):
        ana.request("GET", f"/v1/shared/{made['token']}")


@scenario("ApiFunction", "GET /v1/shared/{token}", f"{VIEW} GetItem")
def somebody_reads_what_is_shared(room: Room, failing: Failing) -> None:
    seq = room["ana"].write(room.id, text=TEXT)
    room["ana"].write(room.id, action="edit", target_seq=seq, text=f"{TEXT}!")
    _, made = room["ana"].request("POST", f"/v1/conversations/{room.id}/share")
    with failing:
        _, page = room["ben"].request("GET", f"/v1/shared/{made['token']}?cursor={seq - 1}")
    assert [(each["seq"], each["text"]) for each in page["items"]] == [(seq, f"{TEXT}!")]


@scenario("ApiFunction", "GET /v1/conversations/{conversation_id}/export", VIEW)
def somebody_exports_a_conversation(room: Room, failing: Failing) -> None:
    with failing:
        _, told = room["ben"].request("GET", f"/v1/conversations/{room.id}/export")
    assert [each["seq"] for each in told["events"]] == [each["seq"] for each in room.events()]


@scenario("ApiFunction", "DELETE /v1/conversations/{conversation_id}", DELETION)
def somebody_deletes_a_conversation(room: Room, failing: Failing) -> None:
    ana, ben = room["ana"], room["ben"]
    _, other = ana.request("POST", "/v1/conversations", {"members": [ben.name]})
    ben.open(other["id"])
    with failing:
        ana.request("DELETE", f"/v1/conversations/{other['id']}")
    for refused in (
        lambda: ana.request("GET", f"/v1/conversations/{other['id']}"),
        lambda: ben.write(other["id"], text=TEXT),
    ):
        with pytest.raises(Refused, match="not_found"):
            refused()


@scenario("ApiFunction", "DELETE /v1/me", "PutItem GetItem")
def somebody_wants_to_be_forgotten(room: Room, failing: Failing) -> None:
    gone = Person(room.backend, f"gone-{room.id}")
    with failing:
        told = [gone.request("DELETE", "/v1/me") for _ in range(2)]
    assert [status for status, _ in told] == [202, 202]
    assert told[0] == told[1]


@scenario("ApiFunction", "GET /v1/search", VIEW)
def somebody_searches(room: Room, failing: Failing) -> None:
    word = f"w{len(room.events())}x{room.id[:6]}"
    seq = room["ana"].write(room.id, text=f"{TEXT} {word}")
    room.stream.follow(room.events())
    with failing:
        _, found = room["ben"].request("GET", f"/v1/search?q={word}")
    assert [each["seq"] for each in found["items"]] == [seq]


@scenario("ApiFunction", "GET /v1/models", "")
def somebody_asks_for_models(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].request("GET", "/v1/models")


@scenario("ApiFunction", "GET /v1/limitations", "")
def somebody_asks_what_it_cannot_do(room: Room, failing: Failing) -> None:
    with failing:
        _, told = room["ana"].request("GET", "/v1/limitations")
    assert told["items"]


@scenario("ApiFunction", "GET /healthz", "")
def somebody_asks_whether_it_runs(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].request("GET", "/healthz")


@scenario("ApiFunction", "GET /readyz", "GetItem")
def somebody_asks_whether_it_is_ready(room: Room, failing: Failing) -> None:
    with failing:
        room["ana"].request("GET", "/readyz")
