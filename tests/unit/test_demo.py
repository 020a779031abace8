"""The demo assistant: deterministic, streaming, and open about what it is."""

import asyncio

from tests.builders import DEMO, message, user
from wireside.adapters.llm.demo import DemoProvider, reply_to
from wireside.domain.context import build_context, estimate_tokens
from wireside.domain.dialogue import ChatMessage
from wireside.domain.events import ConversationId, Draft, Event, Kind, RunId, place
from wireside.ports import Finished, Piece, Question, TextPiece


def question(*messages: ChatMessage) -> Question:
    """Return what a provider is asked."""
    return Question(ConversationId("room"), RunId("r"), "Be brief.", messages, "demo-1")


def heard(asked: Question) -> list[Piece]:
    """Return all pieces of an answer, without its pauses."""

    async def story() -> list[Piece]:
        return [piece async for piece in DemoProvider(sleep=no_pause).answer(asked)]

    return asyncio.run(story())


async def no_pause(_seconds: float) -> None:
    """Go on at once."""


def test_it_streams_many_pieces_and_then_ends() -> None:
    pieces = heard(question(ChatMessage("user", "hi", "Ana")))

    *texts, end = pieces
    said = "".join(each.text for each in texts if isinstance(each, TextPiece))
    assert len(texts) > 30
    assert isinstance(end, Finished)
    assert end.reason == "stop"
    assert end.usage is not None
    assert end.usage.output_tokens == estimate_tokens(said)
    assert said == reply_to(question(ChatMessage("user", "hi", "Ana")))


def test_it_says_that_it_is_a_demo() -> None:
    assert "demo" in reply_to(question()).lower()


def test_it_repeats_in_order_what_it_was_asked_since_its_last_answer() -> None:
    said = reply_to(
        question(
            ChatMessage("user", "old", "Ana"),
            ChatMessage("assistant", "answer"),
            ChatMessage("user", "one", "Ana"),
            ChatMessage("user", "two", "Ben"),
        )
    )

    assert said.index("1. Ana wrote: “one”") < said.index("2. Ben wrote: “two”")
    assert "old" not in said
    assert "2 messages" in said


def test_it_gives_the_same_answer_to_the_same_question() -> None:
    asked = question(ChatMessage("user", "hi", "Ana"))

    assert heard(asked) == heard(asked)


def test_it_shortens_what_is_long() -> None:
    said = reply_to(question(ChatMessage("user", "x" * 10_000)))

    assert "x" * 399 + "…" in said
    assert len(said) < 2_000


def answer(previous: Event, text: str, by: str = "demo") -> Event:
    """Return an assistant's message."""
    sender = DEMO.participant
    other = type(sender)(f"assistant:{by}", by.title(), sender.type)
    return place(Draft(Kind.MESSAGE, other, {"text": text}), previous, now_ms=0)


def test_the_context_is_this_log_in_order_with_others_as_named_users() -> None:
    first = message(text="a")
    second = answer(first, "b")
    third = answer(second, "c", by="second")
    joined = place(Draft(Kind.JOINED, user().participant, {}), third, now_ms=0)

    context = build_context([first, second, third, joined], DEMO.id, budget_tokens=999, turn_from=1)

    assert context == (
        ChatMessage("user", "a", "Ana"),
        ChatMessage("assistant", "b"),
        ChatMessage("user", "c", "Second"),
    )


def test_what_it_quotes_stays_inside_its_list() -> None:
    said = reply_to(question(ChatMessage("user", "Look:\n```\nx\n\ny", "Ana")))

    assert "1. Ana wrote: “Look:\n   ```\n   x\n   \n   y”\n\nA configured" in said
