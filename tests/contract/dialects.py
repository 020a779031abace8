"""The wires that providers speak over HTTP, each as a server says it; for tests alone."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.contract.asking import Heard, Maker, ask
from tests.openai_server import DONE, USAGE, Reply, chunk, event
from wireside.adapters.llm.anthropic import AnthropicProvider
from wireside.adapters.llm.openai import OpenAiProvider


@dataclass(frozen=True, slots=True)
class Dialect:
    """One wire. ``text`` and ``error`` are events; ``begin`` and ``end`` are what is around them."""

    name: str
    make: Maker
    text: Callable[[str], bytes]
    error: Callable[[Any], bytes]
    end: Sequence[bytes]
    begin: Sequence[bytes] = ()

    def says(self, *texts: str) -> Reply:
        """Return a whole answer."""
        return Reply([*self.begin, *map(self.text, texts), *self.end])

    def ask(self, *replies: Reply, **of: Any) -> Heard:
        """Ask once."""
        return ask(*replies, make=self.make, **of)


def named(kind: str, **more: Any) -> bytes:
    """Return an event of Anthropic's: its name is in its data too."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def block(text: str) -> bytes:
    """Return a piece of text as Anthropic says it."""
    return named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def ends(reason: str = "end_turn", **usage: int) -> bytes:
    """Return why Anthropic's message ends."""
    return named("message_delta", delta={"stop_reason": reason}, usage=usage)


START = named(
    "message_start",
    message={"type": "message", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}},
)
STOP = named("message_stop")

OPENAI = Dialect(
    "openai",
    OpenAiProvider,
    text=chunk,
    error=lambda error: event({"error": error}),
    end=[chunk(finish="stop"), USAGE, DONE],
)
ANTHROPIC = Dialect(
    "anthropic",
    AnthropicProvider,
    text=block,
    error=lambda error: named("error", error=error),
    begin=[
        START,
        named("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        named("ping"),
    ],
    end=[named("content_block_stop", index=0), ends(output_tokens=5), STOP],
)
DIALECTS = (OPENAI, ANTHROPIC)
