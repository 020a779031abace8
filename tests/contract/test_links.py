"""What every store of links to shared conversations promises."""

from dataclasses import replace

from tests.builders import ROOM, message
from tests.contract.stores import ANA, REQUEST, Stores, commits, make_room, run, state
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Shared
from wireside.domain.events import ConversationId
from wireside.domain.links import SharedLink

FIRST = SharedLink("first", ROOM, 3, START_MS, veil="v", by=ANA, title="T")
SECOND = replace(FIRST, id="second", through_seq=5, title=None, title_seq=1)
LATER = START_MS + 60_000


async def withdraw(stores: Stores, former: str | None, *, keyed: bool = False) -> bool:
    """Withdraw the room's link."""
    request = REQUEST if keyed else None
    return await stores.links.withdraw(ROOM, request, former=former, now_ms=START_MS)


def test_a_link_is_read_back_and_named_by_its_conversation(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)

        assert await stores.links.put(FIRST, None, former=None)

        assert await stores.links.read("first") == FIRST
        assert await stores.links.read("second") is None
        assert (await state(stores)).shared == Shared("first", 3, START_MS)

    run(story())


def test_a_conversation_has_one_link_and_the_next_takes_its_place(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        assert await stores.links.put(FIRST, None, former=None)

        unaware = await stores.links.put(SECOND, None, former=None)
        mistaken = await stores.links.put(SECOND, None, former="third")
        aware = await stores.links.put(SECOND, None, former="first")

        assert (unaware, mistaken, aware) == (False, False, True)
        assert await stores.links.read("first") is None
        assert await stores.links.read("second") == SECOND
        assert (await state(stores)).shared == Shared("second", 5, START_MS)

    run(story())


def test_a_withdrawn_link_is_gone_and_no_other_with_it(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        assert await stores.links.put(FIRST, None, former=None)

        mistaken = await withdraw(stores, "second")
        kept = await stores.links.read("first")
        withdrawn = [await withdraw(stores, "first"), await withdraw(stores, None)]

        assert (mistaken, kept, withdrawn) == (False, FIRST, [True, True])
        assert await stores.links.read("first") is None
        assert (await state(stores)).shared is None

    run(story())


def test_a_request_shares_once_and_withdraws_once(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        other = replace(REQUEST, key="other")

        shared = [
            await stores.links.put(FIRST, REQUEST, former=None),
            await stores.links.put(SECOND, REQUEST, former="first"),
        ]
        idle = await stores.links.withdraw(ROOM, other, former=None, now_ms=START_MS)
        again = await stores.links.withdraw(ROOM, other, former="first", now_ms=START_MS)

        assert (shared, idle, again) == ([True, False], True, False)
        assert await stores.links.read("first") == FIRST
        assert await stores.links.read("second") is None
        known = await stores.conversations.remembered(ANA, REQUEST.key, ROOM)
        assert known is not None

    run(story())


def test_what_is_deleted_or_absent_is_not_shared_and_its_link_goes_with_it(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        absent = replace(FIRST, conversation_id=ConversationId("absent"))
        assert not await stores.links.put(absent, None, former=None)
        assert await stores.links.put(FIRST, None, former=None)

        await stores.housekeeping.mark_deleted(ROOM, None, now_ms=START_MS)
        late = await stores.links.put(SECOND, None, former="first")
        gone = await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=10_000)

        assert (late, gone) == (False, True)
        assert await stores.links.read("first") is None
        assert await stores.links.read("second") is None

    run(story())


def test_many_events_are_read_at_once_and_those_that_are_not_there_left_out(
    stores: Stores,
) -> None:
    async def story() -> None:
        await make_room(stores)
        event = message()
        await stores.log.commit(ROOM, event, [])
        kept = [event]
        for _ in range(120):
            event, _ = await commits(stores, event)
            kept.append(event)

        found = await stores.log.read_many(ROOM, [*range(1, 130), 1, 1])

        assert found == {each.seq: each for each in kept}
        assert await stores.log.read_many(ROOM, ()) == {}

    run(story())
