"""Places in memory."""

from dataclasses import dataclass

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.events import UserId
from wireside.ports import Place


@dataclass(frozen=True, slots=True)
class MemoryPlaces:
    """``ports.Places``."""

    store: MemoryStore

    async def claim(self, place: Place, *, at_most: int) -> bool:
        """Take a place."""
        taken = await self.of_user(place.user_id)
        if place not in taken and len(taken) >= at_most:
            return False
        self.store.places.add(place)
        return True

    async def give_up(self, place: Place) -> None:
        """Make the place free."""
        self.store.places.discard(place)

    async def of_user(self, user_id: UserId) -> tuple[Place, ...]:
        """Return the user's places."""
        return _in_order([each for each in self.store.places if each.user_id == user_id])

    async def all(self) -> tuple[Place, ...]:
        """Return where the kept connections are."""
        return _in_order([each.place for each in self.store.connections.values()])


def _in_order(places: list[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda each: (each.connected_at_ms, each.connection_id)))
