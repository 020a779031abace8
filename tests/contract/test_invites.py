"""What every store of invitations promises."""

from tests.builders import ROOM
from tests.contract.stores import ANA, BEN, REQUEST, Stores, make_room, run
from wireside.adapters.memory.wire import START_MS
from wireside.domain.invites import Invite
from wireside.ports import RequestRecord

FIRST = Invite("first", ROOM, until=2_000_000_000)
SECOND = Invite("second", ROOM, until=2_000_000_000)


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
