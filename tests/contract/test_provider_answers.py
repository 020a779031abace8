"""Providers against a real server: what is understood, on every wire."""

from typing import Any

import pytest

from tests.contract.dialects import DIALECTS, Dialect, where
from tests.contract.dialects.dialect import CASES, Recording
from tests.faults import fault
from tests.openai_server import CUT, HANG, RESET, Reply
from wireside.domain.conversation import Patience
from wireside.ports import Finished

JSON = {"Content-Type": "application/json"}
SIZES = (1, 7, 100_000)
RECORDINGS = [(dialect, each) for dialect in DIALECTS for each in dialect.recordings]


def cut(sent: bytes, size: int) -> list[bytes]:
    """Return the same in pieces."""
    return [sent[start : start + size] for start in range(0, len(sent), size)]


def test_what_a_wire_cannot_say_is_listed_with_its_reason(dialect: Dialect) -> None:
    assert set(dialect.cannot) <= set(CASES)
    assert all(reason.endswith(".") for reason in dialect.cannot.values())
    assert dialect.source.startswith("https://")


def test_every_case_is_said_by_some_wire_and_there_are_no_others() -> None:
    unable = {case for dialect in DIALECTS for case in dialect.cannot}

    assert unable <= set(CASES)
    assert all(any(case not in each.cannot for each in DIALECTS) for case in CASES)


def test_a_whole_answer_has_its_text_its_end_and_its_usage(dialect: Dialect) -> None:
    heard = dialect.ask(dialect.says("Hello", " café", " 👩\u200d👩"))

    assert heard.text == "Hello café 👩\u200d👩"
    assert heard.end == Finished("stop", dialect.reported)


@where("empty")
def test_an_empty_answer_is_an_end_without_text(dialect: Dialect) -> None:
    heard = dialect.ask(dialect.says())

    assert (heard.text, heard.end) == ("", Finished("stop", dialect.reported))


@fault(28)
@pytest.mark.parametrize("size", SIZES)
def test_steps_may_be_cut_anywhere(dialect: Dialect, size: int) -> None:
    steps = [dialect.text("größer "), dialect.raw("é😀".encode())]
    sent = b"".join([*dialect.begin, *steps, *dialect.end])

    heard = dialect.hears(*cut(sent, size))

    assert (heard.text, heard.end) == ("größer é😀", Finished("stop", dialect.reported))


@fault(28)
@where("lines")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_lines_may_end_in_every_way_and_comments_say_nothing(
    dialect: Dialect, size: int, line_end: bytes
) -> None:
    comments = [b"\xef\xbb\xbf: hello\n\n", b"id: 7\nretry: 1000\n", b": ping\n\n", b"data\n\n"]
    steps = [*comments, *dialect.begin, dialect.text("Hello "), b": ping\n\n"]
    sent = b"".join([*steps, dialect.raw("café".encode()), *dialect.end])

    heard = dialect.hears(*cut(sent.replace(b"\n", line_end), size))

    assert (heard.text, heard.end) == ("Hello café", Finished("stop", dialect.reported))


@where("lines")
def test_data_over_several_lines_is_one_event(dialect: Dialect) -> None:
    lines = dialect.piece.replace(b", ", b",\ndata: ").replace(b"Q", b"hi")

    heard = dialect.hears(*dialect.begin, b"data: " + lines + b"\n\n", *dialect.end)

    assert heard.text == "hi"


def test_what_is_no_text_adds_nothing(dialect: Dialect) -> None:
    between = [dialect.text("a"), *dialect.noise, dialect.text("b")]

    heard = dialect.hears(*dialect.begin, *dialect.noise, *between, *dialect.end)

    assert dialect.noise
    assert (heard.text, heard.end) == ("ab", Finished("stop", dialect.reported))


@fault(28)
def test_a_code_point_whose_halves_come_in_two_events_is_put_together(dialect: Dialect) -> None:
    heard = dialect.ask(dialect.says("a\ud83d", "\ude00b"))

    assert heard.text == "a😀b"


@fault(28)
@where("bytes")
def test_bytes_that_are_no_utf_8_are_marked_and_the_rest_is_read(dialect: Dialect) -> None:
    heard = dialect.hears(*dialect.begin, dialect.raw(b"\xff\xfe"), dialect.text("b"), *dialect.end)

    assert heard.text == "\ufffd\ufffdb"


@fault(28)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("dialect", "recording"), RECORDINGS, ids=lambda each: each.name)
def test_what_real_servers_sent_is_understood(
    dialect: Dialect, recording: Recording, size: int
) -> None:
    heard = dialect.hears(*cut(recording.sent, size))

    assert heard.text == recording.text
    assert heard.end == Finished("stop", recording.reported)


@fault(28)
@where("lines")
@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
@pytest.mark.parametrize("size", SIZES)
def test_what_real_servers_sent_is_understood_with_other_line_ends(
    dialect: Dialect, line_end: bytes, size: int
) -> None:
    for recording in dialect.recordings:
        heard = dialect.hears(*cut(recording.sent.replace(b"\n", line_end), size))

        assert heard.text == recording.text
        assert heard.end == Finished("stop", recording.reported)


@where("length")
def test_an_answer_at_its_limit_says_so(dialect: Dialect) -> None:
    heard = dialect.hears(*dialect.begin, dialect.text("x"), *dialect.ends["length"])

    assert (heard.text, heard.end) == ("x", Finished("length", dialect.reported))


@where("filtered")
def test_an_answer_that_is_filtered_says_so_and_what_came_is_kept(dialect: Dialect) -> None:
    heard = dialect.hears(*dialect.begin, dialect.text("x"), *dialect.ends["filtered"])

    assert (heard.text, heard.end) == ("x", Finished("filtered", dialect.reported))


@where("usage")
def test_usage_that_is_missing_is_not_invented(dialect: Dialect) -> None:
    heard = dialect.hears(dialect.text("x"), *dialect.ends["usage"])

    assert heard.end == Finished("stop", None)


@where("whole")
def test_an_answer_of_a_server_that_cannot_stream_is_taken_whole(dialect: Dialect) -> None:
    heard = dialect.ask(Reply([dialect.whole[:9], dialect.whole[9:]], headers=JSON))

    assert (heard.text, heard.end) == ("all", Finished("stop", dialect.reported))


@fault(28)
@where("end marker")
@pytest.mark.parametrize("said", ["nothing", "begins", "speaks", "is cut"])
def test_a_stream_that_ends_without_saying_so_has_no_end(dialect: Dialect, said: str) -> None:
    steps = [*dialect.begin, dialect.text("x"), dialect.text("lost")[:20]]
    known = {"nothing": 0, "begins": len(dialect.begin), "speaks": -1, "is cut": len(steps)}

    heard = dialect.hears(*steps[: known[said]])

    assert (heard.end, heard.failure) == (None, None)
    assert heard.text == ("x" if said in {"speaks", "is cut"} else "")


@where("end marker")
@pytest.mark.parametrize("after", [HANG, RESET, CUT, "rubbish", "error"], ids=str)
def test_an_answer_that_said_its_end_is_whole_whatever_comes_after(
    dialect: Dialect, after: Any
) -> None:
    known = {"rubbish": dialect.frame(b"{rubbish"), "error": dialect.error(dialect.breaks[0].error)}
    rest = known.get(after, after)

    heard = dialect.hears(*dialect.begin, dialect.text("x"), *dialect.end, rest)

    assert (heard.text, heard.end) == ("x", Finished("stop", dialect.reported))


def test_a_slow_trickle_is_no_stall(dialect: Dialect) -> None:
    patience = Patience(first_byte_seconds=5, chunk_seconds=5)
    letters = b"".join([*dialect.begin, dialect.text("slowly"), *dialect.end])

    heard = dialect.hears(*cut(letters, 1), patience=patience)

    assert heard.text == "slowly"
