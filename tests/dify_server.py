"""What Dify says on the wire, for tests alone; the server itself is that of OpenAI's tests."""

import json
from typing import Any

from tests.openai_server import Reply, event

CONVERSATION = "5123bd7e-dfcc-4c1e-a5dd-790800e650ea"
PING = b"event: ping\n\n"
JSON = {"Content-Type": "application/json"}


def tells(kind: str, *, conversation: str = CONVERSATION, **more: Any) -> bytes:
    """Return one event of a stream."""
    return event({"event": kind, "conversation_id": conversation, "task_id": "t", **more})


def piece(text: str, kind: str = "message", **more: Any) -> bytes:
    """Return an event with a piece of the answer."""
    return tells(kind, answer=text, **more)


END = tells("message_end", metadata={"usage": {"prompt_tokens": 3, "completion_tokens": 5}})


def answers(*texts: str, conversation: str = CONVERSATION) -> Reply:
    """Return a whole answer; its last piece is empty, as it often is."""
    said = [piece(each, conversation=conversation) for each in (*texts, "")]
    return Reply([*said, END.replace(CONVERSATION.encode(), conversation.encode())])


def error(code: str, status: int) -> bytes:
    """Return the error that ends a stream: it has no ``task_id``."""
    said = {"event": "error", "code": code, "status": status, "message": "planted words"}
    return event({"conversation_id": CONVERSATION, **said})


def declines(status: int, code: str = "invalid_param", **headers: str) -> Reply:
    """Return a refusal."""
    body = json.dumps({"code": code, "message": "planted words", "status": status}).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply([body], status, {**JSON, **named})
