"""What a wire is, so that every provider is asked the same questions; for tests alone."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contract.asking import Heard, Maker, ask, openai_at
from tests.openai_server import Reply, Step, refuses
from wireside.domain.conversation import Assistant
from wireside.ports import Usage

RECORDINGS = Path(__file__).parents[1] / "recordings"
BLANK = b'"Q"'
"""Where the text goes in a ``Dialect.piece``."""

CASES: Mapping[str, str] = {
    "lines": "events are lines of text",
    "longest line": "how long a line may be is for us to say",
    "bytes": "what is no UTF-8 is marked in the text",
    "empty": "an answer has no text at all",
    "end marker": "the server says that the answer is whole",
    "length": "the answer ends at its limit",
    "filtered": "the provider filters the answer",
    "usage": "the server counts tokens, and may leave that out",
    "whole": "a server that cannot stream answers at once",
    "error as answer": "an error comes under status 200",
    "refusals of no kind": "a refusal counts whatever its body is",
    "refusals by halves": "a refusal counts before it has come whole",
    "dead connections": "a kept connection turns out to be dead only when it is asked over",
}
"""What not every wire can say. A dialect that cannot says why."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal, what its ``error`` becomes, and whether to ask again may help."""

    status: int
    error: Any
    code: str
    again: bool


@dataclass(frozen=True, slots=True)
class Break:
    """An error inside the stream, what becomes of it, and whether to ask again may help."""

    error: Any
    code: str
    again: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """What a real server sent, and what is to be understood."""

    name: str
    text: str
    usage: tuple[int, int] | None = None

    @property
    def reported(self) -> Usage | None:
        """Return the tokens that the server counted."""
        return Usage(*self.usage, estimated=False) if self.usage else None

    @property
    def sent(self) -> bytes:
        """Return the bytes of its body."""
        return (RECORDINGS / self.name).read_bytes()


def server_sent(data: bytes) -> bytes:
    """Return a server-sent event."""
    return b"data: " + data + b"\n\n"


@dataclass(frozen=True, slots=True)
class Dialect:
    """One wire, as ``source`` publishes it. Steps are what goes over it, one event each.

    ``piece`` is the JSON of an event with the text ``Q``; ``frame`` makes an event of JSON, or of
    what only should be. ``begin`` and ``end`` are around the pieces of a whole answer that took
    3 and 5 tokens, or ``reported`` says otherwise; ``ends`` are other endings by the names of ``CASES``, the one of ``usage``
    without it. ``noise`` adds nothing to an answer. ``refusals`` and ``breaks`` are the words of
    this wire. ``fields`` are the assistant's, and ``cannot`` names cases with the reason why.
    """

    name: str
    source: str
    make: Maker
    piece: bytes
    error: Callable[[Any], bytes]
    end: Sequence[bytes]
    begin: Sequence[bytes] = ()
    frame: Callable[[bytes], bytes] = server_sent
    ends: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    noise: Sequence[bytes] = ()
    whole: bytes = b""
    reported: Usage | None = Usage(3, 5, estimated=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    refuses: Callable[..., Reply] = refuses
    refusals: Sequence[Refusal] = ()
    breaks: Sequence[Break] = ()
    recordings: Sequence[Recording] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    cannot: Mapping[str, str] = field(default_factory=dict)

    def text(self, said: str) -> bytes:
        """Return an event with a piece of text."""
        return self.frame(self.piece.replace(BLANK, json.dumps(said).encode()))

    def raw(self, said: bytes) -> bytes:
        """Return an event with these bytes in place of a text."""
        return self.frame(self.piece.replace(BLANK, b'"' + said + b'"'))

    def streams(self, *steps: Step) -> Reply:
        """Return a streamed reply."""
        return Reply(steps, headers=self.headers)

    def says(self, *texts: str) -> Reply:
        """Return a whole answer."""
        return self.streams(*self.begin, *map(self.text, texts), *self.end)

    def at(self, base_url: str, **fields: Any) -> Assistant:
        """Return an assistant behind an address."""
        return openai_at(base_url, **self.fields | fields)

    def ask(self, *replies: Reply, **of: Any) -> Heard:
        """Ask once."""
        return ask(*replies, make=self.make, **self.fields | of)

    def hears(self, *steps: Step, **of: Any) -> Heard:
        """Ask once, and have these steps streamed."""
        return self.ask(self.streams(*steps), **of)
