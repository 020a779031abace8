"""Frames of AWS's event stream, made by hand; for tests alone.

Source: https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html
"""

import json
import struct
from collections.abc import Mapping
from typing import Any
from zlib import crc32

from tests.openai_server import Reply

CONTENT_TYPE = "application/vnd.amazon.eventstream"
TEXT_HEADER = 7


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """Return one frame: prelude, its checksum, headers, payload, checksum of all."""
    told = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", TEXT_HEADER, len(value))
        + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", len(told) + len(payload) + 16, len(told))
    body = prelude + struct.pack("!I", crc32(prelude)) + told + payload
    return body + struct.pack("!I", crc32(body))


def happens(name: str, **payload: Any) -> bytes:
    """Return the frame of an event."""
    return happens_raw(name, json.dumps(payload).encode())


def happens_raw(name: str, payload: bytes) -> bytes:
    """Return the frame of an event whose payload may be anything."""
    kind = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    return frame(kind, payload)


def breaks(name: str, message: str = "planted words") -> bytes:
    """Return the frame of an exception inside the stream."""
    kind = {
        ":message-type": "exception",
        ":exception-type": name,
        ":content-type": "application/json",
    }
    return frame(kind, json.dumps({"message": message}).encode())


def text(said: str) -> bytes:
    """Return the frame with a piece of text."""
    return happens("contentBlockDelta", contentBlockIndex=0, delta={"text": said})


def stops(reason: str = "end_turn") -> bytes:
    """Return the frame that says why the model ends."""
    return happens("messageStop", stopReason=reason)


START = happens("messageStart", role="assistant")
USAGE = happens("metadata", usage={"inputTokens": 3, "outputTokens": 5, "totalTokens": 8})


def refuses(
    status: int, name: str = "Unknown", message: str = "planted words", **headers: str
) -> Reply:
    """Return a refusal as Bedrock words it."""
    kind = {"Content-Type": "application/json", "x-amzn-errortype": f"{name}:http://internal/"}
    named = {each.replace("_", "-"): value for each, value in headers.items()}
    return Reply([json.dumps({"message": message}).encode()], status, kind | named)
