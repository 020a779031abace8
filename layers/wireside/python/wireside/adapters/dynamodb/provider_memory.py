"""What providers want to know again: an item for each conversation and assistant."""

from dataclasses import dataclass

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import optional_text, pack
from wireside.adapters.dynamodb.table import Table
from wireside.domain.events import AssistantId, ConversationId


@dataclass(frozen=True, slots=True)
class DynamoProviderMemory:
    """``ports.ProviderMemory`` on the table."""

    table: Table

    async def read(self, conversation_id: ConversationId, assistant_id: AssistantId) -> str | None:
        """Read the item, strongly."""
        item = await self.table.get(keys.provider_memory(conversation_id, assistant_id))
        return optional_text(item, "kept") if item is not None else None

    async def keep(
        self, conversation_id: ConversationId, assistant_id: AssistantId, text: str
    ) -> None:
        """Put the item."""
        key = keys.provider_memory(conversation_id, assistant_id)
        await self.table.put(key | pack({"kept": text}))
