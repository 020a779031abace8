"""Scenarios beside each other: a process and a backend for each core and one more, up to four.

Processes, not threads: whoever plays a scenario also relays every call that its functions make.
"""

import multiprocessing
import os
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue, SimpleQueue
from queue import Empty
from threading import Thread

from tests.crash.backend import Backend, backend
from tests.crash.harness import Report, Scenario, fail_everywhere

LOOK_SECONDS = 5
WORKERS = min(4, (os.cpu_count() or 2) + 1)
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Task:
    """A scenario with functions as they are, or with some that are broken."""

    scenario: Scenario
    variant: str | None = None

    def run(self, on: Backend, *, everything: bool) -> Report:
        """Let it fail everywhere; broken functions, until that shows."""
        if self.variant is None:
            return fail_everywhere(on, self.scenario, everything=everything)
        with on.broken(self.variant):
            return fail_everywhere(on, self.scenario, until_it_goes_wrong=True)


type Waiting = SimpleQueue[Task | None]
type Done = Queue[tuple[Task | None, Report | str | None]]


@dataclass(slots=True)
class Pool:
    """What becomes of each task."""

    reports: dict[Task, "Future[Report]"]

    def collect(self, done: Done, workers: Sequence[BaseProcess]) -> None:
        """Take what workers tell, until each of them has told its own end, or died without."""
        running = len(workers)
        while running:
            try:
                task, came = done.get(timeout=LOOK_SECONDS)
            except Empty:
                if any(each.exitcode for each in workers):
                    return self._end("a worker died")
                continue
            if task is None:
                running -= 1
                self._end(came)
            elif isinstance(came, Report):
                self.reports[task].set_result(came)
            else:
                self.reports[task].set_exception(RuntimeError(came))
        return None

    def _end(self, trouble: object) -> None:
        """A worker that ends in trouble takes everything with it that is not done."""
        for each in self.reports.values() if trouble else ():
            if not each.done():
                each.set_exception(RuntimeError(trouble))


def work(waiting: Waiting, done: Done, *, everything: bool) -> None:
    """Do tasks until none is left; tell each, and at last the end."""
    Thread(target=_end_with_parent, daemon=True).start()
    trouble = None
    try:
        with backend() as on:
            while task := waiting.get():
                done.put((task, _report(task, on, everything=everything)))
    except BaseException:
        trouble = traceback.format_exc()
        raise
    finally:
        done.put((None, trouble))


def _end_with_parent() -> None:
    """Nobody waits for a worker whose parent was killed."""
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _report(task: Task, on: Backend, *, everything: bool) -> Report | str:
    try:
        return task.run(on, everything=everything)
    except Exception:
        return traceback.format_exc()


@contextmanager
def working(tasks: Sequence[Task], *, everything: bool) -> Iterator[Pool]:
    """Have tasks worked off beside what happens inside a block.

    Raises: RuntimeError where a worker ended in trouble, whatever came of its tasks.
    """
    pool = Pool({each: Future() for each in tasks})
    waiting: Waiting = _CONTEXT.SimpleQueue()
    done: Done = _CONTEXT.Queue()
    workers = [
        _CONTEXT.Process(
            target=work, args=(waiting, done), kwargs={"everything": everything}, daemon=True
        )
        for _ in range(WORKERS)
    ]
    for each in workers:
        each.start()
    collector = Thread(target=pool.collect, args=(done, workers))
    collector.start()
    giver = Thread(target=_give_out, args=(waiting, [*pool.reports]))
    giver.start()
    yield pool
    for thread in (giver, collector):
        thread.join()
    for each in workers:
        each.join()
    if any(each.exitcode for each in workers):
        message = "a worker ended in trouble"
        raise RuntimeError(message)


def _give_out(waiting: Waiting, tasks: Sequence[Task]) -> None:
    """Hand out all tasks, and an end for each worker. A full queue makes this wait."""
    for each in (*tasks, *[None] * WORKERS):
        waiting.put(each)
