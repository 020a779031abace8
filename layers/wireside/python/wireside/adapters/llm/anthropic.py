"""Anthropic's messages, and every server that speaks them: one try at one answer.

Source: https://platform.claude.com/docs/en/api/messages/create
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from wireside.adapters.http import HttpClient
from wireside.adapters.llm.exchange import Exchange
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.message_events import MessageEvents
from wireside.domain.conversation import Assistant
from wireside.domain.dialogue import as_dialogue
from wireside.domain.errors import ModelFailed
from wireside.ports import Piece, Question

VERSION = "2023-06-01"
"""Source: https://platform.claude.com/docs/en/api/versioning"""
MAX_OUTPUT_TOKENS = 4096
"""The API wants a limit. Every model since Claude 3 can say as much."""


@dataclass(frozen=True, slots=True)
class AnthropicProvider:
    """``ports.Provider`` for one assistant."""

    assistant: Assistant
    http: HttpClient
    keys: Keys

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once. The end is missing where the server did not mark it.

        Raises: ModelFailed.
        """
        message = MessageEvents()
        exchange = await self._exchange(question)
        try:
            async with aclosing(exchange.events()) as events:
                async for event in events:
                    for piece in message.feed(event.data):
                        yield piece
                    if message.is_done:
                        break
        except ModelFailed as failure:
            # Once the server has said why it ends, nothing that matters can be missing.
            if message.reason is None:
                self.keys.note(self.assistant.api_key_parameter, failure)
                raise
        if finished := message.end():
            yield finished

    async def _exchange(self, question: Question) -> Exchange:
        return Exchange(
            http=self.http,
            url=f"{self.assistant.base_url}/messages",
            headers={"anthropic-version": VERSION, **await self._key()},
            body=request_body(self.assistant, question),
            patience=self.assistant.patience,
        )

    async def _key(self) -> Mapping[str, str]:
        name = self.assistant.api_key_parameter
        return {} if name is None else {"x-api-key": await self.keys.value(name)}


def request_body(assistant: Assistant, question: Question) -> dict[str, Any]:
    """Return the request as JSON. The system prompt has a field of its own."""
    dialogue = as_dialogue(question.system_prompt, question.messages)
    body: dict[str, Any] = {
        "model": question.model,
        "max_tokens": assistant.max_output_tokens or MAX_OUTPUT_TOKENS,
        "system": dialogue.system_prompt,
        "messages": [{"role": each.role, "content": each.text} for each in dialogue.messages],
        "stream": True,
    }
    if assistant.temperature is not None:
        body["temperature"] = assistant.temperature
    return body
