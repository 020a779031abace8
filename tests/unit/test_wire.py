"""Server frames: shapes, sizes, and text that survives them."""

import json
from dataclasses import replace

import pytest

from tests.builders import DEMO, ROOM, conversation, member, message, user
from wireside import views, wire
from wireside.domain.conversation import MemberRole, Role, Roster
from wireside.domain.events import Event, Kind, RunId
from wireside.domain.runs import Partial
from wireside.frames import Closed

PLACE = wire.Place(ROOM, "1.1")
MESSAGE_BYTES = 128 * 1_024


def chain(count: int, text: str) -> list[Event]:
    """Return contiguous messages."""
    events: list[Event] = []
    for _ in range(count):
        events.append(message(events[-1] if events else None, text=text))
    return events


def test_an_event_has_the_shape_of_the_protocol() -> None:
    event = message(text="hi", client_id="c1", now_ms=1_800_000_000_007)

    assert wire.event_json(event) == {
        "seq": 1,
        "n": 1,
        "kind": "message",
        "at": "2027-01-15T08:00:00.007Z",
        "sender": {"id": "ana", "name": "Ana", "type": "human"},
        "client_id": "c1",
        "body": {"text": "hi", "addressed": []},
    }


@pytest.mark.parametrize(
    "text",
    ["\u202eabc\u202c", "👩\u200d👩\u200d👧", "𐍈😀", " e\u0301 \t\n", "\ufeff\u2028", "</script>"],
)
def test_a_text_goes_over_the_wire_as_it_was_written(text: str) -> None:
    frame = json.loads(wire.event_frame(PLACE, message(text=text)))

    assert frame["event"]["body"]["text"] == text


def test_a_ref_comes_back_only_where_there_was_one() -> None:
    closed: Closed = {"type": "closed", "conversation_id": ROOM}

    assert json.loads(wire.encoded(closed, ref="r")) == {**closed, "ref": "r"}
    assert json.loads(wire.encoded(closed)) == closed


@pytest.mark.parametrize("letter", ["x", "é", "😀", '"', "\n", "\x01"])
def test_an_event_above_120_kb_has_its_text_cut_and_says_so(letter: str) -> None:
    whole = letter * 290_000

    cut = wire.fitted(message(text=whole))

    assert cut["truncated"] is True
    body = cut["body"]
    assert isinstance(body, dict)
    text = body["text"]
    assert isinstance(text, str)
    assert whole.startswith(text)
    assert 100_000 < len(wire.encode(cut)) <= wire.MAX_FRAME_BYTES + 100


def test_an_event_below_120_kb_is_whole() -> None:
    seen = wire.fitted(message(text="x" * 119_000))

    assert "truncated" not in seen


@pytest.mark.parametrize(("count", "text"), [(300, "x" * 1_000), (300, "\n" * 9_000), (7, "é")])
def test_pages_are_contiguous_complete_and_below_the_limit(count: int, text: str) -> None:
    frames = list(wire.events_frames(PLACE, chain(count, text), head=count, ref="r"))

    pages = [json.loads(each) for each in frames]
    assert [each["seq"] for page in pages for each in page["events"]] == [*range(1, count + 1)]
    assert max(len(each) for each in frames) < MESSAGE_BYTES
    assert [page["more"] for page in pages] == [True] * (len(pages) - 1) + [False]
    assert {(page["head"], page["ref"], page["epoch"]) for page in pages} == {(count, "r", "1.1")}


def test_pages_are_as_few_as_their_bytes_allow() -> None:
    frames = list(wire.events_frames(PLACE, chain(100, "x" * 10_000), head=100, ref=None))

    assert len(frames) == 10


def test_no_events_are_one_empty_last_page() -> None:
    (only,) = wire.events_frames(PLACE, [], head=4, ref=None)

    assert json.loads(only) == {
        "type": "events",
        "conversation_id": ROOM,
        "epoch": "1.1",
        "events": [],
        "head": 4,
        "more": False,
    }


@pytest.mark.parametrize("letter", ["x", "é", "😀", "\n"])
def test_a_run_in_flight_shows_the_tail_that_fits_and_its_offset(letter: str) -> None:
    text = "".join(f"{index}{letter}" for index in range(5_000))
    partial = Partial(RunId("r"), DEMO.id, 3, 2, text)

    seen = wire.partial_json(partial, at_most_bytes=1_000)

    shown, offset = str(seen["text"]), seen["offset"]
    assert isinstance(offset, int)
    assert text[offset:] == shown
    assert 980 < len(wire.encode({"": shown})) <= 1_000
    assert len(wire.encode({"": text[offset - 1 :]})) > 1_000


def test_a_short_run_in_flight_is_whole() -> None:
    partial = Partial(RunId("r"), DEMO.id, 3, 2, "so far")

    seen = wire.partial_json(partial, at_most_bytes=1_000)

    assert seen == {
        "run_id": "r",
        "participant": "assistant:demo",
        "trigger_seq": 3,
        "fence": 2,
        "offset": 0,
        "text": "so far",
    }


def test_a_conversation_has_the_shape_of_the_protocol() -> None:
    members = (member("ana", role=MemberRole.OWNER), member("ben"))

    seen = views.conversation_json(
        conversation(title="T"), Roster(members, ()), None, assistants=[DEMO], read_seq=0
    )

    at = "2027-01-15T08:00:00.000Z"
    assert seen == {
        "id": ROOM,
        "title": "T",
        "created_at": at,
        "last_at": at,
        "head": 0,
        "n": 0,
        "read_seq": 0,
        "unread": 0,
        "model": "demo",
        "reply_policy": "always",
        "input_mode": "multi",
        "members": [
            {"id": "ana", "name": "Ana", "type": "human", "role": "owner", "joined_at": at},
            {"id": "ben", "name": "Ben", "type": "human", "role": "member", "joined_at": at},
            {
                "id": "assistant:demo",
                "name": "Demo",
                "type": "assistant",
                "role": "member",
                "joined_at": at,
            },
        ],
        "operator_assisted": False,
    }


def test_a_conversation_with_one_human_is_single_and_shows_its_head_operator_and_end() -> None:
    held = conversation(
        operator=user("olga").participant, operator_assisted=True, ended_at_ms=1_800_000_000_000
    )
    head = replace(message(now_ms=1_800_000_001_000), seq=9, n=4)

    seen = views.conversation_json(
        held, Roster((member(),), ()), head, assistants=[DEMO], read_seq=3, read_n=1
    )

    assert (seen["input_mode"], seen["head"], seen["n"], seen["read_seq"]) == ("single", 9, 4, 3)
    assert seen["unread"] == 3
    assert seen["operator"] == {"id": "olga", "name": "Olga"}
    assert seen["operator_assisted"] is True
    assert (seen["ended_at"], seen["last_at"]) == (
        "2027-01-15T08:00:00.000Z",
        "2027-01-15T08:00:01.000Z",
    )


def test_roles_of_a_person_are_in_order() -> None:
    known = user(roles=frozenset({Role.USER, Role.OPERATOR, Role.ADMIN}))

    assert views.user_json(known)["roles"] == ["admin", "operator", "user"]


def test_the_texts_of_stopped_runs_are_cut_to_fit_a_frame() -> None:
    runs = [{"run_id": name, "text": name * 200_000} for name in ("a", "😀")]
    taken = replace(message(), kind=Kind.TAKEN_OVER, body={"operator": {}, "stopped_runs": runs})

    seen = wire.fitted(taken)

    assert seen["truncated"]
    assert len(wire.encode(seen)) <= wire.MAX_FRAME_BYTES
    assert all(each["text"] for each in seen["body"]["stopped_runs"])  # type: ignore[attr-defined]
