"""How many connections each user has: one set beneath them, of which no two writers lose count."""

from dataclasses import dataclass

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import Item, Value, pack, text, texts
from wireside.adapters.dynamodb.table import ConditionFailed, Table
from wireside.domain.events import ConnectionId, UserId
from wireside.ports import Place

KEEP_SECONDS = 3 * 60 * 60
"""Longer than any WebSocket lives (two hours); then the item goes by itself."""


def live_entry(place: Place) -> Item:
    """Return the item of a connection beneath its user; the index has all of them together.

    It is written once and never with a heartbeat: each write of it is one of the index, too.
    """
    return keys.user_connection(place.user_id, place.connection_id) | pack(
        {
            "user_pk": keys.LIVE,
            "user_sk": keys.live_sort(place.connection_id, place.connected_at_ms),
            "ttl": _ttl(place),
        }
    )


def _ttl(place: Place) -> int:
    return place.connected_at_ms // 1_000 + KEEP_SECONDS


def _place(user_id: UserId, sort: str) -> Place:
    connected_at_ms, connection_id = sort.split("#", 1)
    return Place(user_id, ConnectionId(connection_id), int(connected_at_ms))


async def free(table: Table, place: Place) -> None:
    """Take a place out of its user's set."""
    name = keys.live_sort(place.connection_id, place.connected_at_ms)
    try:
        await table.update(
            keys.places(place.user_id),
            UpdateExpression="DELETE taken :one",
            # An update of what is not there would make it.
            ConditionExpression="attribute_exists(pk)",
            ExpressionAttributeValues=pack({":one": frozenset({name})}),
        )
    except ConditionFailed:
        return


@dataclass(frozen=True, slots=True)
class DynamoPlaces:
    """``ports.Places`` on the table."""

    table: Table

    async def claim(self, place: Place, *, at_most: int) -> bool:
        """Add to the set while it has room: one conditional update."""
        name = keys.live_sort(place.connection_id, place.connected_at_ms)
        values: dict[str, Value] = {":name": name, ":max": at_most, ":ttl": _ttl(place)}
        roomy = "attribute_not_exists(taken) OR contains(taken, :name) OR size(taken) < :max"
        try:
            await self.table.update(
                keys.places(place.user_id),
                UpdateExpression="ADD taken :new SET #ttl = :ttl",
                ConditionExpression=roomy,
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=pack(values | {":new": frozenset({name})}),
            )
        except ConditionFailed:
            return False
        return True

    async def give_up(self, place: Place) -> None:
        """Take it out of the set, and delete what stands beneath the user."""
        await free(self.table, place)
        await self.table.delete_many([keys.user_connection(place.user_id, place.connection_id)])

    async def of_user(self, user_id: UserId) -> tuple[Place, ...]:
        """Read the set."""
        item = await self.table.get(keys.places(user_id))
        taken = texts(item, "taken") if item else frozenset()
        return tuple(_place(user_id, each) for each in sorted(taken))

    async def all(self) -> tuple[Place, ...]:
        """Query the index to its end."""
        items = await self.table.query_all(
            IndexName=keys.BY_USER,
            KeyConditionExpression="user_pk = :live",
            ExpressionAttributeValues=pack({":live": keys.LIVE}),
        )
        return tuple(
            _place(keys.user_of(text(item, "pk")), text(item, "user_sk")) for item in items
        )
