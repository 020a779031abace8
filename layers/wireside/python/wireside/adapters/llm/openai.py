"""OpenAI's chat completions, and every server that speaks them: one try at one answer.

No vendor SDK: importing it would cost more than all the rest of the function together.
Source: https://platform.openai.com/docs/api-reference/chat/create
"""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from wireside.adapters.http import HttpClient
from wireside.adapters.llm.chat_chunks import ChatChunks
from wireside.adapters.llm.exchange import Exchange
from wireside.adapters.llm.hearing import heard
from wireside.adapters.llm.keys import Keys
from wireside.domain.conversation import Assistant
from wireside.domain.dialogue import as_dialogue
from wireside.domain.tools import Round, ToolSpec
from wireside.ports import Piece, Question

VENDORS = ("openai.com", "azure.com")


@dataclass(frozen=True, slots=True)
class OpenAiProvider:
    """``ports.Provider`` for one assistant."""

    assistant: Assistant
    http: HttpClient
    keys: Keys

    def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once. The end is missing where the server did not mark it.

        Raises: ModelFailed.
        """
        note = partial(self.keys.note, self.assistant.api_key_parameter)
        return heard(partial(self._exchange, question), ChatChunks(), note)

    async def _exchange(self, question: Question) -> Exchange:
        return Exchange(
            http=self.http,
            url=f"{self.assistant.base_url}/chat/completions",
            headers=await self.keys.bearer(self.assistant.api_key_parameter),
            body=request_body(self.assistant, question),
            patience=self.assistant.patience,
        )


def request_body(assistant: Assistant, question: Question) -> dict[str, Any]:
    """Return the request as JSON. What is not configured is left to the server."""
    dialogue = as_dialogue(question.system_prompt, question.messages, question.rounds)
    spoken: list[dict[str, Any]] = [
        {"role": each.role, "content": each.text} for each in dialogue.messages
    ]
    spoken += [message for each in dialogue.rounds for message in _told(each)]
    body: dict[str, Any] = {
        "model": question.model,
        "messages": [{"role": "system", "content": dialogue.system_prompt}, *spoken],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if question.tools:
        body["tools"] = [_described(each) for each in question.tools]
        body |= {} if question.may_call else {"tool_choice": "none"}
    if assistant.max_output_tokens is not None:
        body[_output_limit(assistant.base_url)] = assistant.max_output_tokens
    if assistant.temperature is not None:
        body["temperature"] = assistant.temperature
    return body


def _described(spec: ToolSpec) -> dict[str, Any]:
    """Return a tool as the server wants it.

    Source: https://platform.openai.com/docs/guides/function-calling
    """
    function = {
        "name": spec.name,
        "description": spec.description,
        "parameters": dict(spec.parameters),
    }
    return {"type": "function", "function": function}


def _told(round_: Round) -> list[dict[str, Any]]:
    """Return a round as messages: the calls in one, each result in one of its own."""
    calls = [
        {
            "id": each.id,
            "type": "function",
            "function": {
                "name": each.name,
                "arguments": json.dumps(dict(each.arguments), ensure_ascii=False),
            },
        }
        for each in round_.uses
    ]
    results = [
        {"role": "tool", "tool_call_id": each.id, "content": each.result} for each in round_.uses
    ]
    return [{"role": "assistant", "content": round_.text or None, "tool_calls": calls}, *results]


def _output_limit(base_url: str) -> str:
    """Return the limit's name: OpenAI's models refuse the old one, other servers the new one.

    Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-max_tokens
    """
    host = urlsplit(base_url).hostname or ""
    is_vendor = any(host == each or host.endswith(f".{each}") for each in VENDORS)
    return "max_completion_tokens" if is_vendor else "max_tokens"
