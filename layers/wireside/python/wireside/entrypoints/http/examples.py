"""Examples of answers, made by what makes the answers themselves."""

from collections.abc import Callable, Mapping
from typing import Any

from wireside import views, wire
from wireside.domain.conversation import Assistant, Conversation, Member, MemberRole, Roster
from wireside.domain.events import (
    ClientId,
    ConversationId,
    Draft,
    Event,
    Kind,
    Participant,
    SenderType,
    UserId,
    place,
)
from wireside.domain.forgetting import Order
from wireside.frames import ConversationView
from wireside.pages import (
    ConversationList,
    Forgotten,
    FoundPage,
    Invitation,
    Limitations,
    LogPage,
    ModelList,
    SharedPage,
    ShareMade,
    Ticket,
)

AT_MS = 1_767_225_600_000
"""The first second of 2026."""
ASSISTANT = Assistant("demo", "demo", "demo-1", "Demo", "Be brief.", 8_000)
CONVERSATION = Conversation(
    id=ConversationId("kUXBcRPr0Q4nW1dDqHvY3A"),
    created_at_ms=AT_MS,
    model=ASSISTANT.name,
    title="Soup on Friday",
)
ANA = Participant("ana", "Ana", SenderType.HUMAN)


def _event() -> Event:
    body = {"text": "Good evening, everybody.", "addressed": [ASSISTANT.id]}
    return place(Draft(Kind.MESSAGE, ANA, body, ClientId("m1")), None, now_ms=AT_MS + 1_500)


def _conversation() -> ConversationView:
    owner = Member(UserId(ANA.id), ANA.name, MemberRole.OWNER, AT_MS)
    roster = Roster((owner,), ())
    return views.conversation_json(
        CONVERSATION, roster, _event(), assistants=(ASSISTANT,), read_seq=1, read_n=1
    )


def _log() -> LogPage:
    return {"events": [wire.event_json(_event())], "head": 1, "epoch": "1.1"}


def _shared() -> SharedPage:
    message = _event()
    return {
        "title": CONVERSATION.title,
        "created_at": wire.timestamp(AT_MS),
        "through_seq": message.seq,
        "items": [
            {
                "seq": message.seq,
                "at": wire.timestamp(message.at_ms),
                "sender": {"key": "1", "name": ANA.name, "type": "human"},
                "text": message.text,
            }
        ],
    }


def _found() -> FoundPage:
    message = _event()
    return {
        "items": [
            {
                "conversation_id": CONVERSATION.id,
                "title": CONVERSATION.title,
                "seq": message.seq,
                "at": wire.timestamp(message.at_ms),
                "sender": {"id": ANA.id, "name": ANA.name, "type": ANA.type.value},
                "snippet": message.text,
            }
        ],
        "complete": True,
    }


EXAMPLES: Mapping[Any, Callable[[], Any]] = {
    ConversationView: _conversation,
    ConversationList: lambda: {"items": [_conversation()]},
    Forgotten: lambda: views.forgotten_json(Order(UserId(ANA.id), AT_MS)),
    FoundPage: _found,
    LogPage: _log,
    ModelList: lambda: {"items": views.models_json((ASSISTANT,))},
    Limitations: lambda: {
        "items": [{"id": "edits", "text": "A message is edited at most 90 times.", "value": 90}]
    },
    Ticket: lambda: {
        "ticket": "V7Jm0m2yBv3bO0uJ5XGkSg",
        "expires_at": wire.timestamp(AT_MS + 30_000),
    },
    Invitation: lambda: {
        "token": "mJ4Yc2u1TzqJx8m3bE0v9Q",
        "expires_at": wire.timestamp(AT_MS + 604_800_000),
    },
    ShareMade: lambda: {
        "token": "Jt8VbqXJ1nq2fR0wz5mLsA",
        "through_seq": 1,
        "created_at": wire.timestamp(AT_MS + 60_000),
    },
    SharedPage: _shared,
}
