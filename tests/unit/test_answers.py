"""One attempt at an answer: deltas, checkpoints, and how it ends."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from tests.builders import (
    DEMO,
    NEVER_SECONDS,
    ROOM,
    SECOND,
    World,
    addressed_message,
    member,
    message,
    send,
)
from tests.faults import fault
from tests.unit.scenes import job, outcomes, says, scene
from wireside import wire
from wireside.adapters.memory.wire import ManualClock, MemoryLines, ScriptedProvider
from wireside.domain.conversation import Subscription
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import ConnectionId, Kind, RunId
from wireside.domain.runs import LEASE_SECONDS, Run, RunState, count_streams, delta_interval_ms
from wireside.ports import Finished, Piece, PostOutcome, Question, TextPiece, Usage
from wireside.services.outcomes import Answer, Turn, outcome_draft
from wireside.services.streams import MAX_ANSWER_BYTES, VISIBILITY_SECONDS

STOP = Finished("stop", Usage(3, 5, estimated=False))
FAILED = ModelFailed(RunErrorCode.MODEL_RATE_LIMITED, "Too busy.")


@dataclass(slots=True)
class TickingClock(ManualClock):
    """A clock that moves on whenever somebody looks at it, so that what is due comes due."""

    step_ms: int = 40

    def now_ms(self) -> int:
        """Return the time, and move on."""
        self.time_ms += self.step_ms
        return self.time_ms


@dataclass(slots=True)
class Attempt:
    """A turn that is about to be streamed."""

    world: World
    turn: Turn
    frames: list[dict[str, Any]] = field(default_factory=list)

    async def stream(self, deadline_ms: int | None = None) -> Answer | None:
        """Stream it; keep what the listener heard."""
        until_ms = self.world.clock.now_ms() + 200_000 if deadline_ms is None else deadline_ms
        answering = self.world.runs.answering
        answered = await answering.answer(self.turn, "receipt", deadline_ms=until_ms)
        self.frames = self.world.heard("ana")
        return answered.answer if answered is not None else None

    @property
    def deltas(self) -> list[dict[str, Any]]:
        """The ``delta`` frames."""
        return [each for each in self.frames if each["type"] == "delta"]


async def attempt(
    *script: Piece | Exception | str,
    provider: Any = None,
    fence: int = 1,
    ticking: bool = True,
    step_ms: int = 40,
) -> Attempt:
    """Return a turn whose provider says this, with somebody listening."""
    pieces = [TextPiece(each) if isinstance(each, str) else each for each in script]
    clock = TickingClock(step_ms=step_ms) if ticking else ManualClock()
    world = World(provider=provider or ScriptedProvider(pieces), clock=clock).room()
    world.log.append(addressed_message())
    await world.enter("ana")
    run = Run(RunId("run-1"), DEMO.id, 1, RunState.STREAMING, fence, 0, through_seq=1)
    world.store.runs[ROOM, DEMO.id, 1] = run
    turn = Turn(wire.Place(ROOM, "1.1"), DEMO, run, 1, answered_before=0, operator_epoch=0)
    return Attempt(world, turn)


def joined(deltas: Sequence[dict[str, Any]]) -> str:
    """Return the text of contiguous deltas, counted in code points."""
    text = ""
    for each in deltas:
        assert each["offset"] == len(text)
        text += each["text"]
    return text


def test_deltas_are_contiguous_in_code_points_and_make_the_final_text() -> None:
    async def story() -> None:
        words = ["👩\u200d👩", "é", "𐍈", " \u202e", "\n", "plain "] * 20
        tried = await attempt(*words, STOP)

        answer = await tried.stream()

        assert answer == Answer("".join(words), "stop", Usage(3, 5, estimated=False))
        assert joined(tried.deltas) == "".join(words)
        assert len(tried.deltas) > 5
        assert {each["fence"] for each in tried.deltas} == {1}
        assert {each["run_id"] for each in tried.deltas} == {"run-1"}

    asyncio.run(story())


def test_the_first_piece_goes_out_at_once_and_the_rest_is_gathered() -> None:
    async def story() -> None:
        tried = await attempt("one", " two", " three", STOP, ticking=False)

        await tried.stream()

        assert [each["text"] for each in tried.deltas] == ["one", " two three"]

    asyncio.run(story())


def test_8_kb_go_out_before_their_time() -> None:
    async def story() -> None:
        tried = await attempt("a", "b" * 5_000, "c" * 5_000, "d", STOP, ticking=False)

        await tried.stream()

        assert [len(each["text"]) for each in tried.deltas] == [1, 10_000, 1]

    asyncio.run(story())


@pytest.mark.parametrize("letter", ["x", "\n", "😀"])
def test_a_provider_that_speaks_in_bulk_makes_no_frame_too_large(letter: str) -> None:
    async def story() -> None:
        whole = letter * (MAX_ANSWER_BYTES // wire.quoted_bytes(letter))
        tried = await attempt(whole, STOP)

        await tried.stream()

        assert joined(tried.deltas) == whole
        assert max(len(each) for each in tried.world.lines.frames["ana"]) < 128 * 1_024  # type: ignore[index]

    asyncio.run(story())


@pytest.mark.parametrize(("fence", "state"), [(1, "started"), (2, "retrying"), (7, "retrying")])
def test_an_attempt_begins_by_saying_so(fence: int, state: str) -> None:
    async def story() -> None:
        tried = await attempt("hi", STOP, fence=fence)

        await tried.stream()

        assert tried.frames[0] == {
            "type": "run",
            "conversation_id": ROOM,
            "run_id": "run-1",
            "participant": DEMO.id,
            "trigger_seq": 1,
            "fence": fence,
            "state": state,
        }

    asyncio.run(story())


@pytest.mark.parametrize("letter", ["x", "é", "😀", "\n", '"'])
def test_an_answer_ends_at_300_kb_of_json(letter: str) -> None:
    async def story() -> None:
        piece = letter * 10_000
        tried = await attempt(*[piece] * 40, STOP)

        answer = await tried.stream()

        assert answer is not None
        assert answer.finish_reason == "length"
        assert MAX_ANSWER_BYTES - 8 < wire.quoted_bytes(answer.text) <= MAX_ANSWER_BYTES
        assert joined(tried.deltas) == answer.text

    asyncio.run(story())


def test_a_single_piece_above_the_limit_is_cut_not_dropped() -> None:
    async def story() -> None:
        tried = await attempt("x" * (MAX_ANSWER_BYTES + 1), STOP)

        answer = await tried.stream()

        assert answer is not None
        assert (len(answer.text), answer.finish_reason) == (MAX_ANSWER_BYTES, "length")

    asyncio.run(story())


@fault(28, 44)
def test_a_lone_surrogate_of_a_provider_becomes_a_question_mark() -> None:
    async def story() -> None:
        tried = await attempt("a\ud800b", STOP)

        answer = await tried.stream()

        assert answer is not None
        assert answer.text == "a?b"

    asyncio.run(story())


def test_checkpoints_keep_the_text_the_lease_and_the_job() -> None:
    async def story() -> None:
        words = [f"{index} " for index in range(200)]
        tried = await attempt(*words, STOP)
        store = tried.world.store

        answer = await tried.stream()

        chunks = store.chunks[RunId("run-1"), 1]
        kept = "".join(chunks[offset] for offset in sorted(chunks))
        run = store.runs[ROOM, DEMO.id, 1]
        assert answer is not None
        assert len(chunks) > 3
        assert answer.text.startswith(kept)
        assert all(answer.text[offset:].startswith(text) for offset, text in chunks.items())
        assert run.lease_until_ms > tried.world.clock.now_ms() - 3_000 + LEASE_SECONDS * 1_000
        assert set(tried.world.jobs.extended) == {("receipt", VISIBILITY_SECONDS)}

    asyncio.run(story())


def test_while_a_provider_thinks_lease_and_job_are_kept() -> None:
    class Thinking:
        """A provider that speaks only once somebody has kept its lease twice."""

        async def answer(self, _question: Question) -> AsyncIterator[Piece]:
            """Wait, then speak."""
            async with asyncio.timeout(20):
                while len(tried.world.jobs.extended) < 2:
                    await asyncio.sleep(0.01)
            yield TextPiece("at last")
            yield STOP

    async def story() -> None:
        nonlocal tried
        tried = await attempt(provider=Thinking())
        tried.world.clock.step_ms = 500  # type: ignore[attr-defined]

        answer = await tried.stream()

        assert answer is not None
        assert answer.text == "at last"
        run = tried.world.store.runs[ROOM, DEMO.id, 1]
        assert run.lease_until_ms > tried.world.clock.time_ms

    tried: Attempt = None  # type: ignore[assignment]
    asyncio.run(story())


@fault(29)
def test_who_lost_the_fence_stops_in_silence() -> None:
    async def story() -> None:
        tried = await attempt(*["word "] * 500, STOP)
        store = tried.world.store
        taken = Run(RunId("run-1"), DEMO.id, 1, RunState.STREAMING, 2, 0, through_seq=1)
        store.runs[ROOM, DEMO.id, 1] = taken

        answer = await tried.stream()

        assert answer is None
        assert store.chunks == {}
        assert len(joined(tried.deltas)) < len("word ") * 250

    asyncio.run(story())


@fault(27)
def test_a_failure_keeps_what_was_visible() -> None:
    async def story() -> None:
        tried = await attempt("half an ", FAILED)

        answer = await tried.stream()

        assert answer is not None
        assert (answer.text, answer.finish_reason, answer.failure) == (
            "half an ",
            "error",
            FAILED,
        )

    asyncio.run(story())


@fault(28)
@pytest.mark.parametrize("text", ["", "some text"])
def test_an_answer_without_its_end_marker_is_no_whole_answer(text: str) -> None:
    async def story() -> None:
        tried = await attempt(text)

        answer = await tried.stream()

        assert answer is not None
        assert (answer.text, answer.finish_reason) == (text, "error")
        assert answer.failure is not None
        assert answer.failure.code is RunErrorCode.MODEL_UNAVAILABLE

    asyncio.run(story())


def test_an_empty_answer_is_a_failure() -> None:
    async def story() -> None:
        tried = await attempt("", STOP)

        answer = await tried.stream()

        assert answer is not None
        assert answer.failure is not None
        assert outcome_draft(tried.turn, answer).kind is Kind.RUN_FAILED

    asyncio.run(story())


class Silent:
    """A provider that never says anything."""

    async def answer(self, _question: Question) -> AsyncIterator[Piece]:
        """Wait for ever."""
        await asyncio.Event().wait()
        yield STOP


@fault(27)
def test_a_silent_provider_is_given_up_at_the_deadline() -> None:
    async def story() -> None:
        tried = await attempt(provider=Silent())

        answer = await tried.stream(deadline_ms=tried.world.clock.now_ms())

        assert answer is not None
        assert answer.failure is not None
        assert answer.failure.code is RunErrorCode.MODEL_TIMEOUT

    asyncio.run(story())


def test_usage_is_estimated_where_the_provider_does_not_tell() -> None:
    async def story() -> None:
        tried = await attempt("12 bytes now", Finished("stop", None))

        answer = await tried.stream()

        assert answer is not None
        assert answer.usage == Usage(2 + 3, 4, estimated=True)

    asyncio.run(story())


def test_a_message_outcome_has_the_shape_of_the_protocol() -> None:
    async def story() -> None:
        tried = await attempt()
        answer = Answer("text", "length", Usage(1, 2, estimated=True))

        draft = outcome_draft(tried.turn, answer)

        assert draft.kind is Kind.MESSAGE
        assert draft.sender == DEMO.participant
        assert json.loads(json.dumps(dict(draft.body))) == {
            "run_id": "run-1",
            "trigger_seq": 1,
            "text": "text",
            "model": "demo-1",
            "finish_reason": "length",
            "usage": {"input_tokens": 1, "output_tokens": 2, "estimated": True},
        }

    asyncio.run(story())


@pytest.mark.parametrize(
    ("listeners", "streams", "interval_ms"),
    [(0, 1, 150), (1, 1, 150), (750, 1, 150), (2_000, 1, 400), (2_000, 9, 1_000)],
)
def test_deltas_are_rarer_the_more_hear_them(
    listeners: int, streams: int, interval_ms: int
) -> None:
    assert delta_interval_ms(listeners, streams) == interval_ms


def test_streams_are_counted_by_the_assistants_that_a_turn_addresses() -> None:
    first = addressed_message()
    both = message(first, addressed=[DEMO.id, SECOND.id])
    nobody = message(both)

    assert count_streams([first, both, nobody], 1) == 2
    assert count_streams([first, both, nobody], 3) == 1
    assert count_streams([first], 1) == 1


def test_deltas_of_a_crowd_are_rarer_the_more_assistants_answer() -> None:
    async def deltas(*addressed: str) -> int:
        tried = await attempt(*["word "] * 200, STOP, step_ms=5)
        tried.world.log[:] = [message(addressed=addressed)]
        for number in range(1_000):
            name = ConnectionId(f"tab-{number}")
            place = (ROOM, member("ben").user_id, name)
            tried.world.store.subscriptions[place] = Subscription(
                member("ben").user_id, name, NEVER_SECONDS, 0
            )
        await tried.stream()
        return len(tried.deltas)

    one, two = asyncio.run(deltas(DEMO.id)), asyncio.run(deltas(DEMO.id, SECOND.id))

    assert one > 1.5 * two > 0


@fault(29)
def test_the_first_text_is_noted_before_anybody_sees_it() -> None:
    class Told(MemoryLines):
        """Lines that look, at the first delta, at what is kept."""

        async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
            if b'"delta"' in frame and not kept:
                kept.extend(run.shown for run in world.store.runs.values())
            return await MemoryLines.post(self, connection_id, frame)

    kept: list[str] = []
    world = World(provider=says("first", " second"), lines=Told()).room("ana")

    async def story() -> None:
        await world.enter("ana")
        await world.say("ana", send())
        world.clock.time_ms += 10_000
        await world.runs.settle(job(1), "receipt")

    asyncio.run(story())

    assert kept == ["first"]


@fault(25, 29)
@pytest.mark.parametrize("chunks", [{0: "seen"}, {}])
def test_who_fails_after_an_attempt_that_showed_nothing_keeps_what_the_one_before_showed(
    chunks: dict[int, str],
) -> None:
    broken = ModelFailed(RunErrorCode.MODEL_REJECTED, "No.")
    world = scene(0, provider=ScriptedProvider([broken]))
    dead = Run(RunId("r1"), DEMO.id, 1, RunState.STREAMING, 2, world.clock.time_ms, 1)
    world.store.runs[ROOM, DEMO.id, 1] = replace(dead, shown="seen" if not chunks else "")
    world.store.chunks[RunId("r1"), 1] = chunks

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert outcomes(world) == [("message", 1)]
    assert (world.log[1].text, world.log[1].body["finish_reason"]) == ("seen", "error")


def test_text_is_kept_as_soon_as_it_is_visible() -> None:
    kept: list[str] = []

    def look() -> None:
        kept.extend(text for run in world.store.chunks.values() for text in run.values())

    world = scene(0, provider=Paused(look))

    asyncio.run(world.runs.settle(job(1), "receipt"))

    assert kept == ["half "]


@dataclass(slots=True)
class Paused:
    """A provider that says half, lets everything happen that can, and looks."""

    look: Callable[[], None]

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Say half, look, say the rest."""
        yield TextPiece("half ")
        for _ in range(50):
            await asyncio.sleep(0)
        self.look()
        yield TextPiece("whole")
        yield STOP
