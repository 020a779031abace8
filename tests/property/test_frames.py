"""Frames, whatever is in them: what is valid comes through unchanged, all else is refused."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.faults import fault
from wireside import wire
from wireside.domain.errors import Refused
from wireside.domain.events import ClientId, Event, JsonValue, Kind, Participant, SenderType
from wireside.protocol import ACTIONS, MAX_FRAME_BYTES, MAX_TEXT_CODE_POINTS, Send, decode, parse

NAMES = st.text("ABCxyz019_-", min_size=1, max_size=64)
TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00"),
    min_size=1,
    max_size=MAX_TEXT_CODE_POINTS,
)
STORABLE = st.characters(exclude_categories=("Cs",))
SEQS = st.integers(0, 999_999_999_999)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@fault(44)
@given(room=NAMES, client_id=NAMES, after_seq=SEQS, text=TEXTS)
def test_a_valid_message_is_decoded_to_exactly_what_was_sent(
    room: str, client_id: str, after_seq: int, text: str
) -> None:
    sent = {
        "action": "send",
        "conversation_id": room,
        "client_id": client_id,
        "after_seq": after_seq,
        "text": text,
    }
    body = json.dumps(sent, ensure_ascii=False)
    if len(body.encode()) > MAX_FRAME_BYTES:
        return

    frame = decode(parse(body))

    assert isinstance(frame, Send)
    assert frame.model_dump(exclude_none=True) == sent


@fault(44)
@given(text=TEXTS, seq=st.integers(1, 10**12 - 1), at_ms=st.integers(0, 10**13))
def test_an_event_reads_back_from_its_frame_as_it_was(text: str, seq: int, at_ms: int) -> None:
    body: dict[str, JsonValue] = {"text": text, "addressed": []}
    sender = Participant("ana", "Ana", SenderType.HUMAN)
    event = Event(seq, seq, Kind.MESSAGE, at_ms, sender, body, ClientId("c"))

    frame = json.loads(wire.encode(wire.event_json(event)))

    assert (frame["seq"], frame["n"], frame["body"]) == (seq, seq, body)
    assert frame["at"].endswith("Z")


@fault(43)
@given(anything=JSON)
def test_any_json_is_a_frame_or_refused(anything: Any) -> None:
    refused_or_decoded(json.dumps(anything))


@fault(43)
@given(action=st.sampled_from(ACTIONS), rest=JSON)
def test_any_fields_of_a_known_action_are_a_frame_or_refused(action: str, rest: Any) -> None:
    fields = rest if isinstance(rest, dict) else {"ref": rest}

    refused_or_decoded(json.dumps({**fields, "action": action}))


@fault(43)
@given(body=st.text())
def test_any_text_is_a_frame_or_refused(body: str) -> None:
    refused_or_decoded(body)


def refused_or_decoded(body: str) -> None:
    """Decode, or see a typed error that can be sent."""
    try:
        decode(parse(body))
    except Refused as refused:
        assert wire.error_frame(refused, ref=None, conversation_id=None, client_id=None)


@given(text=TEXTS, cut=st.integers(4, 400))
def test_a_tail_fits_and_is_an_end_of_the_text(text: str, cut: int) -> None:
    end = wire.tail(text, cut + len(wire.encode({"": ""})))

    assert text.endswith(end)
    assert len(wire.encode({"": end})) <= cut + len(wire.encode({"": ""}))


@given(st.text(STORABLE, max_size=40), st.integers(0, 60))
def test_a_beginning_is_the_longest_that_fits(text: str, room_bytes: int) -> None:
    fitting = wire.head(text, room_bytes)

    longer = text[: len(fitting) + 1]
    assert text.startswith(fitting)
    assert wire.quoted_bytes(fitting) <= room_bytes
    assert fitting == text or wire.quoted_bytes(longer) > room_bytes
