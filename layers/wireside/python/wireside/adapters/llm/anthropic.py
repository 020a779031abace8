"""Anthropic's messages, and every server that speaks them: one try at one answer.

Source: https://platform.claude.com/docs/en/api/messages/create
"""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from wireside.adapters.http import HttpClient
from wireside.adapters.llm.exchange import Exchange
from wireside.adapters.llm.hearing import heard
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.message_events import MessageEvents
from wireside.domain.conversation import Assistant
from wireside.domain.dialogue import as_dialogue
from wireside.domain.tools import Round, ToolSpec
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

    def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once. The end is missing where the server did not mark it.

        Raises: ModelFailed.
        """
        note = partial(self.keys.note, self.assistant.api_key_parameter)
        return heard(partial(self._exchange, question), MessageEvents(), note)

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
    dialogue = as_dialogue(question.system_prompt, question.messages, question.rounds)
    spoken: list[dict[str, Any]] = [
        {"role": each.role, "content": each.text} for each in dialogue.messages
    ]
    spoken += [message for each in dialogue.rounds for message in _told(each)]
    body: dict[str, Any] = {
        "model": question.model,
        "max_tokens": assistant.max_output_tokens or MAX_OUTPUT_TOKENS,
        "system": dialogue.system_prompt,
        "messages": spoken,
        "stream": True,
    }
    if question.tools:
        body["tools"] = [_described(each) for each in question.tools]
        body |= {} if question.may_call else {"tool_choice": {"type": "none"}}
    if assistant.temperature is not None:
        body["temperature"] = assistant.temperature
    return body


def _described(spec: ToolSpec) -> dict[str, Any]:
    """Return a tool as the server wants it.

    Source: https://platform.claude.com/docs/en/agents-and-tools/tool-use/overview
    """
    return {
        "name": spec.name,
        "description": spec.description,
        "input_schema": dict(spec.parameters),
    }


def _told(round_: Round) -> list[dict[str, Any]]:
    """Return a round as two messages: the calls in the model's, the results in the user's."""
    said = [{"type": "text", "text": round_.text}] if round_.text else []
    calls = [
        {"type": "tool_use", "id": each.id, "name": each.name, "input": dict(each.arguments)}
        for each in round_.uses
    ]
    results = [
        {"type": "tool_result", "tool_use_id": each.id, "content": each.result}
        for each in round_.uses
    ]
    return [
        {"role": "assistant", "content": [*said, *calls]},
        {"role": "user", "content": results},
    ]
