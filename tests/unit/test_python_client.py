"""The Python client's parts, with time and the line in the test's hands."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults import fault
from tests.unit.python_desk import Hours
from wireside_client.connection import Connection, State
from wireside_client.log import Log
from wireside_client.outbox import Entry, FileShelf, Outbox
from wireside_client.requests import Requests
from wireside_client.streams import Streams

type Frame = dict[str, Any]

WELCOME = {
    "type": "welcome",
    "server_time": "2026-01-01T12:00:00.000Z",
    "rotate_at": "2026-01-01T13:50:00.000Z",
}


@dataclass
class Line:
    """One socket that somebody dialled."""

    on_open: Callable[[], None]
    on_text: Callable[[str], None]
    on_close: Callable[[int | None], None]
    sent: list[Frame] = field(default_factory=list)
    is_closed: bool = False

    def send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    def close(self) -> None:
        self.is_closed = True

    def greet(self) -> None:
        self.on_open()
        self.on_text(json.dumps(WELCOME))


@dataclass
class Caller:
    """Whoever uses a connection."""

    hours: Hours = field(default_factory=Hours)
    lines: list[Line] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.connection = Connection(self.hours, self.dial, self)
        self.connection.wake()

    def dial(self, **how: Any) -> Line:
        self.lines.append(Line(**how))
        return self.lines[-1]

    def became(self, state: State) -> None:
        self.told.append(state)

    def ready(self, welcome: Frame) -> None:
        self.told.append("ready")

    def came(self, frame: Frame) -> None:
        self.told.append(frame["type"])

    def down(self, *, was_too_large: bool) -> None:
        self.told.append("too large" if was_too_large else "down")

    def expired(self) -> None:
        self.told.append("expired")

    def not_welcome(self, status: int) -> None:
        self.told.append(status)

    def dismissed(self, reason: str) -> None:
        self.told.append(reason)


@fault(18)
def test_a_new_link_is_made_before_the_old_ones_end_and_the_old_one_hears_on() -> None:
    caller = Caller()
    (first,) = caller.lines
    first.greet()

    while len(caller.lines) == 1:
        caller.hours.go(30)
        first.on_text('{"type": "pong"}')
    assert caller.hours.time == 110 * 60 - 30
    caller.lines[1].greet()
    first.on_text('{"type": "delta"}')

    assert len(caller.lines) == 2
    assert not first.is_closed
    caller.connection.retire_old()
    assert first.is_closed
    assert State.WAITING not in caller.told
    assert [each for each in caller.told if each in ("ready", "delta")] == [
        "ready",
        "ready",
        "delta",
    ]


def test_silence_is_noticed_and_the_line_dialled_again() -> None:
    caller = Caller()
    caller.lines[0].greet()

    caller.hours.go(91)

    assert caller.lines[0].is_closed
    assert [each["action"] for each in caller.lines[0].sent] == ["hello", "ping", "ping"]
    assert len(caller.lines) == 2


def test_delays_grow_to_30_s_while_nobody_answers() -> None:
    caller = Caller()
    waits = []
    for _ in range(9):
        before = caller.hours.time
        caller.lines[-1].on_close(None)
        dialled = len(caller.lines)
        while len(caller.lines) == dialled:
            caller.hours.go(0.25)
        waits.append(caller.hours.time - before)

    assert waits == [0.25, 0.5, 1, 2, 4, 8, 15, 15, 15]


def test_what_is_said_before_welcome_goes_nowhere() -> None:
    caller = Caller()

    assert not caller.connection.send({"action": "ping"})
    caller.lines[0].greet()
    assert caller.connection.send({"action": "ping"})


@pytest.mark.parametrize(("code", "told"), [(1009, "too large"), (1006, "down")])
def test_why_a_line_ended_is_told(code: int, told: str) -> None:
    caller = Caller()
    caller.lines[0].greet()

    caller.lines[0].on_close(code)

    assert caller.told[-2:] == [told, State.WAITING]


def test_an_expired_token_is_told_and_frames_nobody_can_read_are_not() -> None:
    caller = Caller()
    caller.lines[0].greet()
    before = len(caller.told)

    for text in ("", "[]", '{"message": "Internal server error"}', "\x00"):
        caller.lines[0].on_text(text)
    caller.lines[0].on_text('{"type": "goodbye", "reason": "expired", "reconnect": true}')

    assert caller.told[before:] == ["expired"]


def test_questions_are_repeated_and_openings_wait_for_each_other() -> None:
    hours, sent, answers = Hours(), [], []

    def send(frame: Frame) -> bool:
        sent.append((frame["action"], frame["ref"]))
        return True

    requests = Requests(hours, send)
    for action in ("open", "close", "sync"):
        requests.ask({"action": action}, answers.append)

    hours.go(5)
    requests.settle({"type": "opened", "ref": "r1"})
    requests.settle({"type": "error", "ref": "r3", "retryable": True, "retry_after_ms": 200})
    hours.go(0.2)
    requests.forget()
    hours.go(60)

    again = [("open", "r1"), ("sync", "r3")]
    assert sent == [*again, *again, ("close", "r2"), ("sync", "r3")]
    assert answers == [{"type": "opened", "ref": "r1"}]


@fault(17)
@given(st.lists(st.integers(1, 12), max_size=40), st.integers(0, 6))
def test_events_in_any_order_and_number_make_one_window(seqs: list[int], held: int) -> None:
    log = Log()
    log.begin([{"seq": seq} for seq in range(1, held + 1)], held)
    entered: list[Frame] = []
    for seq in seqs:
        entered += log.add([{"seq": seq}])

    assert [each["seq"] for each in log.events] == [*range(1, log.through + 1)]
    assert entered == log.events[held:]
    assert log.through + 1 not in seqs
    assert log.is_behind == (max([held, *seqs]) > log.through)


TEXTS = {1: "Once upon a time", 2: "It was 🔥 a dark night", 3: "🔥🔥 Whatever"}


@st.composite
def deltas(draw: st.DrawFn) -> list[Frame]:
    """Draw pieces of three attempts: all of the last one's, in any order, some of them twice."""
    pieces = []
    for fence, text in TEXTS.items():
        cuts = sorted(draw(st.sets(st.integers(1, len(text) - 1), max_size=4)))
        for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
            about = {"type": "delta", "run_id": "r", "fence": fence}
            pieces.append(about | {"offset": start, "text": text[start:end]})
    again = draw(st.lists(st.sampled_from(pieces), max_size=5))
    return draw(st.permutations([*pieces, *again]))


@given(deltas())
def test_deltas_in_any_order_make_the_last_attempts_text(pieces: list[Frame]) -> None:
    streams = Streams()
    about = {"run_id": "r", "participant": "assistant:demo", "trigger_seq": 1}
    streams.restore([about | {"fence": 1, "offset": 0, "text": ""}])
    for each in pieces:
        streams.apply(each)

    (run,) = streams.in_flight
    assert (run.fence, run.text) == (3, TEXTS[3])
    assert not streams.has_gap


def test_a_tail_is_taken_and_what_ended_says_nothing_more() -> None:
    streams = Streams()
    about = {"run_id": "r", "participant": "assistant:demo", "trigger_seq": 4, "fence": 2}
    assert streams.apply({"run_id": "r", "fence": 2, "offset": 12, "text": "cd"})
    assert not streams.apply({"run_id": "r", "fence": 2, "offset": 14, "text": "e"})
    streams.restore([about | {"offset": 10, "text": "ab"}])

    (run,) = streams.in_flight
    assert (run.offset, run.text) == (10, "abcde")

    streams.settle({"seq": 5, "kind": "taken_over", "body": {"stopped_runs": []}})
    streams.note(about | {"state": "started"})
    streams.apply({"run_id": "r", "fence": 3, "offset": 0, "text": "back"})
    assert streams.in_flight == []


def test_an_outbox_outlives_its_process(tmp_path: Any) -> None:
    shelf = FileShelf(tmp_path / "outbox.json")
    first = Outbox(shelf)
    first.add(Entry("c", "one", {"action": "send", "text": "🔥"}))
    first.add(Entry("c", "two", {"action": "send", "text": "later"}))
    first.change("one", after_seq=3, epoch="e")

    second = Outbox(shelf)

    assert second.next("c") == Entry("c", "one", {"action": "send", "text": "🔥"}, None, 3, "e")
    assert second.remove("one") is not None
    assert [each.client_id for each in Outbox(shelf).of("c")] == ["two"]


def test_a_shelf_is_its_owners_alone_and_writes_through_nobodys_link(tmp_path: Path) -> None:
    other, path = tmp_path / "other", tmp_path / "outbox.json"
    other.write_text("theirs", encoding="utf-8")
    (tmp_path / "outbox.json.new").symlink_to(other)
    path.write_text("before", encoding="utf-8")
    path.chmod(0o644)

    FileShelf(path).write("soup")

    assert other.read_text(encoding="utf-8") == "theirs"
    assert path.read_text(encoding="utf-8") == "soup"
    assert path.stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.iterdir()) == ["other", "outbox.json"]


@fault(19)
def test_a_service_that_welcomes_and_drops_is_asked_less_and_less_until_a_line_holds() -> None:
    caller = Caller()

    def wait() -> float:
        """Lose the line; return how long it takes to dial the next one."""
        before, dialled = caller.hours.time, len(caller.lines)
        caller.lines[-1].on_close(None)
        while len(caller.lines) == dialled:
            caller.hours.go(0.25)
        caller.lines[-1].greet()
        return caller.hours.time - before

    caller.lines[-1].greet()
    assert [wait() for _ in range(5)] == [0.25, 0.5, 1, 2, 4]
    caller.hours.go(10)

    assert wait() == 0.25


@fault(18)
def test_the_old_line_is_closed_in_the_end_and_has_no_say_any_more() -> None:
    caller = Caller()
    first = caller.lines[0]
    first.greet()
    caller.connection._rotate()
    caller.lines[1].greet()

    first.on_text('{"type": "goodbye", "reason": "removed", "reconnect": false}')
    first.on_text('{"type": "error", "code": "token_expired", "fatal": true}')
    assert caller.connection.state is State.CONNECTED
    assert not {"removed", "expired"} & {each for each in caller.told if isinstance(each, str)}
    caller.hours.go(9)
    assert not first.is_closed
    caller.hours.go(2)
    assert first.is_closed
    assert not caller.lines[1].is_closed


def test_a_line_that_says_no_welcome_is_given_up_after_15_s() -> None:
    caller = Caller()
    caller.lines[0].on_open()

    caller.hours.go(16)

    assert caller.lines[0].is_closed
    assert len(caller.lines) == 2
