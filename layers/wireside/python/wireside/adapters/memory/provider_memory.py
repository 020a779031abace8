"""What providers want to know again, in memory."""

from dataclasses import dataclass

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.events import AssistantId, ConversationId


@dataclass(frozen=True, slots=True)
class MemoryProviderMemory:
    """``ports.ProviderMemory``."""

    store: MemoryStore

    async def read(self, conversation_id: ConversationId, assistant_id: AssistantId) -> str | None:
        """Return what was kept last."""
        return self.store.provider_memory.get((conversation_id, assistant_id))

    async def keep(
        self, conversation_id: ConversationId, assistant_id: AssistantId, text: str
    ) -> None:
        """Keep the text."""
        self.store.provider_memory[conversation_id, assistant_id] = text
