"""A function's workers: as many as there are events at once, up to a limit."""

import asyncio
import json
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from local.invocation import Invocation
from local.model import Function
from local.place import Place
from local.worker import Worker

PATIENCE_SECONDS = 0.03
"""A worker that is soon free beats one that must start: on two cores that takes a second."""
IDLE_SECONDS = 120


@dataclass(slots=True)
class Pool:
    """Calls one function. Events wait in line while all of its ``most`` workers are busy."""

    function: Function
    place: Place
    most: int
    last_invoked: float = 0.0
    _waiting: deque[Invocation] = field(default_factory=deque)
    _idle: list[Worker] = field(default_factory=list)
    _all: set[Worker] = field(default_factory=set)
    _starting: int = 0
    _timer: asyncio.TimerHandle | None = None
    _tasks: set["asyncio.Task[Any]"] = field(default_factory=set)
    _stopped: bool = False

    async def warm(self) -> None:
        """Have one worker ready. One that cannot start is reported, and tried again when needed."""
        if not self._all:
            await self._start()

    async def invoke(self, event: object) -> Any:
        """Return the function's answer to an event.

        Whoever is cancelled here stops waiting; the function goes on, as Lambda's does.
        Raises: FunctionError.
        """
        invocation = Invocation(json.dumps(event, separators=(",", ":")).encode())
        self.last_invoked = time.monotonic()
        self._waiting.append(invocation)
        self._dispatch()
        answer = await invocation.answer
        return json.loads(answer) if answer else None

    def _dispatch(self) -> None:
        """Give waiting events to idle workers, and see about more workers."""
        while self._waiting and self._idle:
            worker = self._idle.pop()
            invocation = self._waiting.popleft()
            if invocation.answer.done():
                self._idle.append(worker)
            else:
                worker.run(invocation)
        if self._waiting and self._timer is None:
            delay = PATIENCE_SECONDS if self._all else 0
            self._timer = asyncio.get_running_loop().call_later(delay, self._grow)

    def _grow(self) -> None:
        """Start one more worker where events wait and there is room; look again in a moment."""
        self._timer = None
        room = self.most - len(self._all)
        if self._waiting and room > 0 and self._starting < len(self._waiting):
            self._background(self._start())
        if self._waiting and room > 1:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(PATIENCE_SECONDS, self._grow)

    async def _start(self) -> None:
        if self._stopped:
            return
        worker = Worker(self.function, self.place, self._on_idle, self._on_end)
        started = time.perf_counter()
        self._all.add(worker)
        self._starting += 1
        try:
            is_ready = await worker.start()
        finally:
            self._starting -= 1
        if not is_ready:
            self._could_not_start(worker)
            return
        took_ms = (time.perf_counter() - started) * 1_000
        self.place.say(f"{self.function.name}: started in {took_ms:.0f} ms")
        self._on_idle(worker)

    def _could_not_start(self, worker: Worker) -> None:
        self._all.discard(worker)
        if self._stopped:
            return
        self.place.say(f"{self.function.name}: cannot start: {worker.failure}")
        if self._waiting:
            self._waiting.popleft().fail("Runtime.InitError", worker.failure)
        self._dispatch()

    def _on_idle(self, worker: Worker) -> None:
        if worker.stale:
            self._discard(worker)
            self._dispatch()
            return
        self._idle.append(worker)
        self._dispatch()
        self._shrink()

    def _on_end(self, worker: Worker) -> None:
        self._all.discard(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        if not self._stopped:
            self._background(worker.stop())
            self._dispatch()

    def _shrink(self) -> None:
        """End the workers that have had nothing to do for long; one stays."""
        before = time.monotonic() - IDLE_SECONDS
        while len(self._idle) > 1 and self._idle[0].last_used < before:
            self._discard(self._idle.pop(0))

    def _discard(self, worker: Worker) -> None:
        self._all.discard(worker)
        self._background(worker.stop())

    def _background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def retire(self) -> None:
        """Replace all workers: idle ones now, busy ones when they are done."""
        for worker in self._all:
            worker.stale = True
        while self._idle:
            self._discard(self._idle.pop())
        self._background(self._start())

    async def stop(self) -> None:
        """End all workers; what still waits fails."""
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()
        while self._waiting:
            self._waiting.popleft().fail("Runtime.Stopped", "the local run ends")
        workers = list(self._all)
        await asyncio.gather(*(worker.stop() for worker in workers))
        await asyncio.gather(*self._tasks, return_exceptions=True)
