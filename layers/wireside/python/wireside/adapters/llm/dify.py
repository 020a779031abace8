"""Apps on Dify: one try at one answer.

Dify keeps the history of a conversation itself, under an id of its own: that id is kept, and a
turn sends what was said since the last answer.
Source: https://docs.dify.ai/api-reference/chat/send-chat-message
"""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from typing import Any

from wireside.adapters.http import HttpClient
from wireside.adapters.llm.dify_events import DifyEvents
from wireside.adapters.llm.exchange import Exchange
from wireside.adapters.llm.keys import Keys
from wireside.domain.context import MESSAGE_TOKENS, cost_tokens, estimate_tokens, plain_name
from wireside.domain.conversation import Assistant
from wireside.domain.dialogue import ChatMessage, as_dialogue, is_of_several, spoken
from wireside.domain.errors import ModelFailed, Unavailable
from wireside.ports import Piece, ProviderMemory, Question

RETOLD = "This is the conversation so far. You are {name}. Answer what was said last."


@dataclass(frozen=True, slots=True)
class DifyProvider:
    """``ports.Provider`` for one assistant."""

    assistant: Assistant
    http: HttpClient
    keys: Keys
    memory: ProviderMemory

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once; over, where Dify does not know the conversation any more.

        The end is missing where the server did not mark it.

        Raises: ModelFailed.
        """
        for conversation in (await self._known(question), None):
            try:
                async with aclosing(self._ask(question, conversation)) as pieces:
                    async for piece in pieces:
                        yield piece
            except ModelFailed as failure:
                if conversation is None or not failure.detail.startswith("HTTP 404"):
                    self.keys.note(self.assistant.api_key_parameter, failure)
                    raise
            else:
                return

    async def _ask(self, question: Question, conversation: str | None) -> AsyncGenerator[Piece]:
        events, kept = DifyEvents(), conversation
        exchange = await self._exchange(question, conversation)
        async with aclosing(exchange.events()) as received:
            async for event in received:
                for piece in events.feed(event.data):
                    yield piece
                if events.conversation not in {None, kept}:
                    kept = events.conversation
                    await self._keep(question, str(kept))
                if events.is_done:
                    break
        if finished := events.end():
            yield finished

    async def _exchange(self, question: Question, conversation: str | None) -> Exchange:
        return Exchange(
            http=self.http,
            url=f"{self.assistant.base_url}/chat-messages",
            headers=await self.keys.bearer(self.assistant.api_key_parameter),
            body=request_body(self.assistant, question, conversation),
            patience=self.assistant.patience,
        )

    async def _known(self, question: Question) -> str | None:
        """Return Dify's id of the conversation. Without it Dify is told all of it once more."""
        with suppress(Unavailable):
            return await self.memory.read(question.conversation_id, self.assistant.id)
        return None

    async def _keep(self, question: Question, conversation: str) -> None:
        """Keep Dify's id. Losing it is no reason to lose the answer."""
        with suppress(Unavailable):
            await self.memory.keep(question.conversation_id, self.assistant.id, conversation)


def request_body(
    assistant: Assistant, question: Question, conversation: str | None
) -> dict[str, Any]:
    """Return the request as JSON. ``conversation`` is Dify's id, if Dify knows it already.

    Dify leaves out inputs that the app does not declare.
    """
    dialogue = as_dialogue(question.system_prompt, question.messages)
    whole = conversation is None
    return {
        "inputs": {"system_prompt": dialogue.system_prompt},
        "query": _whole(assistant, question.messages, dialogue.system_prompt)
        if whole
        else _news(question),
        "user": f"wireside-{question.conversation_id}",
        "conversation_id": conversation or "",
        "response_mode": "streaming",
    }


def _news(question: Question) -> str:
    """Return what people said that the assistant has not answered; never nothing."""
    said = [each for each in question.messages if each.role == "user"]
    news = [each for each in said if each.seq > question.answered_seq] or said[-1:]
    return _told(news, with_names=is_of_several(question.messages))


def _whole(assistant: Assistant, messages: Sequence[ChatMessage], prompt: str) -> str:
    """Return all that was said; the assistant's own words under a name that nobody else has."""
    if all(each.role == "user" for each in messages):
        return _told(messages, with_names=is_of_several(messages))
    own = plain_name(assistant.participant)
    while own in {each.name for each in messages}:
        own = f"{own} (assistant)"
    named = [
        each if each.role == "user" else replace(each, role="user", name=own) for each in messages
    ]
    retold = f"{RETOLD.format(name=own)}\n\n"
    left = assistant.context_tokens - estimate_tokens(prompt + retold) - 2 * MESSAGE_TOKENS
    return f"{retold}{_told(_newest(named, left), with_names=True)}"


def _newest(messages: Sequence[ChatMessage], budget_tokens: int) -> Sequence[ChatMessage]:
    """Return the newest of which there is room: names and indents make own words longer."""
    kept = len(messages)
    for each in reversed(messages):
        budget_tokens -= cost_tokens(each)
        if budget_tokens < 0 and kept < len(messages):
            break
        kept -= 1
    return messages[kept:]


def _told(messages: Sequence[ChatMessage], *, with_names: bool) -> str:
    return "\n".join(spoken(each) if with_names else each.text for each in messages)
