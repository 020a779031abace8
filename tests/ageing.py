"""Makes things in a real table older than they are: tests do not wait for days."""

import time
from dataclasses import dataclass
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Value, pack
from wireside.domain.events import AssistantId, ConnectionId, ConversationId, UserId
from wireside.domain.links import link_id


@dataclass(frozen=True, slots=True)
class Ageing:
    """A table, through a client of boto3's own."""

    client: Any
    table: str

    def activity(self, room: str, *, seconds: int) -> None:
        """Let the room's last activity be so long ago."""
        place = f"{keys.list_time(_ago_ms(seconds))}#{room}"
        self._set(keys.activity(ConversationId(room)), user_sk=place)

    def mark(self, room: str, *, seconds: int) -> None:
        """Let the room be marked as deleted so long ago."""
        at_ms = _ago_ms(seconds)
        place = f"{keys.list_time(at_ms)}#{room}"
        self._set(keys.conversation(ConversationId(room)), deleted_at=at_ms, user_sk=place)

    def trace(self, room: str, user: str, *, seconds: int) -> None:
        """Let somebody have left the room so long ago."""
        self._set(keys.trace(ConversationId(room), UserId(user)), left_at=_ago_ms(seconds))

    def order(self, user: str, *, seconds: int) -> None:
        """Let it be so long ago that somebody wanted to be forgotten."""
        self._set(keys.order(UserId(user)), asked_at=_ago_ms(seconds), left_at=_ago_ms(seconds))

    def connection(self, user: str, line: str, *, seconds: int) -> None:
        """Let a connection be made, and last be heard of, so long ago."""
        user_id, connection_id, at_ms = UserId(user), ConnectionId(line), _ago_ms(seconds)
        self._set(keys.connection(connection_id), connected_at=at_ms, seen_at=at_ms)
        place = keys.live_sort(connection_id, at_ms)
        self._set(keys.user_connection(user_id, connection_id), user_sk=place)

    def event(self, room: str, seq: int, *, seconds: int) -> None:
        """Let an event of the room be so old."""
        self._set(keys.event(ConversationId(room), seq), at=_ago_ms(seconds))

    def unanswer(self, room: str, assistant: str, *, run_seq: int, answer_seq: int) -> None:
        """Let an assistant's answer and its run never have been."""
        conversation_id, assistant_id = ConversationId(room), AssistantId(assistant)
        for key in (
            keys.event(conversation_id, answer_seq),
            keys.run(conversation_id, assistant_id, run_seq),
        ):
            self.client.delete_item(TableName=self.table, Key=key)
        self._set(keys.conversation(conversation_id), answered_through={})

    def items(self, room: str) -> list[str]:
        """Return the sort keys of all that there is of the room."""
        found = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues=pack(
                {":p": keys.conversation_partition(ConversationId(room))}
            ),
            ConsistentRead=True,
        )
        return [item["sk"]["S"] for item in found["Items"]]

    def has_link(self, token: str) -> bool:
        """Return whether a link to what is shared is there."""
        found = self.client.get_item(
            TableName=self.table, Key=keys.link(link_id(token)), ConsistentRead=True
        )
        return "Item" in found

    def _set(self, key: keys.Key, **values: Value) -> None:
        self.client.update_item(
            TableName=self.table,
            Key=key,
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in values),
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeNames={f"#{name}": name for name in values},
            ExpressionAttributeValues=pack({f":{name}": each for name, each in values.items()}),
        )


def _ago_ms(seconds: int) -> int:
    return round((time.time() - seconds) * 1_000)
