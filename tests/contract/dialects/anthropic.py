"""Anthropic's messages; for tests alone."""

import json
from typing import Any

from tests.contract.dialects.dialect import Dialect, Recording
from tests.contract.dialects.openai import BREAKS, REFUSALS
from wireside.adapters.llm.anthropic import AnthropicProvider


def named(kind: str, **more: Any) -> bytes:
    """Return an event: its name is in its data too."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more})}\n\n".encode()


def delta(data: bytes) -> bytes:
    """Return an event of the kind that brings text."""
    return b"event: content_block_delta\ndata: " + data + b"\n\n"


def block(text: str) -> bytes:
    """Return a piece of text."""
    return named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def ends(reason: str = "end_turn", **usage: int) -> bytes:
    """Return why a message ends."""
    return named("message_delta", delta={"stop_reason": reason}, usage=usage)


START = named(
    "message_start",
    message={"type": "message", "content": [], "usage": {"input_tokens": 3, "output_tokens": 1}},
)
STOP = named("message_stop")
WHOLE = {
    "type": "message",
    "content": [{"type": "text", "text": "all"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 5},
}

ANTHROPIC = Dialect(
    "anthropic",
    "https://platform.claude.com/docs/en/build-with-claude/streaming",
    AnthropicProvider,
    piece=b'{"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Q"}}',
    frame=delta,
    error=lambda error: named("error", error=error),
    begin=[
        START,
        named("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        named("ping"),
    ],
    end=[named("content_block_stop", index=0), ends(output_tokens=5), STOP],
    ends={
        "length": [ends("max_tokens", output_tokens=5), STOP],
        "filtered": [ends("refusal", output_tokens=5), STOP],
        "usage": [ends(), STOP],
    },
    noise=[
        named("content_block_start", content_block={"type": "thinking", "thinking": "planted"}),
        named("content_block_delta", delta={"type": "thinking_delta", "thinking": "planted"}),
        named("content_block_delta", delta={"type": "signature_delta", "signature": "planted"}),
        named("ping"),
        named("content_block_delta", delta={"type": "text_delta", "text": None}),
        named("content_block_delta", delta=["planted"]),
        named("content_block_delta", delta={"type": "input_json_delta", "partial_json": "planted"}),
        named("message_delta", delta=None, usage="many"),
        named("of_tomorrow", text="planted"),
        b'data: {"type": ["text"]}\n\n',
    ],
    whole=json.dumps(WHOLE).encode(),
    refusals=REFUSALS,
    breaks=BREAKS,
    recordings=[
        Recording(
            "anthropic/whole.sse", "Hello café from a mocked model, in a few words.", (8, 12)
        ),
        Recording("anthropic/tool.sse", "", (11, 7)),
    ],
)
