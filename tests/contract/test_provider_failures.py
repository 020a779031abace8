"""Providers against a real server (faults 27 and 28): what may go wrong on every wire."""

from typing import Any

import pytest

from tests.contract.dialects import DIALECTS, OPENAI, Dialect, where
from tests.contract.dialects.dialect import Break
from tests.faults import fault
from tests.openai_server import CUT, HANG, RESET, Reply
from wireside.adapters.llm.sse import MAX_EVENT_BYTES
from wireside.domain.conversation import Patience

MISHAPS = [(HANG, "model_timeout"), (RESET, "model_unavailable"), (CUT, "model_unavailable")]
BREAKS = [
    pytest.param(dialect, each, id=f"{dialect.name}-{index}")
    for dialect in DIALECTS
    for index, each in enumerate(dialect.breaks)
]
PATIENT = Patience(first_byte_seconds=10, chunk_seconds=10)


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(("mishap", "code"), MISHAPS)
def test_a_stream_that_breaks_is_a_failure_and_what_came_is_kept(
    dialect: Dialect, text: str, mishap: Any, code: str
) -> None:
    steps = [dialect.text(text)] if text else []

    heard = dialect.hears(*steps, mishap)

    assert (heard.text, heard.code) == (text, code)
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again
    assert not heard.failure.is_refusal


@fault(27)
@pytest.mark.parametrize(("mishap", "code"), MISHAPS)
def test_a_server_that_never_begins_is_a_failure_and_is_asked_once(
    dialect: Dialect, mishap: Any, code: str
) -> None:
    heard = dialect.ask(Reply(before=[mishap]))

    assert heard.code == code
    assert heard.failure is not None
    assert heard.failure.may_be_tried_again
    assert not heard.failure.is_refusal
    assert len(heard.server.asked) == 1


@fault(27)
def test_a_head_without_a_body_does_not_end_the_wait_for_the_first_byte(dialect: Dialect) -> None:
    patience = Patience(first_byte_seconds=0.2, chunk_seconds=60)

    heard = dialect.hears(HANG, patience=patience)

    assert heard.code == "model_timeout"


@fault(27)
def test_a_stall_is_noticed_sooner_than_a_beginning_that_takes_its_time(dialect: Dialect) -> None:
    patience = Patience(first_byte_seconds=60, chunk_seconds=0.2)

    heard = dialect.hears(dialect.text("x"), HANG, patience=patience)

    assert (heard.text, heard.code) == ("x", "model_timeout")


@fault(28)
@pytest.mark.parametrize("text", ["", "x"])
@pytest.mark.parametrize(("dialect", "known"), BREAKS)
def test_an_error_inside_the_stream_ends_it(dialect: Dialect, known: Break, text: str) -> None:
    steps = [dialect.text(text)] if text else []
    never = [dialect.text("never"), *dialect.end]

    heard = dialect.hears(*steps, dialect.error(known.error), *never)

    assert heard.failure is not None
    assert (heard.text, heard.code) == (text, known.code)
    assert heard.failure.may_be_tried_again == known.again
    assert not heard.failure.is_refusal
    assert "planted" not in heard.failure.detail + str(heard.failure)


@where("error as answer")
def test_an_error_under_status_200_is_an_error(dialect: Dialect) -> None:
    (body,) = dialect.refuses(400, dialect.refusals[0].error).steps

    heard = dialect.ask(Reply([body], headers={"Content-Type": "application/json"}))

    assert heard.code == dialect.refusals[0].code


@fault(28)
@pytest.mark.parametrize(
    "data",
    [b"{not json", b"[1]", b"1", b'"text"', b"[" * 100_000],
    ids=["cut", "list", "number", "text", "deep"],
)
def test_an_event_that_is_no_json_object_is_a_failure(dialect: Dialect, data: bytes) -> None:
    heard = dialect.hears(
        dialect.text("x"), dialect.frame(data), dialect.text("never"), *dialect.end
    )

    assert (heard.text, heard.code) == ("x", "model_unavailable")


@fault(28)
def test_a_piece_of_a_megabyte_is_read(dialect: Dialect) -> None:
    room = MAX_EVENT_BYTES - max(map(len, dialect.text("").splitlines()))

    heard = dialect.hears(dialect.text("y" * room), *dialect.end, patience=PATIENT)

    assert len(heard.text) == room


@fault(28)
@where("longest line")
def test_a_longer_line_is_a_failure_and_so_is_one_without_an_end(dialect: Dialect) -> None:
    room = MAX_EVENT_BYTES - max(map(len, dialect.text("").splitlines()))

    too_long = dialect.hears(dialect.text("y" * (room + 1)), *dialect.end, patience=PATIENT)
    endless = dialect.hears(*[b"z" * 65_536] * 20, HANG, patience=PATIENT)

    assert (too_long.code, endless.code) == ("model_unavailable", "model_unavailable")


def test_an_error_object_may_be_the_whole_answer() -> None:
    error = (
        b'{"object": "error", "message": "planted words", "code": 400, "type": "BadRequestError"}'
    )

    plain = OPENAI.ask(Reply([error], headers={"Content-Type": "application/json"}))

    assert plain.code == "model_rejected"
