"""Frames: what is decoded, and with which error what is not."""

import asyncio
import json
from typing import Any

import pytest

from tests.builders import ROOM, World, error_of, send
from tests.faults import fault
from wireside.domain.errors import ErrorCode, Refused
from wireside.entrypoints.websocket import answer_frame
from wireside.protocol import (
    ACTIONS,
    MAX_FRAME_BYTES,
    MAX_TEXT_CODE_POINTS,
    Reference,
    Send,
    decode,
    parse,
    reference,
)


def refused(body: str) -> Refused:
    """Return why a frame is refused."""
    with pytest.raises(Refused) as caught:
        decode(parse(body))
    return caught.value


def with_fields(**fields: object) -> str:
    """Return a ``send`` frame with other fields."""
    return json.dumps({**send(), **fields})


WRITE = {"conversation_id": "room", "client_id": "c1", "after_seq": 2}
FRAMES: dict[str, dict[str, Any]] = {
    "hello": {"action": "hello"},
    "open": {"action": "open", "conversation_id": "room"},
    "open from a place": {
        "action": "open",
        "conversation_id": "room",
        "after_seq": 3,
        "epoch": "1.1",
    },
    "close": {"action": "close", "conversation_id": "room"},
    "send": send(),
    "send with all": send(mentions=["assistant:demo", "ben"], reply_to=1, files=["f"], ref="r"),
    "edit": {**WRITE, "action": "edit", "target_seq": 1, "text": "better"},
    "delete": {**WRITE, "action": "delete", "target_seq": 1},
    "react": {**WRITE, "action": "react", "target_seq": 1, "emoji": "👍🏽", "on": True},
    "regenerate": {**WRITE, "action": "regenerate", "target_seq": 2, "ref": "r"},
    "model": {**WRITE, "action": "model", "model": "demo", "ref": "r"},
    "approve": {**WRITE, "action": "approve", "target_seq": 2, "approved": True, "ref": "r"},
    "stop one run": {"action": "stop", "conversation_id": "room", "run_id": "id-1"},
    "stop all": {"action": "stop", "conversation_id": "room", "after_seq": 0},
    "sync": {"action": "sync", "conversation_id": "room", "epoch": "1.1", "after_seq": 0},
    "typing": {"action": "typing", "conversation_id": "room", "on": True},
    "read": {"action": "read", "conversation_id": "room", "seq": 1},
    "refresh": {"action": "refresh", "token": "a.b.c"},
    "ping": {"action": "ping", "ref": "p1"},
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_good_frame_is_decoded_with_all_its_fields(name: str) -> None:
    frame = decode(parse(json.dumps(FRAMES[name])))

    assert frame.model_dump(exclude_unset=True) == FRAMES[name]


def test_every_action_has_a_good_frame_here() -> None:
    named = {str(frame["action"]) for frame in FRAMES.values()}

    assert named == set(ACTIONS)


@fault(43)
@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "null",
        "[]",
        '"hello"',
        "1",
        "{}",
        '{"action": null}',
        '{"action": 1}',
        '{"action": ["hello"]}',
        "{'action': 'hello'}",
        '{"action": "hello"} {}',
        '{"action": "hello", "action": "ping"}',
        '{"action": "ping", "ref": {"a": 1, "a": 2}}',
        '{"action": "ping", "ref": NaN}',
        '{"action": "ping", "ref": -Infinity}',
        '{"action": "ping", "ref": ' + "1" * 10_000 + "}",
        "[" * 20_000,
        '{"a":' * 6_000,
        '{"action": "send", "text": "' + "\t" + '"}',
    ],
)
def test_what_is_no_json_object_with_an_action_is_malformed(body: str) -> None:
    assert refused(body).code is ErrorCode.MALFORMED_FRAME


@fault(43)
def test_a_closed_nesting_of_15_000_levels_is_refused() -> None:
    body = '{"action": "ping", "ref": ' + "[" * 15_000 + "]" * 15_000 + "}"

    assert refused(body).code in {ErrorCode.MALFORMED_FRAME, ErrorCode.INVALID_FIELD}


@fault(43)
@pytest.mark.parametrize("action", ["", "Hello", "hello ", "shout", "$connect", "\ud800"])
def test_an_action_that_is_not_ours_is_unknown(action: str) -> None:
    assert refused(json.dumps({"action": action})).code is ErrorCode.UNKNOWN_ACTION


@fault(35, 43, 44)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", "a\x00b"),
        ("text", "\ud800"),
        ("text", "a\udfffb"),
        ("text", ""),
        ("text", None),
        ("text", 7),
        ("text", ["a"]),
        ("sender", "ben"),
        ("user_id", "ben"),
        ("\x00", 1),
        ("conversation_id", "a#b"),
        ("conversation_id", "a/b"),
        ("conversation_id", "room\n"),
        ("conversation_id", ""),
        ("conversation_id", "a" * 65),
        ("conversation_id", None),
        ("client_id", "c#1"),
        ("client_id", "ü"),
        ("client_id", 1),
        ("after_seq", -1),
        ("after_seq", True),
        ("after_seq", 1.0),
        ("after_seq", "1"),
        ("after_seq", None),
        ("after_seq", 10**12),
        ("after_seq", 10**400),
        ("after_seq", 1e308),
        ("reply_to", 0),
        ("reply_to", False),
        ("mentions", "assistant:demo"),
        ("mentions", [""]),
        ("mentions", ["a#b"]),
        ("mentions", ["a\x07b"]),
        ("mentions", ["\udead"]),
        ("mentions", ["a" * 129]),
        ("mentions", ["é" * 65]),
        ("mentions", ["a"] * 101),
        ("mentions", [1]),
        ("files", ["a#b"]),
        ("files", {}),
        ("ref", "a b"),
        ("ref", "a" * 65),
        ("ref", 1),
    ],
)
def test_a_field_that_is_not_what_it_should_be_is_named(field: str, value: object) -> None:
    found = refused(with_fields(**{field: value}))

    assert found.code is ErrorCode.INVALID_FIELD
    assert found.details is not None
    assert found.details["field"].split(".")[0] == field


@fault(43, 44)
def test_a_field_whose_name_is_no_text_is_refused_without_repeating_it() -> None:
    found = refused(with_fields(**{"\ud800": 1}))

    assert found.code is ErrorCode.INVALID_FIELD
    assert json.dumps(found.details).isascii()
    assert "d800" not in json.dumps(found.details)


@fault(43)
@pytest.mark.parametrize("on", [1, 0, "true", None])
def test_a_truth_is_not_a_number(on: object) -> None:
    frame = {"action": "typing", "conversation_id": "room", "on": on}

    found = refused(json.dumps(frame))

    assert found.details == {"field": "on"}


@fault(43)
def test_a_float_too_large_for_json_is_no_seq() -> None:
    body = with_fields().replace('"after_seq": 0', '"after_seq": 1e999')

    assert refused(body).code is ErrorCode.INVALID_FIELD


@fault(43)
@pytest.mark.parametrize("missing", ["conversation_id", "client_id", "after_seq", "text"])
def test_a_missing_field_is_named(missing: str) -> None:
    frame = {name: value for name, value in send().items() if name != missing}

    assert refused(json.dumps(frame)).details == {"field": missing}


def test_the_longest_text_is_taken_and_one_code_point_more_is_too_long() -> None:
    longest = "😀" * (MAX_FRAME_BYTES // 4 - 100)

    frame = decode(parse(json.dumps(send("x" * MAX_TEXT_CODE_POINTS))))
    wide = decode(parse(json.dumps(send(longest), ensure_ascii=False)))
    found = refused(with_fields(text="x" * (MAX_TEXT_CODE_POINTS + 1)))

    assert isinstance(frame, Send)
    assert isinstance(wide, Send)
    assert wide.text == longest
    assert found.code is ErrorCode.TEXT_TOO_LONG


@fault(43)
@pytest.mark.parametrize("letter", ["x", "é", "€", "😀", "\ud800"])
def test_a_frame_is_measured_in_bytes_of_utf_8(letter: str) -> None:
    fits = MAX_FRAME_BYTES // len(letter.encode("utf-8", "surrogatepass"))

    with pytest.raises(Refused) as within:
        parse(letter * fits)
    with pytest.raises(Refused) as beyond:
        parse(letter * (fits + 1))

    assert within.value.code is ErrorCode.MALFORMED_FRAME
    assert beyond.value.code is ErrorCode.FRAME_TOO_LARGE


def test_a_reference_holds_only_what_is_a_name() -> None:
    parsed = {"ref": "r1", "conversation_id": "a#b", "client_id": ["c"]}

    assert reference(parsed) == Reference(ref="r1")


@fault(43)
def test_a_binary_frame_is_malformed() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")
        event = {
            "requestContext": {"connectionId": "ana"},
            "body": "eyJhY3Rpb24iOiJwaW5nIn0=",
            "isBase64Encoded": True,
        }

        await answer_frame(world.app, event)

        assert error_of(world.heard("ana")) == "malformed_frame"

    asyncio.run(story())


@fault(43)
@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("[" * 20_000, "malformed_frame"),
        ("x" * 32_001, "frame_too_large"),
        ('{"action": "dance"}', "unknown_action"),
        (json.dumps(send("\x00")), "invalid_field"),
        (json.dumps(send("x" * 10_001)), "text_too_long"),
    ],
)
def test_a_refused_frame_leaves_the_connection_alive(body: str, code: str) -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        refused_with = await world.say("ana", body)
        after = await world.say("ana", {"action": "ping"})

        assert error_of(refused_with) == code
        assert refused_with[0]["fatal"] is False
        assert [each["type"] for each in after] == ["pong"]

    asyncio.run(story())


def test_an_error_names_the_frame_that_caused_it() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        (error,) = await world.say("ana", send("", ref="r7", client_id="c7"))

        assert error["ref"] == "r7"
        assert error["conversation_id"] == ROOM
        assert error["client_id"] == "c7"
        assert error["details"] == {"field": "text"}

    asyncio.run(story())
