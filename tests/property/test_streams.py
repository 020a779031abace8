"""However a stream of bytes is cut into chunks, what is read from it is the same."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults import fault
from wireside.adapters.llm.chat_chunks import ChatChunks
from wireside.adapters.llm.message_events import MessageEvents
from wireside.adapters.llm.sse import (
    MAX_EVENT_BYTES,
    EventDecoder,
    EventTooLongError,
    ServerSentEvent,
)
from wireside.ports import Piece

RECORDINGS = Path(__file__).parent.parent / "contract" / "recordings"
LINE_ENDS = st.sampled_from(["\n", "\r", "\r\n"])
VALUES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=8)
LINES = st.one_of(
    st.just(""),
    VALUES.map(lambda value: f"data: {value}"),
    VALUES.map(lambda value: f"data:{value}"),
    VALUES.map(lambda value: f": {value}"),
    VALUES.map(lambda value: f"event: {value}"),
    VALUES,
)
STREAMS = st.lists(st.tuples(LINES, LINE_ENDS), max_size=12).map(
    lambda lines: "".join(map("".join, lines)).encode()
)


def cut(stream: bytes, places: Sequence[int]) -> list[bytes]:
    """Cut a stream at these places, taken modulo its length."""
    at = sorted({each % (len(stream) + 1) for each in places} | {0, len(stream)})
    return [stream[start:end] for start, end in pairwise(at)]


def decoded(chunks: Sequence[bytes]) -> list[ServerSentEvent]:
    """Return all events."""
    decoder = EventDecoder()
    found = [event for chunk in chunks for event in decoder.feed(chunk)]
    return [*found, *decoder.end()]


def pieces(
    chunks: Sequence[bytes], reads: type[ChatChunks | MessageEvents] = ChatChunks
) -> list[Piece | None]:
    """Return all pieces of an answer, and its end."""
    reading = reads()
    said: list[Piece | None] = [
        piece for event in decoded(chunks) for piece in reading.feed(event.data)
    ]
    return [*said, *reading.end()]


PLACES = st.lists(st.integers(0, 10_000), max_size=20)


@fault(28)
@given(STREAMS, PLACES)
def test_events_are_the_same_however_they_are_cut(stream: bytes, places: list[int]) -> None:
    assert decoded(cut(stream, places)) == decoded([stream])
    assert decoded([bytes([each]) for each in stream]) == decoded([stream])


@fault(28)
@pytest.mark.parametrize(
    "path", sorted((RECORDINGS / "openai").glob("*.sse")), ids=lambda path: path.stem
)
@given(places=PLACES, line_end=LINE_ENDS)
def test_pieces_are_the_same_however_they_are_cut(
    path: Path, places: list[int], line_end: str
) -> None:
    stream = path.read_bytes().replace(b"\n", line_end.encode())
    whole = path.read_bytes()

    assert pieces(cut(stream, places)) == pieces([whole])
    assert len(pieces([whole])) > 2


@fault(28)
@given(places=PLACES, line_end=LINE_ENDS)
def test_pieces_of_a_message_are_the_same_however_they_are_cut(
    places: list[int], line_end: str
) -> None:
    whole = (RECORDINGS / "anthropic" / "whole.sse").read_bytes()
    stream = whole.replace(b"\n", line_end.encode())

    assert pieces(cut(stream, places), MessageEvents) == pieces([whole], MessageEvents)
    assert len(pieces([whole], MessageEvents)) > 2


def reference(stream: bytes) -> list[ServerSentEvent]:
    """Read a whole stream as the specification says it, slowly."""
    text = stream.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:-1]
    found, data, name = [], list[str](), ""
    for line in [*lines, ""]:
        field, _, value = line.partition(":")
        if not line and data:
            found.append(ServerSentEvent("\n".join(data), name or "message"))
        if not line:
            data, name = [], ""
        elif field == "data":
            data.append(value.removeprefix(" "))
        elif field == "event":
            name = value.removeprefix(" ")
    return found


@fault(28)
@given(STREAMS)
def test_events_are_those_of_the_specification(stream: bytes) -> None:
    assert decoded([stream]) == reference(stream)


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"", []),
        (b"data: a", []),
        (b"data: a\n", ["a"]),
        (b"data: a\n\n", ["a"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"data: a\n\xef\xbb\xbfdata: b\n\n", ["a"]),
        (b"data: a\r\rdata: b\r\n\r\ndata: c\n\n", ["a", "b", "c"]),
        (b"data: a\ndata:\ndata:  b\n\n", ["a\n\n b"]),
        (b": only a comment\n\n", []),
        (b"data\n\n", [""]),
        (b"database: a\n\nevent: x\n\n", []),
    ],
)
def test_lines_are_read_as_the_specification_says(stream: bytes, data: list[str]) -> None:
    assert [event.data for event in decoded([stream])] == data
    assert [event.data for event in decoded([bytes([each]) for each in stream])] == data


def test_an_event_has_its_name_and_the_next_one_has_not() -> None:
    found = decoded([b"event: error\ndata: a\n\ndata: b\n\n"])

    assert [event.name for event in found] == ["error", "message"]


@fault(28)
@pytest.mark.parametrize("line_end", [b"", b"\n"])
def test_what_never_ends_is_refused_and_not_kept(line_end: bytes) -> None:
    decoder = EventDecoder()
    line = b"data: " + b"x" * 1_000 + line_end

    with pytest.raises(EventTooLongError):
        for _ in range(MAX_EVENT_BYTES // 1_000 + 1):
            list(decoder.feed(line))
