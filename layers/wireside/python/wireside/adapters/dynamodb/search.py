"""The index of searches: one item a block of a log, in the partition of its conversation."""

from collections.abc import Sequence
from dataclasses import dataclass

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, flag, number, pack
from wireside.adapters.dynamodb.table import ConditionFailed, Table
from wireside.domain.events import ConversationId
from wireside.domain.searches import Signature

type Found = dict[ConversationId, Signature]


@dataclass(frozen=True, slots=True)
class DynamoSearchIndex:
    """``ports.SearchIndex`` on the table."""

    table: Table

    async def revision(self, conversation_id: ConversationId, block: int) -> int | None:
        """Read block and conversation in one call."""
        item, conversation = await self.table.get_many(
            [keys.search_block(conversation_id, block), keys.conversation(conversation_id)]
        )
        if conversation is None or flag(conversation, "deleted"):
            return None
        return number(item, "revision") if item is not None else 0

    async def replace(
        self, conversation_id: ConversationId, signature: Signature, *, revision: int
    ) -> bool:
        """Put the block on the condition that it is as it was read."""
        key = keys.search_block(conversation_id, signature.block)
        attributes = pack({"full": signature.is_full or None, "revision": revision + 1})
        known = "revision = :known" if revision else "attribute_not_exists(pk)"
        values = {"ExpressionAttributeValues": pack({":known": revision})} if revision else {}
        try:
            await self.table.put(
                key | attributes | {"bits": {"B": signature.bits}},
                ConditionExpression=known,
                **values,
            )
        except ConditionFailed:
            return False
        return True

    async def first_blocks(self, conversation_ids: Sequence[ConversationId]) -> Found:
        """Read them in one call, at half the price of a strongly consistent one."""
        wanted = [keys.search_block(each, 0) for each in conversation_ids]
        items = await self.table.get_many(wanted, strongly=False) if wanted else ()
        found = zip(conversation_ids, items, strict=False)
        return {each: _from_item(item) for each, item in found if item is not None}

    async def further_blocks(self, conversation_id: ConversationId) -> tuple[Signature, ...]:
        """Query what is beyond the first block, newest first."""
        items = await self.table.query_all(
            KeyConditionExpression="pk = :p AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=pack(
                {
                    ":p": keys.conversation_partition(conversation_id),
                    ":first": keys.search_sort(1),
                    ":last": keys.search_sort(keys.LAST_SEQ),
                }
            ),
            ScanIndexForward=False,
        )
        return tuple(map(_from_item, items))


def _from_item(item: Item) -> Signature:
    return Signature(
        block=int(item["sk"]["S"].removeprefix(keys.SEARCH_PREFIX)),
        bits=bytes(item["bits"]["B"]),
        is_full=flag(item, "full"),
    )
