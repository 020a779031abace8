"""Tickets, and connections that go on with newer tokens."""

from dataclasses import replace

from tests.builders import ROOM, conversation, member, user
from tests.contract.stores import ANA, Stores, make_room, run
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Role, User
from wireside.domain.events import ConnectionId, ConversationId
from wireside.domain.tickets import Ticket
from wireside.ports import Connection

TAB = ConnectionId("tab=")
OTHER_ROOM = ConversationId("other")
LATER = 5_000_000_000
TICKET = Ticket("hash", user(roles=frozenset({Role.USER, Role.OPERATOR})), until=2_000_000_000)


async def talking(stores: Stores, *rooms: ConversationId) -> Connection:
    """Return Ana's connection that has these rooms open."""
    await make_room(stores)
    await stores.conversations.create(conversation(id=OTHER_ROOM), [member("ana")], None)
    connection = Connection(TAB, user(), START_MS, greeted=True)
    await stores.connections.keep(connection)
    for each in rooms:
        await stores.connections.subscribe(connection, each, at_most=20)
    known = await stores.connections.read(TAB)
    assert known is not None
    return known


async def expiries(stores: Stores, room: ConversationId = ROOM) -> set[int]:
    """Return when the room's listeners expire."""
    roster = await stores.conversations.roster(room)
    return {each.expires_at for each in roster.listeners(now_seconds=0)}


def later(expires_at: int = LATER) -> User:
    """Return Ana with a newer token."""
    return replace(user(), expires_at=expires_at)


def test_a_ticket_is_read_back_as_it_was_kept(stores: Stores) -> None:
    async def story() -> None:
        await stores.tickets.keep(TICKET)

        assert await stores.tickets.read("hash") == TICKET
        assert await stores.tickets.read("other") is None

    run(story())


def test_a_refreshed_connection_expires_later_with_all_that_it_has_open(stores: Stores) -> None:
    async def story() -> None:
        connection = await talking(stores, ROOM, OTHER_ROOM)

        refreshed = await stores.connections.refresh(connection, later(), None)

        assert refreshed == replace(connection, user=later())
        assert await stores.connections.read(TAB) == refreshed
        assert await expiries(stores) == {LATER}
        assert await expiries(stores, OTHER_ROOM) == {LATER}

    run(story())


@fault(41)
def test_a_ticket_is_used_up_by_the_refresh_and_remembered(stores: Stores) -> None:
    async def story() -> None:
        connection = await talking(stores, ROOM)
        await stores.tickets.keep(TICKET)

        first = await stores.connections.refresh(connection, later(), "hash")
        second = await stores.connections.refresh(connection, later(expires_at=LATER + 1), "hash")

        assert first == replace(connection, user=later(), refreshed_by="hash")
        assert second is None
        assert await stores.tickets.read("hash") is None
        assert await stores.connections.read(TAB) == first
        assert await expiries(stores) == {LATER}

    run(story())


def test_a_ticket_that_is_not_there_refreshes_nothing(stores: Stores) -> None:
    async def story() -> None:
        connection = await talking(stores, ROOM)

        assert await stores.connections.refresh(connection, later(), "no such") is None
        assert await stores.connections.read(TAB) == connection
        assert await expiries(stores) == {user().expires_at}

    run(story())


def test_a_connection_that_is_gone_is_not_refreshed(stores: Stores) -> None:
    async def story() -> None:
        connection = await talking(stores)
        await stores.connections.forget(TAB)

        assert await stores.connections.refresh(connection, later(), None) is None
        assert await stores.connections.read(TAB) is None

    run(story())


def test_what_was_opened_meanwhile_is_refreshed_too(stores: Stores) -> None:
    async def story() -> None:
        before = await talking(stores)
        await stores.connections.subscribe(before, ROOM, at_most=20)

        refreshed = await stores.connections.refresh(before, later(), None)

        assert refreshed is not None
        assert refreshed.open == {ROOM}
        assert await expiries(stores) == {LATER}

    run(story())


def test_what_is_opened_with_the_old_token_expires_with_the_new_one(stores: Stores) -> None:
    async def story() -> None:
        before = await talking(stores)
        await stores.connections.refresh(before, later(), None)

        assert await stores.connections.subscribe(before, ROOM, at_most=20) == "subscribed"
        assert await expiries(stores) == {LATER}

    run(story())


def test_a_subscription_that_was_dropped_does_not_come_back(stores: Stores) -> None:
    async def story() -> None:
        connection = await talking(stores, ROOM, OTHER_ROOM)
        roster = await stores.conversations.roster(ROOM)
        await stores.connections.drop(ROOM, roster.listeners(now_seconds=0)[0])

        refreshed = await stores.connections.refresh(connection, later(), None)

        assert refreshed is not None
        assert await expiries(stores) == set()
        assert await expiries(stores, OTHER_ROOM) == {LATER}
        assert (await stores.conversations.access(ROOM, ANA)) is not None

    run(story())
