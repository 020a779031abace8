"""What every store of invitations promises."""

from dataclasses import replace

from tests.builders import ROOM, member, message
from tests.contract.stores import ANA, BEN, REQUEST, Stores, make_room, run
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import AddMember, RemoveMember, Stale, Stored
from wireside.domain.invites import Invite
from wireside.ports import RequestRecord

FIRST = Invite("first", ROOM, until=2_000_000_000, by=ANA)
SECOND = Invite("second", ROOM, until=2_000_000_000, by=ANA)


def test_an_invitation_is_read_back_as_it_was_kept(stores: Stores) -> None:
    async def story() -> None:
        assert await stores.invites.keep(FIRST, None, now_ms=START_MS)

        assert await stores.invites.read("first") == FIRST
        assert await stores.invites.read("second") is None

    run(story())


def test_a_request_makes_one_invitation_however_often_it_comes(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)

        kept = [
            await stores.invites.keep(each, REQUEST, now_ms=START_MS) for each in (FIRST, SECOND)
        ]

        assert kept == [True, False]
        assert await stores.invites.read("first") == FIRST
        assert await stores.invites.read("second") is None
        known = await stores.conversations.remembered(ANA, REQUEST.key, ROOM)
        assert known == RequestRecord("fingerprint", {"id": "room"})
        assert await stores.conversations.remembered(BEN, REQUEST.key, ROOM) is None

    run(story())


def test_who_was_removed_is_barred_from_joining_until_somebody_adds_them(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        removal, joining, adding = message(), message(message()), message(message())
        ben = AddMember(member("ben"), at_most=9)

        async def is_barred() -> bool:
            return await stores.invites.is_barred(ROOM, BEN)

        before = await is_barred()
        assert await stores.log.commit(ROOM, removal, [RemoveMember(BEN, bars=True)]) == Stored()
        removed = await is_barred()
        invited = await stores.log.commit(ROOM, joining, [replace(ben, invited=True)])
        assert await stores.log.commit(ROOM, adding, [ben]) == Stored()

        assert (before, removed, await is_barred()) == (False, True, False)
        assert invited == Stale()
        assert not await stores.invites.is_barred(ROOM, ANA)

    run(story())


def test_who_left_is_not_barred_and_who_was_never_there_neither(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        back = AddMember(member("ben"), at_most=9, invited=True)
        stranger = AddMember(member("cy"), at_most=9, invited=True)
        event = message()
        assert await stores.log.commit(ROOM, event, [RemoveMember(BEN)]) == Stored()

        for each in (back, stranger):
            event = message(event)
            assert await stores.log.commit(ROOM, event, [each]) == Stored()

    run(story())
