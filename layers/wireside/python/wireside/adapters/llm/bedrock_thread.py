"""The thread that asks Bedrock and reads its stream, for a loop that may leave at any time."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any, Final

END: Final = object()
"""What comes last where nothing went wrong."""


@dataclass(slots=True)
class Reading:
    """One call. ``came`` gets every event, then ``END`` or the exception that ended it.

    The thread is a daemon and no executor's: what waits for a silent server holds nobody up, and
    ends with the client's own read time-out at the latest.
    """

    client: Callable[[], Any]
    asked: dict[str, Any]
    came: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    _lock: Lock = field(default_factory=Lock)
    _stream: Any = None
    _left: Event = field(default_factory=Event)

    def start(self) -> None:
        """Begin to ask."""
        Thread(target=self._run, name="bedrock", daemon=True).start()

    def leave(self) -> None:
        """Want no more. The thread wakes up and closes the stream."""
        with self._lock:
            self._left.set()
            if self._stream is not None:
                _wake(self._stream)

    def _run(self) -> None:
        try:
            self._read()
        except Exception as error:  # noqa: BLE001 - it belongs to who waits in the loop
            self._hand_over(error)
        else:
            self._hand_over(END)

    def _read(self) -> None:
        stream = self.client().converse_stream(**self.asked)["stream"]
        try:
            with self._lock:
                self._stream = stream
                if self._left.is_set():
                    return
            for event in stream:
                if self._left.is_set():
                    break
                self._hand_over(event)
        finally:
            with self._lock:
                self._stream = None
            stream.close()

    def _hand_over(self, came: object) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to tell
            self._loop.call_soon_threadsafe(self.came.put_nowait, came)


def _wake(stream: Any) -> None:
    """End what the thread waits for.

    To close it from here would wait for the thread itself. An older urllib3 has no ``shutdown``;
    there the read time-out wakes the thread.
    """
    shutdown = getattr(getattr(stream, "_raw_stream", None), "shutdown", None)
    if shutdown is not None:
        with suppress(OSError, ValueError, RuntimeError):
            shutdown()
