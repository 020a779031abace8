"""Whoever waits for something to be so, or follows what comes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress

from wireside_client.log import Event

type Watched = tuple[Callable[[], bool], "asyncio.Future[None]"]


class Watchers:
    """Of one conversation. After ``end`` nobody is told anything any more."""

    def __init__(self) -> None:
        self._watched: list[Watched] = []
        self._pulses: list[asyncio.Event] = []
        self._fresh: list[asyncio.Queue[Event | None]] = []
        self._is_over = False

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait, looking whenever anything changed. Raises: what ``is_so`` and ``fail`` raise."""
        if is_so():
            return
        happened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._watched.append((is_so, happened))
        await happened

    async def follow(self) -> AsyncIterator[Event]:
        """Yield every event that enters from now on."""
        coming: asyncio.Queue[Event | None] = asyncio.Queue()
        self._fresh.append(coming)
        try:
            while not self._is_over and (event := await coming.get()) is not None:
                yield event
        finally:
            self._fresh.remove(coming)

    async def changes(self) -> AsyncIterator[None]:
        """Yield whenever anything is different: many changes at once are one."""
        pulse = asyncio.Event()
        self._pulses.append(pulse)
        try:
            while not self._is_over:
                yield
                await pulse.wait()
                pulse.clear()
        finally:
            self._pulses.remove(pulse)

    def changed(self) -> None:
        """Wake whoever waits for what is so by now."""
        for pulse in self._pulses:
            pulse.set()
        for watched in [*self._watched]:
            is_so, happened = watched
            if happened.done() or _is_so(is_so, happened):
                self._watched.remove(watched)

    def entered(self, events: Iterable[Event]) -> None:
        """Hand events to whoever follows."""
        for event in events:
            for each in self._fresh:
                each.put_nowait(event)

    def fail(self, error: Exception) -> None:
        """Tell whoever waits that it will not happen."""
        watched, self._watched = self._watched, []
        for _, happened in watched:
            if not happened.done():
                happened.set_exception(error)

    def end(self, error: Exception) -> None:
        """Tell everybody that there is no more."""
        self._is_over = True
        self.fail(error)
        self.changed()
        for queue in self._fresh:
            queue.put_nowait(None)


def _is_so(is_so: Callable[[], bool], happened: "asyncio.Future[None]") -> bool:
    """Look; an error is told to who waits, and is no reason to lose a line."""
    with suppress(asyncio.InvalidStateError):
        try:
            if not is_so():
                return False
            happened.set_result(None)
        except Exception as error:  # noqa: BLE001 - theirs
            happened.set_exception(error)
    return True
