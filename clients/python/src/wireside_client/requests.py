"""Questions of one link: ``open``, ``close``, ``sync``, ``stop`` and ``refresh``."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from wireside_client.timing import Alarm, Backoff, Clock

type Frame = dict[str, Any]

ANSWER_SECONDS = 5.0
SERIAL = frozenset({"open", "close"})


@dataclass(slots=True)
class _Request:
    frame: Frame
    alarm: Alarm
    backoff: Backoff
    on_answer: Callable[[Frame], None]

    @property
    def is_serial(self) -> bool:
        return self.frame["action"] in SERIAL


class Requests:
    """Repeats each question until it is answered.

    Of ``open`` and ``close`` only one is under way at a time, as the protocol wants it.
    """

    def __init__(self, clock: Clock, send: Callable[[Frame], bool]) -> None:
        self._clock = clock
        self._send = send
        self._refs = count(1)
        self._asked: dict[str, _Request] = {}
        self._queue: deque[_Request] = deque()

    def ask(self, frame: Frame, on_answer: Callable[[Frame], None]) -> None:
        """Ask until answered, or until ``forget``; ``on_answer`` also gets a final error."""
        ref = f"r{next(self._refs)}"
        request = _Request(
            {**frame, "ref": ref}, Alarm(self._clock), Backoff(self._clock), on_answer
        )
        if request.is_serial and self._is_opening:
            self._queue.append(request)
        else:
            self._start(request)

    def settle(self, answer: Frame) -> None:
        """Take any frame; those that answer nothing are left alone."""
        ref = answer.get("ref", "")
        request = self._asked.get(ref)
        if request is None:
            return
        if answer["type"] == "error" and answer["retryable"]:
            wait_ms = answer.get("retry_after_ms")
            wait = request.backoff.next() if wait_ms is None else wait_ms / 1_000
            request.alarm.set(wait, lambda: self._transmit(request))
            return
        request.alarm.clear()
        del self._asked[ref]
        request.on_answer(answer)
        if request.is_serial:
            self._start_next()

    def forget(self) -> None:
        """Let go of everything: the link is gone, and with it whatever it was asked."""
        for each in self._asked.values():
            each.alarm.clear()
        self._asked.clear()
        self._queue.clear()

    @property
    def _is_opening(self) -> bool:
        return any(each.is_serial for each in self._asked.values())

    def _start_next(self) -> None:
        if self._queue and not self._is_opening:
            self._start(self._queue.popleft())

    def _start(self, request: _Request) -> None:
        self._asked[request.frame["ref"]] = request
        self._transmit(request)

    def _transmit(self, request: _Request) -> None:
        request.alarm.set(ANSWER_SECONDS, lambda: self._transmit(request))
        self._send(request.frame)
