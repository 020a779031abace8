"""What every store of places promises: no user has more connections than they may."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import user
from tests.contract.stores import ANA, BEN, Stores, run
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.events import ConnectionId, UserId
from wireside.ports import Connection, Place

MINUTE_MS = 60_000


def place(line: str, who: UserId = ANA, *, after_ms: int = 0) -> Place:
    """Return the place of a connection that was made so long after the start."""
    return Place(who, ConnectionId(line), START_MS + after_ms)


async def claims(stores: Stores, places: Sequence[Place], *, at_most: int) -> list[bool]:
    """Claim places one after the other."""
    return [await stores.places.claim(each, at_most=at_most) for each in places]


def test_a_user_has_so_many_places_and_no_more(stores: Stores) -> None:
    async def story() -> None:
        first, second, third = (place(each) for each in "abc")

        claimed = await claims(stores, [first, second, third, second], at_most=2)
        others = await claims(stores, [place("d", BEN)], at_most=2)
        await stores.places.give_up(first)
        claimed += await claims(stores, [third], at_most=2)

        assert claimed == [True, True, False, True, True]
        assert others == [True]
        assert await stores.places.of_user(ANA) == (second, third)

    run(story())


def test_places_are_in_the_order_of_their_connections(stores: Stores) -> None:
    async def story() -> None:
        late, early = place("a", after_ms=1), place("b")
        await claims(stores, [late, early], at_most=2)

        assert await stores.places.of_user(ANA) == (early, late)
        assert await stores.places.of_user(BEN) == ()

    run(story())


def test_giving_up_what_nobody_has_is_no_trouble(stores: Stores) -> None:
    async def story() -> None:
        for _ in range(2):
            await stores.places.give_up(place("a"))

        assert await stores.places.of_user(ANA) == ()
        assert await stores.places.all() == ()

    run(story())


def test_a_forgotten_connection_frees_its_place(stores: Stores) -> None:
    async def story() -> None:
        kept = Connection(ConnectionId("a"), user(), START_MS)
        await stores.places.claim(kept.place, at_most=1)
        await stores.connections.keep(kept)

        await stores.connections.forget(kept.id)

        assert await stores.places.of_user(ANA) == ()
        assert await claims(stores, [place("b")], at_most=1) == [True]

    run(story())


def test_all_connections_are_listed_longest_connected_first(stores: Stores) -> None:
    async def story() -> None:
        for line, who, after_ms in (("a", "ana", 2), ("b", "ben", 1), ("c=", "ana", 0)):
            await stores.connections.keep(
                Connection(ConnectionId(line), user(who), START_MS + after_ms)
            )
        await stores.connections.see(ConnectionId("c="), now_ms=START_MS + 50)

        found = await stores.places.all()

        assert found == (place("c="), place("b", BEN, after_ms=1), place("a", after_ms=2))

    run(story())


@fault(49)
@pytest.mark.parametrize("waiting", [5, 12])
def test_of_many_who_claim_at_once_as_many_get_a_place_as_there_are(
    stores: Stores, waiting: int
) -> None:
    if stores.kind == "moto":
        return  # it does not keep count of writers at the same time

    def one(index: int) -> bool:
        claimed: bool = asyncio.run(stores.places.claim(place(f"line-{index}"), at_most=5))
        return claimed

    with ThreadPoolExecutor(waiting) as pool:
        claimed = list(pool.map(one, range(waiting)))

    assert sum(claimed) == 5
    assert len(run(stores.places.of_user(ANA))) == 5


def test_new_connections_are_counted_for_each_address_and_minute(stores: Stores) -> None:
    async def story() -> None:
        async def count(address: str, now_ms: int) -> bool:
            return await stores.limits.count_connect(address, now_ms=now_ms, per_minute=2)

        start = START_MS - START_MS % MINUTE_MS
        counts = [await count("192.0.2.7", start + at) for at in (0, 30_000, 59_999, 60_000)]
        other = await count("2001:db8::/64", start)

        assert counts == [True, True, False, True]
        assert other

    run(story())
