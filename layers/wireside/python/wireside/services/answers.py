"""One attempt at an answer: the provider's pieces become deltas, checkpoints and an outcome."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from wireside import wire
from wireside.domain.changes import SettleRun
from wireside.domain.context import build_context, estimate_tokens
from wireside.domain.conversation import Assistant, Subscription
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import Draft, JsonValue, Kind
from wireside.domain.runs import (
    LEASE_SECONDS,
    MAX_DELTA_BYTES,
    Partial,
    Run,
    delta_interval_ms,
)
from wireside.ports import (
    Clock,
    Finished,
    JobQueue,
    Log,
    Piece,
    Providers,
    Question,
    Runs,
    TextPiece,
    Usage,
)
from wireside.services.delivery import Delivery

MAX_ANSWER_BYTES = 300_000
"""Measured in JSON, as it is stored: an item of the table has at most 400 KB."""
CHECKPOINT_MS = 1_000
LISTENERS_FRESH_MS = 800
VISIBILITY_SECONDS = 20
CONTEXT_EVENTS = 300

type FinishReason = Literal["stop", "length", "filtered", "error"]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a run answers, and the values on which its outcome depends."""

    place: wire.Place
    assistant: Assistant
    run: Run
    through_seq: int
    answered_before: int
    operator_epoch: int

    def partial(self, text: str = "") -> Partial:
        """Return the run as frames name it."""
        run = self.run
        return Partial(run.id, run.assistant_id, self.through_seq, run.fence, text)

    def settlement(self) -> SettleRun:
        """Return the change that ends the run, with its conditions."""
        return SettleRun(
            assistant_id=self.assistant.id,
            first_seq=self.run.first_seq,
            fence=self.run.fence,
            through_seq=self.through_seq,
            answered_before=self.answered_before,
            operator_epoch=self.operator_epoch,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a turn: text with a reason to end, or a failure before any text."""

    text: str
    finish_reason: FinishReason
    usage: Usage
    failure: ModelFailed | None = None


def outcome_draft(turn: Turn, answer: Answer) -> Draft:
    """Return the event that settles the turn: ``message``, or ``run_failed`` without any text."""
    about: dict[str, JsonValue] = {"run_id": turn.run.id, "trigger_seq": turn.through_seq}
    sender = turn.assistant.participant
    if answer.failure is not None and not answer.text:
        failed: dict[str, JsonValue] = {
            "participant": turn.assistant.id,
            "code": answer.failure.code.value,
            "message": str(answer.failure),
        }
        return Draft(Kind.RUN_FAILED, sender, about | failed)
    usage = answer.usage
    said: dict[str, JsonValue] = {
        "text": answer.text,
        "model": turn.assistant.model,
        "finish_reason": answer.finish_reason,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "estimated": usage.estimated,
        },
    }
    return Draft(Kind.MESSAGE, sender, about | said)


@dataclass(frozen=True, slots=True)
class Answering:
    """Streams answers."""

    log: Log
    runs: Runs
    jobs: JobQueue
    delivery: Delivery
    providers: Providers
    clock: Clock

    async def stream(self, turn: Turn, receipt: str, *, deadline_ms: int) -> Answer | None:
        """Ask the provider and pass on what it says; ``None``: another worker took over."""
        question = await self._question(turn)
        stream = _Stream(self, turn, receipt)
        await stream.begin()
        seconds = max(0.0, (deadline_ms - self.clock.now_ms()) / 1_000)
        pieces = self.providers.of(turn.assistant).answer(question)
        try:
            async with asyncio.timeout(seconds):
                finished = await stream.pass_on(pieces)
        except ModelFailed as failure:
            return stream.failed(question, failure)
        except TimeoutError:
            message = "The assistant took too long."
            return stream.failed(question, ModelFailed(RunErrorCode.MODEL_TIMEOUT, message))
        return stream.finished(question, finished)

    async def _question(self, turn: Turn) -> Question:
        log = await self.log.before(
            turn.place.conversation_id, turn.through_seq + 1, limit=CONTEXT_EVENTS
        )
        assistant = turn.assistant
        messages = build_context(log, assistant.id, budget_tokens=assistant.context_tokens)
        return Question(
            conversation_id=turn.place.conversation_id,
            run_id=turn.run.id,
            system_prompt=assistant.system_prompt,
            messages=messages,
            model=assistant.model,
        )


class _Sign(Enum):
    """What the wait for a piece may bring in place of one."""

    NOTHING_YET = "nothing yet"
    OVER = "over"


type _Arrivals = asyncio.Queue[Piece | _Sign]


@dataclass(slots=True)
class _Stream:
    """The text so far of one attempt, and how much of it has gone where."""

    answering: Answering
    turn: Turn
    receipt: str
    text: str = ""
    room_bytes: int = MAX_ANSWER_BYTES
    told: int = 0
    kept: int = 0
    lost: bool = False
    told_at_ms: int = 0
    kept_at_ms: int = 0
    listeners: Sequence[Subscription] = ()
    listeners_at_ms: int = 0

    async def begin(self) -> None:
        """Tell everybody that an attempt begins: ``started``, or ``retrying`` for a later one."""
        self.kept_at_ms = self.answering.clock.now_ms()
        state = "started" if self.turn.run.fence == 1 else "retrying"
        fields = wire.run_fields(self.turn.place, self.turn.partial(), state)
        await self._tell(wire.encode(wire.frame("run", fields)))

    async def pass_on(self, pieces: AsyncIterator[Piece]) -> Finished | None:
        """Pass on pieces until the end; ``None`` where the answer grew too long or was lost."""
        arrivals: _Arrivals = asyncio.Queue()
        reader = asyncio.create_task(_read(pieces, arrivals))
        try:
            while not self.lost:
                match await self._next(arrivals):
                    case Finished() as finished:
                        await self._tell_text()
                        return finished
                    case TextPiece(text=text):
                        if not self._take(text):
                            await self._tell_text()
                            return Finished("length", usage=None)
                    case _Sign.OVER:
                        await reader
                        message = "The assistant stopped in mid-answer."
                        raise ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, message)
                    case _Sign.NOTHING_YET:
                        pass
                await self._move()
            return None
        finally:
            reader.cancel()

    async def _next(self, arrivals: _Arrivals) -> Piece | _Sign:
        """Wait for the next piece, but not beyond the next moment when something is due."""
        wait_ms = CHECKPOINT_MS
        if self.told < len(self.text):
            wait_ms = max(1, self.told_at_ms + self._interval_ms() - self._now_ms())
        try:
            return await asyncio.wait_for(arrivals.get(), wait_ms / 1_000)
        except TimeoutError:
            return _Sign.NOTHING_YET

    def _take(self, text: str) -> bool:
        """Add what there is room for, without lone surrogates; ``False`` when some was not."""
        clean = text.encode("utf-8", "replace").decode()
        fitting = wire.head(clean, self.room_bytes)
        self.text += fitting
        self.room_bytes -= wire.quoted_bytes(fitting)
        return len(fitting) == len(clean)

    async def _move(self) -> None:
        """Send the delta and keep the checkpoint that are due."""
        waiting = self.text[self.told :]
        now_ms = self._now_ms()
        is_first = self.told == 0
        is_large = len(waiting.encode()) >= MAX_DELTA_BYTES
        is_time = now_ms - self.told_at_ms >= self._interval_ms()
        if waiting and (is_first or is_large or is_time):
            await self._tell_text()
        if now_ms - self.kept_at_ms >= CHECKPOINT_MS:
            await self._keep()

    async def _tell_text(self) -> None:
        """Send what waits; only a provider that speaks in bulk makes it more than one frame."""
        while self.told < len(self.text):
            offset = self.told
            text = wire.head(self.text[offset:], wire.MAX_FRAME_BYTES)
            self.told, self.told_at_ms = offset + len(text), self._now_ms()
            partial = self.turn.partial()
            await self._tell(wire.delta_frame(self.turn.place, partial, offset=offset, text=text))

    async def _keep(self) -> None:
        """Append a chunk, extend lease and visibility; notice when the fence is another's."""
        now_ms = self._now_ms()
        offset, text = self.kept, self.text[self.kept :]
        self.kept, self.kept_at_ms = len(self.text), now_ms
        held = await self.answering.runs.checkpoint(
            self.turn.place.conversation_id,
            self.turn.run,
            offset=offset,
            text=text,
            lease_until_ms=now_ms + LEASE_SECONDS * 1_000,
        )
        self.lost = not held
        await self.answering.jobs.extend(self.receipt, VISIBILITY_SECONDS)

    async def _tell(self, frame: bytes) -> None:
        conversation_id = self.turn.place.conversation_id
        now_ms = self._now_ms()
        if now_ms - self.listeners_at_ms >= LISTENERS_FRESH_MS:
            self.listeners = await self.answering.delivery.listeners(conversation_id)
            self.listeners_at_ms = now_ms
        await self.answering.delivery.tell(conversation_id, self.listeners, frame)

    def _interval_ms(self) -> int:
        return delta_interval_ms(len(self.listeners), 1)

    def _now_ms(self) -> int:
        return self.answering.clock.now_ms()

    def finished(self, question: Question, finished: Finished | None) -> Answer | None:
        """Return the answer; ``None`` where the fence was lost."""
        if finished is None:
            return None
        if not self.text and finished.reason == "stop":
            message = "The assistant gave no answer."
            return self.failed(question, ModelFailed(RunErrorCode.MODEL_UNAVAILABLE, message))
        usage = finished.usage or self._estimated(question)
        return Answer(self.text, finished.reason, usage)

    def failed(self, question: Question, failure: ModelFailed) -> Answer:
        """Return the failure; what was visible is kept."""
        return Answer(self.text, "error", self._estimated(question), failure)

    def _estimated(self, question: Question) -> Usage:
        asked = sum(estimate_tokens(each.text) for each in question.messages)
        prompt = estimate_tokens(question.system_prompt)
        return Usage(asked + prompt, estimate_tokens(self.text), estimated=True)


async def _read(pieces: AsyncIterator[Piece], arrivals: _Arrivals) -> None:
    try:
        async for piece in pieces:
            arrivals.put_nowait(piece)
    finally:
        arrivals.put_nowait(_Sign.OVER)
