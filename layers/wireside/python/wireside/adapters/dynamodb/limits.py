"""Counters: one conditional update each."""

from dataclasses import dataclass

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import pack
from wireside.adapters.dynamodb.table import ConditionFailed, Table
from wireside.domain.events import UserId

MINUTE_MS = 60_000
KEEP_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class DynamoLimits:
    """``ports.Limits`` on the table."""

    table: Table

    async def count_message(self, user_id: UserId, *, now_ms: int, per_minute: int) -> bool:
        """Add one to this minute's item while it is below the limit."""
        return await self._count(keys.rate(user_id, now_ms // MINUTE_MS), now_ms, per_minute)

    async def count_connect(self, address: str, *, now_ms: int, per_minute: int) -> bool:
        """Add one to the address's item of this minute while it is below the limit."""
        return await self._count(
            keys.address_rate(address, now_ms // MINUTE_MS), now_ms, per_minute
        )

    async def _count(self, key: keys.Key, now_ms: int, at_most: int) -> bool:
        try:
            await self.table.update(
                key,
                UpdateExpression="ADD #count :one SET #ttl = :ttl",
                ConditionExpression="attribute_not_exists(#count) OR #count < :max",
                ExpressionAttributeNames={"#count": "counted", "#ttl": "ttl"},
                ExpressionAttributeValues=pack(
                    {
                        ":one": 1,
                        ":max": at_most,
                        ":ttl": now_ms // 1_000 + KEEP_SECONDS,
                    }
                ),
            )
        except ConditionFailed:
            return False
        return True
