"""The demo assistant: no key, no network, always the same answer to the same question."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from wireside.domain.context import estimate_tokens
from wireside.ports import Finished, Piece, Question, TextPiece, ToolCall, Usage

WORD_SECONDS = 0.04
QUOTED_CODE_POINTS = 400


@dataclass(frozen=True, slots=True)
class DemoProvider:
    """``ports.Provider`` that says it is a demo and repeats what it was asked, in order."""

    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Stream a few sentences, a word every 40 ms."""
        if call := call_for(question):
            yield call
            yield Finished("stop", None)
            return
        text = reply_to(question)
        for index, word in enumerate(text.split(" ")):
            yield TextPiece(word if index == 0 else f" {word}")
            await self.sleep(WORD_SECONDS)
        asked = sum(estimate_tokens(message.text) for message in question.messages)
        yield Finished("stop", Usage(asked, estimate_tokens(text), estimated=True))


def call_for(question: Question) -> ToolCall | None:
    """Return the call that the last message spells out.

    It reads ``use current_time {"zone": "Asia/Tokyo"}``.
    Only a tool that the assistant has is called, and only once.
    """
    said = question.messages[-1].text if question.messages else ""
    word, _, rest = said.partition(" ")
    name, _, arguments = rest.partition(" ")
    has_it = name in {each.name for each in question.tools}
    is_new = question.may_call and not question.rounds
    return ToolCall(name, arguments) if word == "use" and has_it and is_new else None


def reply_to(question: Question) -> str:
    """Return the demo's answer: it quotes every message since its last answer, or the results."""
    if results := [use.result for each in question.rounds for use in each.uses]:
        return "The tool says:\n\n" + "\n\n".join(results)
    heard: list[str] = []
    for message in reversed(question.messages):
        if message.role == "assistant":
            break
        who = message.name or "Somebody"
        heard.insert(0, f"{who} wrote: “{_quoted(message.text)}”")
    quoted = "\n".join(f"{index}. {line}" for index, line in enumerate(heard, start=1))
    count = "one message" if len(heard) == 1 else f"{len(heard)} messages"
    return (
        "I am the Wireside demo assistant: no language model is behind me, and I need no key. "
        f"Since my last answer I have read {count}, in this order:\n\n{quoted}\n\n"
        "A configured provider would now think about that. I only show how an answer travels: "
        "word by word, to everybody in this conversation at once, through a reload or a lost "
        "connection, and exactly once into its log."
    )


def _quoted(text: str) -> str:
    """Return the text, or its beginning, indented so that its Markdown stays inside the list."""
    cut = text if len(text) <= QUOTED_CODE_POINTS else text[: QUOTED_CODE_POINTS - 1] + "…"
    return "\n   ".join(cut.split("\n"))
