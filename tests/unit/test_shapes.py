"""What the service promises to send, and the check that holds it to that."""

from typing import Any

import pytest

from tests.shapes import check_body, check_frame

CLOSED: dict[str, Any] = {"type": "closed", "conversation_id": "room"}
EVENT: dict[str, Any] = {
    "type": "event",
    "conversation_id": "room",
    "epoch": "1.1",
    "event": {
        "seq": 1,
        "n": 0,
        "kind": "titled",
        "at": "2027-01-15T08:00:00.007Z",
        "sender": {"id": "ana", "name": "Ana", "type": "human"},
        "body": {"title": "Tea"},
    },
}


DIED = {"message": "Internal server error", "connectionId": "c", "requestId": "r"}


@pytest.mark.parametrize("frame", [CLOSED, CLOSED | {"ref": "r"}, EVENT, DIED])
def test_what_is_promised_passes(frame: dict[str, Any]) -> None:
    check_frame(frame)


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "closed"},
        {"message": "Internal server error"},
        {"type": "open_sesame"},
        CLOSED | {"surprise": 1},
        CLOSED | {"conversation_id": 7},
        EVENT | {"event": EVENT["event"] | {"surprise": 1}},
        EVENT | {"event": EVENT["event"] | {"body": {"title": "Tea", "surprise": 1}}},
        EVENT | {"event": EVENT["event"] | {"seq": "1"}},
    ],
)
def test_what_was_never_promised_fails(frame: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check_frame(frame)


def test_a_message_is_a_persons_or_an_assistants() -> None:
    usage = {"input_tokens": 1, "output_tokens": 1, "estimated": True}
    answer = {"run_id": "r", "trigger_seq": 1, "text": "", "model": "demo", "finish_reason": "stop"}

    check_body("message", {"text": "hi", "addressed": []})
    check_body("message", answer | {"usage": usage})
    with pytest.raises(AssertionError):
        check_body("message", {"text": "hi", "addressed": [], "run_id": "r"})
