"""Whether a write is one that the service takes, as far as a client can know."""

import json
from typing import Any

from wireside_client.errors import Refused

type Frame = dict[str, Any]

LIMITS = {"text_code_points": 10_000, "frame_bytes": 32_000, "open_conversations": 20}
"""Until ``welcome`` tells the real ones."""


def encoded(frame: Frame) -> str:
    """Return a frame as it is sent: letters as they are, which is the shortest.

    What UTF-8 cannot say (lone surrogates) is escaped: the service refuses it by its own words.
    """
    text = json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(frame)
    return text


def check_size(frame: Frame, limits: Frame) -> None:
    """Raise Refused for what is too large, with the code that the service would use."""
    if len(frame.get("text", "")) > limits["text_code_points"]:
        raise Refused({"code": "text_too_long", "message": "The text is too long."})
    if len(encoded(frame).encode()) > limits["frame_bytes"]:
        raise Refused({"code": "frame_too_large", "message": "The message is too large."})
