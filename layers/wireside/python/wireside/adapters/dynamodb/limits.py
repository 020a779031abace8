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
        try:
            await self.table.update(
                keys.rate(user_id, now_ms // MINUTE_MS),
                UpdateExpression="ADD messages :one SET #ttl = :ttl",
                ConditionExpression="attribute_not_exists(messages) OR messages < :max",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=pack(
                    {
                        ":one": 1,
                        ":max": per_minute,
                        ":ttl": now_ms // 1_000 + KEEP_SECONDS,
                    }
                ),
            )
        except ConditionFailed:
            return False
        return True
