"""Asking the Dify provider once, over a real socket."""

from dataclasses import dataclass
from typing import Any

from tests.builders import ROOM
from tests.contract.asking import Heard, ask, openai_at
from tests.openai_server import Reply
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.dify import DifyProvider
from wireside.adapters.llm.keys import Keys
from wireside.adapters.memory.provider_memory import MemoryProviderMemory
from wireside.adapters.memory.store import MemoryStore
from wireside.domain.conversation import Assistant
from wireside.domain.errors import Unavailable
from wireside.domain.events import AssistantId, ConversationId
from wireside.ports import ProviderMemory

GPT = openai_at("").id


@dataclass(frozen=True, slots=True)
class BrokenMemory:
    """``ports.ProviderMemory`` of a store that does not answer."""

    async def read(self, _conversation_id: ConversationId, _assistant_id: AssistantId) -> str:
        raise Unavailable("The store does not answer.")

    async def keep(
        self, _conversation_id: ConversationId, _assistant_id: AssistantId, _text: str
    ) -> None:
        raise Unavailable("The store does not answer.")


def remembering(conversation: str | None = None) -> MemoryProviderMemory:
    """Return a memory in which Dify's id is kept, or nothing is."""
    store = MemoryStore()
    if conversation is not None:
        store.provider_memory[ROOM, GPT] = conversation
    return MemoryProviderMemory(store)


def ask_dify(*replies: Reply, memory: ProviderMemory | None = None, **of: Any) -> Heard:
    """Ask once. Nothing is known of the conversation unless a memory says so."""

    def make(assistant: Assistant, http: HttpClient, keys: Keys) -> DifyProvider:
        return DifyProvider(assistant, http, keys, memory or remembering())

    return ask(*replies, make=make, **of)
