"""Server-sent events out of bytes, however those are cut.

Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_EVENT_BYTES = 1_048_576
"""One line, and all data of one event, must fit: a server that never ends one is cut off."""
LINE_END = re.compile(rb"\r\n|\r|\n")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class EventTooLongError(ValueError):
    """A line, or the data of one event, is longer than 1 MB."""


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event. ``name`` is ``message`` unless the server says otherwise."""

    data: str
    name: str = "message"


@dataclass(slots=True)
class EventDecoder:
    """Collects bytes and gives out the events that are complete.

    Lines end with LF, CR or CRLF, and may be cut anywhere, between CR and LF and within a code
    point too. Comments, ``id`` and ``retry`` mean nothing here. Bytes that are not UTF-8 become
    replacement characters, as in a browser.
    """

    _line: list[bytes] = field(default_factory=list)
    _line_bytes: int = 0
    _ended_with_cr: bool = False
    _is_first_line: bool = True
    _data: list[str] = field(default_factory=list)
    _data_bytes: int = 0
    _name: str = ""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that this chunk completes.

        Raises: EventTooLongError.
        """
        if self._ended_with_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._ended_with_cr = False
        if not chunk:
            return
        self._ended_with_cr = chunk.endswith(b"\r")
        *ended, rest = LINE_END.split(chunk)
        for part in ended:
            self._add(part)
            yield from self._end_line()
        self._add(rest)

    def end(self) -> Iterator[ServerSentEvent]:
        """Yield the last event where its lines are whole and only the blank line is missing.

        A last line without its end may have been cut: it is dropped.
        """
        yield from self._dispatch()

    def _add(self, part: bytes) -> None:
        self._line.append(part)
        self._line_bytes += len(part)
        if self._line_bytes > MAX_EVENT_BYTES:
            message = "a line is too long"
            raise EventTooLongError(message)

    def _end_line(self) -> Iterator[ServerSentEvent]:
        raw = b"".join(self._line)
        self._line, self._line_bytes = [], 0
        if self._is_first_line:
            raw, self._is_first_line = raw.removeprefix(BYTE_ORDER_MARK), False
        if raw:
            self._field(raw)
        else:
            yield from self._dispatch()

    def _field(self, raw: bytes) -> None:
        name, _, value = raw.partition(b":")
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data_bytes += len(value)
            if self._data_bytes > MAX_EVENT_BYTES:
                message = "an event is too long"
                raise EventTooLongError(message)
            self._data.append(text)
        elif name == b"event":
            self._name = text

    def _dispatch(self) -> Iterator[ServerSentEvent]:
        data, name = self._data, self._name
        self._data, self._data_bytes, self._name = [], 0, ""
        if data:
            yield ServerSentEvent("\n".join(data), name or "message")
