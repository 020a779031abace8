"""One attempt at an answer: the provider's pieces become deltas and checkpoints."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from wireside import wire
from wireside.domain.conversation import Subscription
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.items import Shelf
from wireside.domain.runs import (
    LEASE_SECONDS,
    MAX_DELTA_BYTES,
    WATCH_MS,
    Standing,
    delta_interval_ms,
)
from wireside.frames import FailureView
from wireside.ports import (
    Clock,
    Finished,
    InputTokens,
    ItemsPiece,
    JobQueue,
    Piece,
    Runs,
    TextPiece,
    ToolCall,
)
from wireside.services.delivery import Delivery
from wireside.services.feeds import Feed
from wireside.services.outcomes import Turn

MAX_ANSWER_BYTES = 300_000
"""Measured in JSON, as it is stored: an item of the table has at most 400 KB."""
CHECKPOINT_MS = 1_000
SHOWN_CODE_POINTS = 1_000
PARAGRAPH = "\n\n"
"""What parts the text before calls from the text after them."""
LISTENERS_FRESH_MS = 800
IDLE_MS = 400
"""How often, while nothing comes, it is looked after what may be due: half of what is fresh."""
VISIBILITY_SECONDS = 20


class _Sign(Enum):
    """What the wait for a piece may bring in place of one."""

    NOTHING_YET = "nothing yet"
    OVER = "over"


type _Arrivals = asyncio.Queue[Piece | _Sign]


@dataclass(frozen=True, slots=True)
class Outlets:
    """Where an attempt's text goes."""

    runs: Runs
    jobs: JobQueue
    delivery: Delivery
    clock: Clock


@dataclass(slots=True)
class Stream:
    """The text and results so far of one attempt, and how much of the text has gone where.

    ``lost`` is set once another worker holds the run, or an operator the conversation: from then
    on nothing may be said. ``stopped`` is set once somebody has stopped the run. ``called`` are
    the tools that were called in the round that begins after ``round_begins`` code points;
    ``input_tokens`` and ``finished`` are what the provider has said of itself in it.
    ``first_text_ms`` is how long after the provider was asked its first text was there; ``unheard``
    is a text that came for a run that was over by then.
    """

    outlets: Outlets
    turn: Turn
    receipt: str
    text: str = ""
    shelf: Shelf = field(default_factory=Shelf)
    called: list[ToolCall] = field(default_factory=list)
    round_begins: int = 0
    lost: bool = False
    stopped: Standing | None = None
    input_tokens: int | None = None
    finished: Finished | None = None
    asked_at_ms: int = 0
    first_text_ms: int | None = None
    unheard: str = ""
    room_bytes: int = MAX_ANSWER_BYTES
    told: int = 0
    kept: int = 0
    told_at_ms: int = 0
    kept_at_ms: int = 0
    listeners: Sequence[Subscription] = ()
    listeners_at_ms: int = 0
    watched_at_ms: int = 0
    feed: Feed = field(init=False)

    def __post_init__(self) -> None:
        """The lease was taken just now; whether the run was stopped, the first piece finds out."""
        self.kept_at_ms = self._now_ms()
        self.feed = Feed(self.outlets.delivery, self.turn.place.conversation_id)

    async def announce(self, because: ModelFailed | None = None) -> None:
        """Tell everybody that an attempt begins: ``started``, or ``retrying`` for a later one."""
        error: FailureView | None = (
            {"code": because.code.value, "message": str(because)} if because else None
        )
        state: Literal["started", "retrying"] = (
            "started" if self.turn.run.fence == 1 else "retrying"
        )
        frame = wire.run_frame(self.turn.place, self.turn.partial(), state, error)
        await self._tell(frame)

    async def hold(self, seconds: float) -> None:
        """Wait, and keep lease and job meanwhile."""
        until_ms = self._now_ms() + round(seconds * 1_000)
        while not self.is_over and (left_ms := until_ms - self._now_ms()) > 0:
            due_ms = max(1, self.kept_at_ms + CHECKPOINT_MS - self._now_ms())
            await self.outlets.clock.sleep(min(left_ms, due_ms, WATCH_MS) / 1_000)
            await self._move()

    async def meanwhile[T](self, work: Coroutine[Any, Any, T]) -> T | None:
        """Keep lease and job while something else is done; ``None`` where no more is wanted."""
        task = asyncio.create_task(work)
        try:
            while not self.is_over:
                await asyncio.wait({task}, timeout=IDLE_MS / 1_000)
                if task.done():
                    return task.result()
                await self._move()
            return None
        finally:
            task.cancel()

    def take_round(self) -> str:
        """End a round of calls and return what was said in it."""
        said = self.text[self.round_begins :].strip()
        self.round_begins = len(self.text)
        self.called = []
        return said

    async def add(self, text: str) -> None:
        """Say something that no provider said."""
        self._take(text)
        await self._tell_text()

    @property
    def is_over(self) -> bool:
        """Whether no more is wanted of this attempt."""
        return self.lost or self.stopped is not None

    async def pass_on(self, pieces: AsyncIterator[Piece], *, announcing: bool) -> Finished | None:
        """Pass on pieces until the end; ``None`` where no more is wanted.

        The provider is asked at once; what has to be told before its first piece is told
        meanwhile. An answer that grows too long ends with ``length``.

        Raises: ModelFailed.
        """
        arrivals: _Arrivals = asyncio.Queue()
        self.input_tokens = self.finished = None
        self.asked_at_ms = self.asked_at_ms or self._now_ms()
        reader = asyncio.create_task(self._read(pieces, arrivals))
        try:
            if announcing:
                await self.announce()
            while not self.is_over:
                if finished := await self._go_on(arrivals, reader):
                    await self._tell_text()
                    return finished
            return None
        finally:
            reader.cancel()
            await asyncio.gather(reader, self.feed.close(), return_exceptions=True)

    async def _go_on(self, arrivals: _Arrivals, reader: "asyncio.Task[None]") -> Finished | None:
        """Take what comes next, unless the run turns out to be stopped before anything came."""
        came = await self._next(arrivals)
        if not self.watched_at_ms:
            await self._watch()
        if not self.is_over:
            return await self._step(came, reader)
        self.unheard = came.text if isinstance(came, TextPiece) else ""
        return None

    async def _step(self, came: Piece | _Sign, reader: "asyncio.Task[None]") -> Finished | None:
        match came:
            case Finished() as finished:
                self.finished = finished
                return finished
            case InputTokens(count=count):
                self.input_tokens = count
            case TextPiece(text=text):
                if not self._take(text):
                    return Finished("length", usage=None)
            case ItemsPiece(items=items):
                self.shelf.put(items)
            case ToolCall() as call:
                self.called.append(call)
            case _Sign.OVER:
                await self._tell_text()
                raise await self._reason(reader)
            case _Sign.NOTHING_YET:
                await self._look_who_listens(IDLE_MS)
        await self._move()
        return None

    async def _reason(self, reader: "asyncio.Task[None]") -> ModelFailed:
        """Return why there is no more. Whatever a provider raises ends its attempt, not the job."""
        try:
            await reader
        except ModelFailed as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - the boundary to providers
            unexpected = ModelFailed(RunErrorCode.INTERNAL, "The assistant failed.")
            unexpected.__cause__ = error
            return unexpected
        # What there is may be all of it: it is not thrown away for another try.
        message, final = "The assistant stopped in mid-answer.", bool(self.text)
        code = RunErrorCode.MODEL_UNAVAILABLE
        return ModelFailed(code, message, detail="no end marker", is_final=final)

    async def _next(self, arrivals: _Arrivals) -> Piece | _Sign:
        """Wait for the next piece, but not beyond the next moment when something is due."""
        wait_ms = IDLE_MS
        if self.told < len(self.text):
            wait_ms = max(1, self.told_at_ms + self._interval_ms() - self._now_ms())
        try:
            return await asyncio.wait_for(arrivals.get(), wait_ms / 1_000)
        except TimeoutError:
            return _Sign.NOTHING_YET

    def _take(self, text: str) -> bool:
        """Add what there is room for, without lone surrogates; ``False`` when some was not."""
        clean = text.encode("utf-8", "replace").decode()
        if clean and self.text and len(self.text) == self.round_begins:
            clean = PARAGRAPH + clean
        fitting = wire.head(clean, self.room_bytes)
        self.text += fitting
        self.room_bytes -= wire.quoted_bytes(fitting)
        return len(fitting) == len(clean)

    async def _move(self) -> None:
        """Look after the run; send the delta and keep the checkpoint that are due."""
        await self._watch()
        if self.lost:
            return
        waiting = self.text[self.told :]
        now_ms = self._now_ms()
        is_first = self.told == 0
        is_large = len(waiting.encode()) >= MAX_DELTA_BYTES
        is_time = now_ms - self.told_at_ms >= self._interval_ms()
        if waiting and (is_first or is_large or is_time):
            await self._tell_text()
        # Whoever succeeds this worker has to know that text was visible, however early it dies.
        is_unknown = self.kept == 0 and self.told > 0
        if is_unknown or now_ms - self.kept_at_ms >= CHECKPOINT_MS:
            await self._keep()

    async def _watch(self) -> None:
        """Learn, at most 400 ms late, of a stop, a takeover, and of whoever took the run over."""
        now_ms = self._now_ms()
        if now_ms - self.watched_at_ms < WATCH_MS:
            return
        self.watched_at_ms = now_ms
        run = self.turn.run
        standing = await self.outlets.runs.standing(self.turn.place.conversation_id, run)
        self.lost = self.lost or not self.turn.is_held(standing)
        if standing is not None and standing.stops(run):
            self.stopped = standing

    async def _tell_text(self) -> None:
        """Send what waits; only a provider that speaks in bulk makes it more than one frame."""
        if self.text and not self.told:
            await self._show_first()
        while not self.lost and self.told < len(self.text):
            offset = self.told
            text = wire.head(self.text[offset:], wire.MAX_FRAME_BYTES)
            self.told, self.told_at_ms = offset + len(text), self._now_ms()
            partial = self.turn.partial()
            await self._tell(wire.delta_frame(self.turn.place, partial, offset=offset, text=text))

    async def _show_first(self) -> None:
        """Note the first text before anybody sees it.

        However early this worker dies, whoever succeeds it knows that text may have been visible.
        """
        conversation_id, run = self.turn.place.conversation_id, self.turn.run
        first = self.text[:SHOWN_CODE_POINTS]
        self.lost = self.lost or not await self.outlets.runs.show(conversation_id, run, first)

    async def _keep(self) -> None:
        """Append a chunk, extend lease and visibility; notice when the fence is another's."""
        now_ms = self._now_ms()
        offset, text = self.kept, self.text[self.kept :]
        self.kept, self.kept_at_ms = len(self.text), now_ms
        held = await self.outlets.runs.checkpoint(
            self.turn.place.conversation_id,
            self.turn.run,
            offset=offset,
            text=text,
            lease_until_ms=now_ms + LEASE_SECONDS * 1_000,
        )
        self.lost = self.lost or not held
        await self.outlets.jobs.extend(self.receipt, VISIBILITY_SECONDS)

    async def _tell(self, frame: bytes) -> None:
        await self._look_who_listens(LISTENERS_FRESH_MS)
        within_seconds = self._interval_ms() / 1_000
        await self.feed.tell(self.listeners, frame, within_seconds=within_seconds)

    async def _look_who_listens(self, fresh_ms: int) -> None:
        now_ms = self._now_ms()
        if now_ms - self.listeners_at_ms >= fresh_ms:
            conversation_id = self.turn.place.conversation_id
            self.listeners = await self.outlets.delivery.listeners(conversation_id)
            self.listeners_at_ms = now_ms

    def _interval_ms(self) -> int:
        return delta_interval_ms(len(self.listeners), self.turn.streams)

    def _now_ms(self) -> int:
        return self.outlets.clock.now_ms()

    async def _read(self, pieces: AsyncIterator[Piece], arrivals: _Arrivals) -> None:
        try:
            async for piece in pieces:
                if self.first_text_ms is None and isinstance(piece, TextPiece):
                    self.first_text_ms = self._now_ms() - self.asked_at_ms
                arrivals.put_nowait(piece)
        finally:
            arrivals.put_nowait(_Sign.OVER)
