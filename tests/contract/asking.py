"""Asking a provider once, over a real socket."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.openai_server import HANG, OpenAiServer, Reply, serving
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.openai import OpenAiProvider
from wireside.domain.conversation import Assistant, Patience
from wireside.domain.dialogue import ChatMessage
from wireside.domain.errors import ModelFailed
from wireside.domain.events import ConversationId, RunId
from wireside.ports import Finished, Piece, Provider, Question, TextPiece

type Maker = Callable[[Assistant, HttpClient, Keys], Provider]

QUESTION = Question(
    ConversationId("room"), RunId("run"), "Be brief.", (ChatMessage("user", "hi", "Ana"),), "m"
)
IMPATIENT = Patience(first_byte_seconds=0.5, chunk_seconds=0.5)
"""For servers that hang. All others have the time that they need, however busy the machine is."""


@dataclass(slots=True)
class Heard:
    """What came of one try: the pieces so far, and the failure that ended it, if one did."""

    pieces: list[Piece]
    failure: ModelFailed | None
    server: OpenAiServer

    @property
    def text(self) -> str:
        return "".join(each.text for each in self.pieces if isinstance(each, TextPiece))

    @property
    def end(self) -> Finished | None:
        last = self.pieces[-1] if self.pieces else None
        return last if isinstance(last, Finished) else None

    @property
    def code(self) -> str | None:
        return self.failure.code.value if self.failure else None


def openai_at(base_url: str, **fields: Any) -> Assistant:
    """Return an assistant behind an address."""
    return Assistant("gpt", "openai", "m", "Gpt", "Be brief.", 8_000, base_url, **fields)


def ask(
    *replies: Reply,
    question: Question = QUESTION,
    keys: Keys | None = None,
    make: Maker = OpenAiProvider,
    **of: Any,
) -> Heard:
    """Ask once. ``make`` is the provider's class; ``of`` are fields of its assistant."""
    hangs = any(HANG in (*each.before, *each.steps) for each in replies)
    patience = IMPATIENT if hangs else Patience()

    async def story() -> Heard:
        http = HttpClient()
        async with serving(*replies) as server:
            assistant = openai_at(server.base_url, **({"patience": patience} | of))
            provider = make(assistant, http, keys or Keys(str, print))
            heard = Heard([], None, server)
            try:
                async for piece in provider.answer(question):
                    heard.pieces.append(piece)
            except ModelFailed as failure:
                heard.failure = failure
            await http.close()
            return heard

    return asyncio.run(story())


def streams(*steps: Any, **fields: Any) -> Reply:
    """Return a streamed reply."""
    return Reply(steps, **fields)
