"""Scenarios beside each other: one backend more than there are cores, up to four; some wait."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Thread

from tests.crash.backend import Backend, backend
from tests.crash.harness import Report, Scenario, fail_everywhere

WORKERS = min(4, (os.cpu_count() or 2) + 1)


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


@dataclass(slots=True)
class Pool:
    """What becomes of each task."""

    reports: dict[Task, "Future[Report]"]
    everything: bool
    _waiting: "SimpleQueue[Task | None]" = field(default_factory=SimpleQueue)

    def work(self) -> None:
        """Do tasks until none is left."""
        try:
            with backend() as on:
                while task := self._waiting.get():
                    future = self.reports[task]
                    try:
                        future.set_result(task.run(on, everything=self.everything))
                    except BaseException as error:
                        future.set_exception(error)
        except BaseException as error:
            for each in self.reports.values():
                if not each.done():
                    each.set_exception(error)

    def give_out(self) -> None:
        """Queue all tasks, and an end for each worker."""
        for task in self.reports:
            self._waiting.put(task)
        for _ in range(WORKERS):
            self._waiting.put(None)


@contextmanager
def working(tasks: Sequence[Task], *, everything: bool) -> Iterator[Pool]:
    """Have tasks worked off beside what happens inside a block."""
    pool = Pool({each: Future() for each in tasks}, everything)
    pool.give_out()
    workers = [Thread(target=pool.work) for _ in range(min(WORKERS, len(tasks)))]
    for each in workers:
        each.start()
    try:
        yield pool
    finally:
        for each in workers:
            each.join()
