"""Answers: as many attempts as it takes and may take, and what comes of the last one."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from wireside.domain.conversation import Assistant
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.events import Event
from wireside.domain.items import Item, listed, ranked
from wireside.domain.quotas import Amount
from wireside.domain.runs import LEASE_SECONDS, Standing, backoff_seconds, count_streams
from wireside.domain.tools import tool_name
from wireside.ports import (
    Clock,
    Finished,
    JobQueue,
    Journal,
    Log,
    Provider,
    Providers,
    Question,
    Runs,
    Usage,
)
from wireside.services.calling import Calling, Calls
from wireside.services.charging import Charging, most_of
from wireside.services.delivery import Delivery
from wireside.services.outcomes import UNASKED, Answer, Took, Turn
from wireside.services.questions import question_of, read_turn
from wireside.services.streams import Outlets, Stream
from wireside.services.tallies import Tally, estimated, usage_of

EMPTY = {
    "stop": (RunErrorCode.MODEL_UNAVAILABLE, "The assistant gave no answer."),
    "length": (RunErrorCode.MODEL_REJECTED, "The assistant ran out of tokens before it spoke."),
    "filtered": (RunErrorCode.CONTENT_FILTERED, "The assistant's provider filtered its answer."),
}
"""What an answer without text means, by the reason for which it ended."""
NONE = Usage(0, 0, estimated=False)
"""What a worker used that asked people, and no provider."""


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and the turn under whose fence it may enter the log.

    Without an answer the run is another's, or silenced. ``stopped`` says how far it was stopped, if
    it was, ``took`` what the tries took.
    """

    turn: Turn
    answer: Answer | None
    stopped: Standing | None = None
    took: Took = UNASKED


@dataclass(frozen=True, slots=True)
class Answering:
    """Asks providers and streams what they say.

    ``chance`` draws from 0 to 1: waits have full jitter, so that workers do not come back in step.
    """

    log: Log
    runs: Runs
    jobs: JobQueue
    delivery: Delivery
    providers: Providers
    clock: Clock
    journal: Journal
    calling: Calling
    charging: Charging
    chance: Callable[[], float] = field(default=random.random)

    async def answer(self, turn: Turn, receipt: str, *, deadline_ms: int) -> Answered:
        """Try until there is an answer, a final failure, or somebody else who holds the run.

        Each try has a fence of its own: a later one starts the text again, for everybody to see.
        """
        patience = turn.assistant.patience
        deadline_ms = min(deadline_ms, self.clock.now_ms() + round(patience.answer_seconds * 1_000))
        events, turn_from = await read_turn(self.log, turn)
        asking = Asking(events, turn, turn_from, await self.calling.begin(turn, events))
        turn = replace(turn, streams=count_streams(events, turn.run.first_seq))
        answered = await self._tries(self._stream(turn, receipt), asking, deadline_ms)
        return replace(answered, took=asking.tally.took)

    async def _tries(self, stream: Stream, asking: "Asking", deadline_ms: int) -> Answered:
        patience, tried = stream.turn.assistant.patience, 1
        while True:
            outcome = await self._try(stream, asking, deadline_ms, announcing=tried == 1)
            if not isinstance(outcome, ModelFailed):
                return outcome
            self._note(stream.turn, outcome, tried)
            wait_seconds = self._wait_seconds(outcome, tried)
            is_too_late = self.clock.now_ms() + wait_seconds * 1_000 >= deadline_ms
            if not outcome.may_be_tried_again or tried >= patience.tries or is_too_late:
                return _failed(stream, asking, outcome)
            again = await self._again(stream, outcome)
            if again is None:
                return Answered(stream.turn, None)
            stream, tried = again, tried + 1
            asking.calls.begin_again()
            await stream.hold(wait_seconds)
            if stream.is_over:
                return _cut_short(stream, asking)
            # What was deleted meanwhile is not sent a second time.
            asking.events, asking.turn_from = await read_turn(self.log, asking.turn)

    def prepare(self, assistant: Assistant) -> Provider | None:
        """Return the assistant's provider; ``None`` where the assistant is not configured any more.

        What a provider needs is imported now: called early, it costs no answer any time.
        """
        if assistant not in self.providers.assistants:
            return None
        self.calling.prepare(assistant)
        return self.providers.of(assistant)

    def _stream(self, turn: Turn, receipt: str) -> Stream:
        return Stream(Outlets(self.runs, self.jobs, self.delivery, self.clock), turn, receipt)

    async def _try(
        self, stream: Stream, asking: "Asking", deadline_ms: int, *, announcing: bool
    ) -> Answered | ModelFailed:
        seconds = max(0.0, (deadline_ms - self.clock.now_ms()) / 1_000)
        provider = self.prepare(stream.turn.assistant)
        if provider is None:
            code, message = RunErrorCode.MODEL_UNAVAILABLE, "This assistant is not here any more."
            return ModelFailed(
                code, message, detail="not configured", is_final=True, is_refusal=True
            )
        try:
            async with asyncio.timeout(seconds):
                finished = await self._converse(stream, provider, asking, announcing=announcing)
        except ModelFailed as failure:
            return failure
        except TimeoutError:
            message = "The assistant took too long."
            return ModelFailed(RunErrorCode.MODEL_TIMEOUT, message, is_final=True)
        if finished is None:
            return _cut_short(stream, asking)
        return _finished(stream, finished)

    async def _converse(
        self, stream: Stream, provider: Provider, asking: "Asking", *, announcing: bool
    ) -> Finished | None:
        """Ask, carry out what was called, and ask again; ``None`` where no more is wanted."""
        calls = asking.calls
        if calls.open and announcing:
            await stream.announce()
            announcing = False
        while True:
            await self.calling.carry_out(calls, stream)
            if stream.is_over:
                return None
            if calls.waiting:
                await stream.add(question_for_people(calls.waiting))
                return Finished("stop", asking.used)
            question = asking.question()
            finished = await self._ask(stream, provider, asking, question, announcing=announcing)
            announcing = False
            if finished is None:
                return None
            asking.note_usage(stream, question)
            if not stream.called or not question.may_call or not question.tools:
                return Finished(finished.reason, asking.used)
            await self.calling.note(calls, stream, stream.called)

    async def _ask(
        self,
        stream: Stream,
        provider: Provider,
        asking: "Asking",
        question: Question,
        *,
        announcing: bool,
    ) -> Finished | None:
        """Ask one question, within what may be used; ``None`` where no more is wanted."""
        most = most_of(question, stream.turn.assistant)
        turn = await self.charging.reserve(stream.turn, asking.tally.charged, most)
        if turn is None:
            stream.lost = True
            return None
        stream.turn = turn
        with asking.tally.counting(stream, question, most):
            return await stream.pass_on(provider.answer(question), announcing=announcing)

    async def _again(self, failed: Stream, because: ModelFailed) -> Stream | None:
        """Begin the next attempt: a higher fence, told at once; ``None``: the run is another's."""
        turn = failed.turn
        until_ms = self.clock.now_ms() + LEASE_SECONDS * 1_000
        held = await self.runs.begin_again(
            turn.place.conversation_id, turn.run, lease_until_ms=until_ms
        )
        if not held:
            return None
        run = replace(turn.run, fence=turn.run.fence + 1, lease_until_ms=until_ms)
        turn = replace(turn, run=run, seen=failed.text or turn.seen)
        stream = self._stream(turn, failed.receipt)
        await stream.announce(because)
        return stream

    def _wait_seconds(self, failure: ModelFailed, tried: int) -> float:
        """Return a backoff with full jitter, but not less than the provider asks for."""
        return max(backoff_seconds(tried) * self.chance(), failure.retry_after_seconds or 0)

    def _note(self, turn: Turn, failure: ModelFailed, tried: int) -> None:
        self.journal.failed(
            "assistant failed",
            failure,
            conversation_id=turn.place.conversation_id,
            run_id=turn.run.id,
            assistant=turn.assistant.name,
            code=failure.code.value,
            detail=failure.detail,
            tried=tried,
        )


def _finished(stream: Stream, finished: Finished) -> Answered | ModelFailed:
    # Results without a word are told as a list: who knows no results reads them all the same.
    items = ranked(stream.shelf.items)
    text = stream.text or listed(items)
    if not text:
        code, message = EMPTY[finished.reason]
        return ModelFailed(code, message, detail=f"empty, {finished.reason}")
    usage = finished.usage or NONE
    return Answered(stream.turn, Answer(text, finished.reason, usage, items=items))


def _cut_short(stream: Stream, asking: "Asking") -> Answered:
    """Return what was visible when the run was stopped; nothing where it is not ours to tell."""
    if stream.lost:
        return Answered(stream.turn, None)
    text, items = _said(stream)
    answer = Answer(text, "stopped", asking.spent(stream, text), items=items)
    return Answered(stream.turn, answer, stream.stopped)


def _failed(stream: Stream, asking: "Asking", failure: ModelFailed) -> Answered:
    """Return the failure; what was visible, in this attempt or an earlier one, is kept."""
    text, items = _said(stream)
    answer = Answer(text, "error", asking.spent(stream, text), failure, items)
    return Answered(stream.turn, answer)


def _said(stream: Stream) -> tuple[str, tuple[Item, ...]]:
    """Return text and results of this attempt, or the text that an earlier one has shown."""
    if not stream.text and stream.turn.seen:
        return stream.turn.seen, ()
    items = ranked(stream.shelf.items)
    return stream.text or listed(items), items


@dataclass(slots=True)
class Asking:
    """What is asked in one turn, question after question. ``used`` is what they took together."""

    events: Sequence[Event]
    turn: Turn
    turn_from: int
    calls: Calls
    used: Usage | None = None
    tally: Tally = field(init=False)

    def __post_init__(self) -> None:
        """What is reserved already is of workers who are not there to tell what it took."""
        reserved = self.turn.run.reserved
        self.tally = Tally(charged=reserved.amount if reserved else Amount())

    def question(self) -> Question:
        """Return what to ask now."""
        return question_of(self.events, self.turn, self.turn_from, self.calls)

    def note_usage(self, stream: Stream, question: Question) -> None:
        """Add what one question took; where the provider did not tell, it is estimated."""
        self.used = _sum(self.used, usage_of(stream, question))

    def spent(self, stream: Stream, text: str) -> Usage:
        """Estimate what everything took, with a question whose answer did not end."""
        return _sum(self.used, estimated(stream, self.question(), text))


def _sum(one: Usage | None, other: Usage) -> Usage:
    if one is None:
        return other
    return Usage(
        one.input_tokens + other.input_tokens,
        one.output_tokens + other.output_tokens,
        estimated=one.estimated or other.estimated,
    )


def question_for_people(calls: Sequence[Event]) -> str:
    """Return how an assistant asks whether it may."""
    names = ", ".join(dict.fromkeys(map(tool_name, calls)))
    return f"I would like to use {names}. Please approve or decline it."
