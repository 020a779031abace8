"""Conversations in every order of what people, lines and workers do, over the real handlers.

Hypothesis draws the steps: people write, lose their lines, repeat themselves and catch up; handlers
and workers die at any call of a port; jobs are lost, repeated and taken in any order. After each
step the log is sound; in the end everything is repaired, as it would be, and all see the same.
"""

import asyncio
import contextlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.builders import DEMO, ROOM, SECOND, World, user
from tests.faults import fault
from tests.simulation import invariants
from tests.simulation.broken import skipping, without_fences
from tests.simulation.invariants import Acknowledgement, Shown
from tests.simulation.view import View, fold
from tests.simulation.weather import INVOCATION, KilledError, Process
from wireside.adapters.memory.wire import MemoryJobQueue, MemoryLines
from wireside.domain.conversation import Role
from wireside.domain.errors import ModelFailed, Refused, RunErrorCode, Unavailable
from wireside.domain.events import ConnectionId
from wireside.domain.runs import LEASE_SECONDS, Job
from wireside.ports import Finished, Piece, Question, TextPiece, Usage
from wireside.services.deeds import Request
from wireside.services.runs import Settled

TABS = ("ana-0", "ana-1", "ben-0", "cara-0")
ROUNDS = 60
SHORT, LONG = 2, 6
REFUSALS = frozenset(
    {"not_found", "not_allowed", "invalid_field", "conversation_ended", "unknown_model"}
)
STEPS = 50
LEAST_EXAMPLES = 100
WELL = 1_000
"""More calls than any handler makes."""
CALLS = st.sampled_from((*(WELL for _ in range(12)), *range(13)))
"""After how many calls a process dies: one in two does."""


@dataclass(slots=True)
class Mortal:
    """A port at each call of which, before and after it, its process may die."""

    port: Any

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.port, name)
        if not inspect.iscoroutinefunction(method):
            return method

        async def call(*args: Any, **kwargs: Any) -> Any:
            process = INVOCATION.get()
            if process is not None:
                process.pass_point()
            answer = await method(*args, **kwargs)
            if process is not None:
                process.pass_point()
            return answer

        return call


@dataclass(slots=True)
class Model:
    """A model whose next answer somebody decides: it may fail, or never end."""

    mood: str = "well"
    asked: int = 0

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        self.asked += 1
        yield TextPiece(f"{self.asked}: ")
        if self.mood == "fails":
            raise ModelFailed(RunErrorCode.MODEL_REJECTED, "The model does not want to.")
        yield TextPiece(f"to {len(question.messages)} messages 🙂")
        if self.mood == "ends early":
            return
        yield Finished("stop", Usage(1, 1, estimated=False))


@dataclass(slots=True)
class Tab:
    """One client. ``unanswered`` is the frame that it has to repeat."""

    name: str
    view: View = field(default_factory=View)
    line: ConnectionId | None = None
    lines: int = 0
    read: int = 0
    unanswered: dict[str, Any] | None = None
    begun_ms: int = 0
    known_runs: tuple[str, ...] = ()
    known: list[Acknowledgement] = field(default_factory=list)

    @property
    def person(self) -> str:
        return self.name.partition("-")[0]


class Conversations(RuleBasedStateMachine):
    """One room, four tabs of three people, two assistants."""

    swap: Callable[[Any], Any] = staticmethod(lambda port: port)
    """What a broken variant puts in the place of the ports of the store."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _loop, _context: None)
        self.model = Model()
        self.queue = MemoryJobQueue()
        mortal: dict[str, Any] = {
            "lines": Mortal(MemoryLines()),
            "jobs": Mortal(self.queue),
            "around": lambda port: Mortal(self.swap(port)),
        }
        self.world = World(provider=self.model, **mortal).room("ana", "ben")
        self.tabs = {name: Tab(name) for name in TABS}
        self.written = 0

    # ------------------------------------------------------------------ machinery

    def run(self, make: Callable[[], Awaitable[Any]], calls: int = WELL) -> Any:
        """Run one invocation; ``None`` where it died after so many calls."""
        process = Process("invocation", calls_left=2 * calls)
        token = INVOCATION.set(process)
        try:
            return self.loop.run_until_complete(self._invoke(make, process))
        finally:
            INVOCATION.reset(token)

    async def _invoke(self, make: Callable[[], Awaitable[Any]], process: Process) -> Any:
        try:
            return await make()
        except KilledError:
            return None
        finally:
            if process.dead:
                # What it left running dies at its next call.
                others = asyncio.all_tasks() - {asyncio.current_task()}
                await asyncio.gather(*others, return_exceptions=True)

    def say(self, tab: Tab, frame: dict[str, Any], calls: int = WELL) -> list[dict[str, Any]]:
        """Send a frame on the tab's line; hear what came."""
        line = tab.line
        assert line is not None
        before = len(self.world.heard(line))
        self.run(lambda: self.world.say(line, frame), calls)
        heard = self.world.heard(line)[before:]
        self.listen()
        return heard

    def listen(self) -> None:
        """Let every tab take what was posted to it."""
        for tab in self.tabs.values():
            if tab.line is not None:
                frames = self.world.heard(tab.line)[tab.read :]
                tab.read += len(frames)
                for each in frames:
                    self._hear(tab, each)

    def _hear(self, tab: Tab, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "opened":
                tab.view.epoch = frame["epoch"]
                tab.view.opened(frame["runs"], tab.known_runs)
            case "events":
                tab.view.page(frame["events"])
                self._look(tab, frame["events"])
            case "event":
                tab.view.take(frame["event"])
                self._look(tab, [frame["event"]])
            case "run":
                tab.view.run(frame)
            case "delta":
                tab.view.delta(frame)

    def _look(self, tab: Tab, events: list[Shown]) -> None:
        for each in events:
            asked = tab.unanswered
            if asked and each.get("client_id") == asked["client_id"]:
                now_ms = self.world.clock.now_ms()
                tab.known.append(
                    Acknowledgement(tab.person, asked["client_id"], tab.begun_ms, now_ms)
                )
                tab.unanswered = None

    @property
    def connected(self) -> list[Tab]:
        return [each for each in self.tabs.values() if each.line is not None and each.view.has_base]

    @property
    def unanswered(self) -> list[Tab]:
        return [each for each in self.connected if each.unanswered]

    @property
    def free(self) -> list[Tab]:
        return [each for each in self.connected if not each.unanswered]

    @property
    def log(self) -> list[Shown]:
        return invariants.on_the_wire(self.world.log)

    # ------------------------------------------------------------------ lines

    @initialize()
    def two_people_are_there(self) -> None:
        for name in ("ana-0", "ben-0"):
            self._open(self.tabs[name])

    @rule(
        name=st.sampled_from(TABS),
        what=st.sampled_from(["open", "open", "sync", "sync", "lag", "lose", "lose unnoticed"]),
        calls=CALLS,
    )
    def something_happens_to_a_line(self, name: str, what: str, calls: int) -> None:
        tab = self.tabs[name]
        match what:
            case "open":
                self._open(tab, calls)
            case "sync" if tab.line is not None and tab.view.epoch:
                self.world.lines.lagging.discard(tab.line)
                frame = {"action": "sync", "conversation_id": ROOM, "epoch": tab.view.epoch}
                self.say(tab, {**frame, "after_seq": tab.view.held})
            case "lag" if tab.line is not None:
                self.world.lines.lagging.add(tab.line)
            case "lose" | "lose unnoticed":
                self._lose(tab, noticed=what == "lose")

    def _open(self, tab: Tab, calls: int = WELL) -> None:
        if tab.line is None:
            tab.lines += 1
            line = tab.line = ConnectionId(f"{tab.name}-line-{tab.lines}")
            tab.read = 0
            self.run(lambda: self.world.connect(tab.person, line))
        tab.known_runs = tuple(tab.view.runs)
        frame: dict[str, Any] = {"action": "open", "conversation_id": ROOM}
        if tab.view.has_base:
            frame |= {"after_seq": tab.view.held, "epoch": tab.view.epoch}
        self.say(tab, frame, calls)

    def _lose(self, tab: Tab, *, noticed: bool) -> None:
        line, tab.line = tab.line, None
        if line is not None:
            self.world.lines.gone.add(line)
            if noticed:
                self.run(lambda: self.world.app.sessions.disconnect(line))

    # ------------------------------------------------------------------ people

    @precondition(lambda self: self.free)
    @rule(data=st.data(), mention=st.sampled_from([None, DEMO.id, SECOND.id]), calls=CALLS)
    def write(self, data: st.DataObject, mention: str | None, calls: int) -> None:
        tab = data.draw(st.sampled_from(self.free))
        self.written += 1
        frame = {"action": "send", "conversation_id": ROOM, "client_id": f"w{self.written}"}
        frame |= {"after_seq": tab.view.held, "text": f"número {self.written}"}
        tab.unanswered = frame | ({"mentions": [mention]} if mention else {})
        tab.begun_ms = self.world.clock.now_ms()
        self.say(tab, tab.unanswered, calls)

    @rule(name=st.sampled_from(TABS), raised=st.booleans(), calls=CALLS)
    def write_again(self, name: str, calls: int, *, raised: bool) -> None:
        tab = self.tabs[name]
        if tab.line is not None and tab.unanswered:
            self._repeat(tab, calls, raised=raised)

    def _repeat(self, tab: Tab, calls: int = WELL, *, raised: bool = False) -> None:
        frame = tab.unanswered
        assert frame is not None
        if raised and tab.view.covers(frame["after_seq"]):
            frame["after_seq"] = max(frame["after_seq"], tab.view.held)
        heard = self.say(tab, frame, calls)
        for each in heard:
            if each["type"] == "error" and not each["retryable"]:
                assert each["code"] in REFUSALS, each
                stored = {event.get("client_id") for event in self.log}
                assert frame["client_id"] not in stored, f"refused, and stored: {each}"
                tab.unanswered = None

    # ------------------------------------------------------------------ what changes what was said

    @precondition(lambda self: any(each.view.n for each in self.free))
    @rule(
        data=st.data(),
        action=st.sampled_from(["edit", "delete", "react", "regenerate"]),
        back=st.integers(0, 5),
        calls=CALLS,
    )
    def change_a_message(self, data: st.DataObject, action: str, back: int, calls: int) -> None:
        tab = data.draw(st.sampled_from([each for each in self.free if each.view.n]))
        self.written += 1
        shown = [each["seq"] for each in tab.view.events if each["kind"] == "message"]
        target_seq = shown[-1 - min(back, len(shown) - 1)]
        fields = {"edit": {"text": "mejor"}, "react": {"emoji": "🔥", "on": back % 2 == 0}}
        frame = {"action": action, "conversation_id": ROOM, "target_seq": target_seq}
        frame |= {"client_id": f"w{self.written}", "after_seq": tab.view.held}
        tab.unanswered = frame | fields.get(action, {})
        tab.begun_ms = self.world.clock.now_ms()
        self._repeat(tab, calls)

    @precondition(lambda self: self.free)
    @rule(data=st.data(), model=st.sampled_from(["demo", "second", "nobody"]), calls=CALLS)
    def choose_a_model(self, data: st.DataObject, model: str, calls: int) -> None:
        tab = data.draw(st.sampled_from(self.free))
        self.written += 1
        frame = {"action": "model", "conversation_id": ROOM, "model": model}
        tab.unanswered = frame | {"client_id": f"w{self.written}", "after_seq": tab.view.held}
        tab.begun_ms = self.world.clock.now_ms()
        self._repeat(tab, calls)

    @precondition(lambda self: self.connected)
    @rule(data=st.data(), one=st.booleans(), calls=CALLS)
    def stop(self, data: st.DataObject, calls: int, *, one: bool) -> None:
        tab = data.draw(st.sampled_from(self.connected))
        frame: dict[str, Any] = {"action": "stop", "conversation_id": ROOM}
        runs = [*tab.view.runs]
        frame |= {"run_id": runs[0]} if one and runs else {"after_seq": tab.view.held}
        self.say(tab, frame, calls)

    # ------------------------------------------------------------------ owners and operators

    @precondition(lambda self: len(self.world.log) > SHORT)
    @rule(
        what=st.sampled_from(["add", "take over", "release", "release", "end"]),
        name=st.sampled_from(["olga", "otto"]),
        calls=CALLS,
    )
    def somebody_governs(self, what: str, name: str, calls: int) -> None:
        rooms, operators = self.world.app.conversations, self.world.app.operators
        owner = Request(user("ana"), None)
        operator = Request(user(name, roles=frozenset({Role.OPERATOR})), None)
        match what:
            case "add":
                self._do(lambda: rooms.add(owner, ROOM, "cara", None), calls)
            case "take over":
                self._do(lambda: operators.take_over(operator, ROOM), calls)
            case "release":
                self._do(lambda: operators.release(operator, ROOM), calls)
            case "end" if len(self.world.log) > LONG:
                self._do(lambda: operators.end(owner, ROOM), calls)

    def _do(self, deed: Callable[[], Awaitable[Any]], calls: int) -> None:
        async def forgiving() -> None:
            with contextlib.suppress(Refused):
                await deed()

        self.run(forgiving, calls)
        self.listen()

    # ------------------------------------------------------------------ workers

    @property
    def jobs(self) -> list[Job]:
        return self.queue.jobs

    @precondition(lambda self: self.jobs)
    @rule(
        data=st.data(),
        mood=st.sampled_from(["well", "well", "fails", "ends early"]),
        calls=CALLS,
    )
    def work(self, data: st.DataObject, mood: str, calls: int) -> None:
        """Take any of the jobs."""
        self._work(data.draw(st.sampled_from(self.jobs)), mood, calls)

    def _work(self, job: Job, mood: str = "well", calls: int = WELL) -> None:
        self.model.mood = mood
        settled = self.run(lambda: self.world.runs.settle(job, "receipt"), calls)
        if settled is Settled.DELETE:
            self.jobs.remove(job)
        self.listen()

    @rule(
        data=st.data(),
        what=st.sampled_from(["a job is lost", "an event comes again", "it takes time"]),
        seconds=st.sampled_from([1, LEASE_SECONDS + 1]),
    )
    def something_happens_to_the_work(self, data: st.DataObject, what: str, seconds: int) -> None:
        match what:
            case "a job is lost" if self.jobs:
                self.jobs.remove(data.draw(st.sampled_from(self.jobs)))
            case "an event comes again" if self.world.log:
                self._stream(data.draw(st.integers(1, len(self.world.log))))
            case "it takes time":
                self.world.clock.time_ms += seconds * 1_000

    def _stream(self, seq: int) -> None:
        event = self.world.log[seq - 1]
        self.run(lambda: self.world.app.activity.follow(ROOM, event))

    # ------------------------------------------------------------------ what always holds

    @invariant()
    def what_is_acknowledged_is_stored_once(self) -> None:
        known = [each for tab in self.tabs.values() for each in tab.known]
        assert invariants.stored_once(self.log, known) == []
        assert invariants.in_order(self.log, known) == []

    @invariant()
    def the_log_is_numbered(self) -> None:
        assert invariants.numbered(self.log) == []

    @invariant()
    def nothing_is_answered_twice(self) -> None:
        assert invariants.answered_once(self.log, settled=False) == []

    @invariant()
    def no_assistant_speaks_while_it_is_held(self) -> None:
        assert invariants.held_by_operators(self.log) == []

    @invariant()
    def who_is_asked_was_chosen(self) -> None:
        both = (DEMO.id, SECOND.id)
        assert invariants.addressed_by_the_rules(self.log, model="demo", mentionable=both) == []

    @invariant()
    def everybody_shows_a_piece_of_the_log(self) -> None:
        for tab in self.tabs.values():
            assert invariants.contiguous(tab.view.seqs) == []

    def teardown(self) -> None:
        """Repair everything as it would repair itself, and compare what everybody sees."""
        try:
            self._settle()
            assert invariants.answered_once(self.log) == []
            for tab in self.tabs.values():
                self._reconnect(tab)
                if tab.view.has_base:
                    window = self.log[tab.view.seqs[0] - 1 :] if tab.view.seqs else self.log
                    assert invariants.same(tab.view.shown, fold(window), tab.name) == []
                    assert tab.view.runs == {}
            self.what_is_acknowledged_is_stored_once()
        finally:
            self.loop.close()

    def _settle(self) -> None:
        for seq in range(1, len(self.world.log) + 1):
            self._stream(seq)
        for _ in range(ROUNDS):
            if not self.jobs:
                return
            self.world.clock.time_ms += (LEASE_SECONDS + 1) * 1_000
            self._work(self.jobs[0])
        message = f"{self.jobs} are left"
        raise AssertionError(message)

    def _reconnect(self, tab: Tab) -> None:
        self._lose(tab, noticed=False)
        self._open(tab)
        if tab.unanswered:
            self._repeat(tab, raised=True)
            assert tab.unanswered is None


def search(machine: type[Conversations], **fields: Any) -> None:
    """Look for an order of steps in which something breaks."""
    examples = max(LEAST_EXAMPLES, settings().max_examples)
    fields = {"max_examples": examples, "stateful_step_count": STEPS} | fields
    run_state_machine_as_test(machine, settings=settings(**fields))


@fault(1, 2, 3, 5, 6, 7, 17, 24, 29, 30, 31, 34, 42)
def test_no_order_of_steps_loses_doubles_or_leaves_anything_over() -> None:
    search(Conversations)


class Fenceless(Conversations):
    """Its runs are everybody's."""

    swap = staticmethod(without_fences)


class Skipping(Conversations):
    """Its pages leave events out."""

    swap = staticmethod(skipping)


class Repeating(Conversations):
    """Its tabs raise ``after_seq`` to what is there, read or not."""

    def _repeat(self, tab: Tab, calls: int = WELL, *, raised: bool = False) -> None:
        assert tab.unanswered is not None
        tab.unanswered["after_seq"] = len(self.world.log)
        super()._repeat(tab, calls, raised=raised)


@pytest.mark.parametrize("broken", [Fenceless, Skipping, Repeating])
def test_the_search_finds_what_is_broken(broken: type[Conversations]) -> None:
    with pytest.raises((AssertionError, Unavailable)):
        search(broken, phases=[Phase.generate], report_multiple_bugs=False)
