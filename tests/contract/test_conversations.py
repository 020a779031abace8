"""What every store of conversations promises."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import DEMO, ROOM, conversation, member, message, user
from tests.contract.stores import ANA, BEN, CY, REQUEST, Stores, make_room, run
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import (
    RemoveMember,
)
from wireside.domain.conversation import MemberRole, ReplyPolicy
from wireside.domain.errors import Refused
from wireside.domain.events import ConversationId, UserId


async def state(stores: Stores) -> tuple[Any, ...]:
    """Return all that a change may change."""
    access = await stores.conversations.access(ROOM, None)
    roster = await stores.conversations.roster(ROOM)
    known = await stores.conversations.remembered(ANA, "key", ROOM)
    claimed = await stores.runs.read(ROOM, DEMO.id, 1)
    return access, roster, known, claimed


def test_a_conversation_is_read_back_with_its_member(stores: Stores) -> None:
    async def story() -> None:
        known = conversation(title="T", model="second", reply_policy=ReplyPolicy.MENTION, epoch="4")
        await stores.conversations.create(known, [member("ana"), member("ben")], None)

        access = await stores.conversations.access(ROOM, ANA)
        stranger = await stores.conversations.access(ROOM, CY)
        system = await stores.conversations.access(ROOM, None)

        assert access is not None
        assert access.conversation == replace(known, member_count=2)
        assert access.member == member("ana")
        assert stranger is not None
        assert stranger.member is None
        assert system is not None
        assert system.member is None
        assert await stores.conversations.access(ConversationId("other"), ANA) is None

    run(story())


def test_a_roster_has_the_owner_first(stores: Stores) -> None:
    async def story() -> None:
        owner = replace(member("zoe"), role=MemberRole.OWNER)
        late = replace(member("al"), joined_at_ms=START_MS + 1)
        await stores.conversations.create(conversation(), [late, member("ben"), owner], None)

        roster = await stores.conversations.roster(ROOM)

        assert [each.user_id for each in roster.members] == ["zoe", "ben", "al"]
        assert roster.subscriptions == ()

    run(story())


def test_a_conversation_may_begin_with_many_members(stores: Stores) -> None:
    async def story() -> None:
        members = [member(f"user-{index:03d}") for index in range(120)]

        assert await stores.conversations.create(conversation(), members, REQUEST)

        access = await stores.conversations.access(ROOM, UserId("user-119"))
        assert access is not None
        assert access.conversation.member_count == 120
        assert len((await stores.conversations.roster(ROOM)).members) == 120

    run(story())


@fault(6)
def test_a_request_that_creates_is_carried_out_once(stores: Stores) -> None:
    async def story() -> None:
        other = conversation(id=ConversationId("room-2"))

        first = await stores.conversations.create(conversation(), [member()], REQUEST)
        second = await stores.conversations.create(other, [member()], REQUEST)
        known = await stores.conversations.remembered(ANA, "key", None)

        assert (first, second) == (True, False)
        assert known is not None
        assert (known.fingerprint, dict(known.result)) == ("fingerprint", {"id": "room"})
        assert await stores.conversations.access(other.id, ANA) is None
        assert await stores.conversations.remembered(BEN, "key", None) is None
        assert await stores.conversations.remembered(ANA, "key", ROOM) is None

    run(story())


def test_a_whole_conversation_is_read_at_once(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, title="T")

        whole = await stores.conversations.whole(ROOM)

        access = await stores.conversations.access(ROOM, ANA)
        assert whole is not None
        assert access is not None
        assert whole.conversation == access.conversation
        assert whole.roster == await stores.conversations.roster(ROOM)
        assert await stores.conversations.whole(ConversationId("other")) is None

    run(story())


async def three_rooms(stores: Stores) -> list[ConversationId]:
    """Create three conversations of Ana's, a second apart."""
    names = [ConversationId(f"room-{index}") for index in range(3)]
    for index, name in enumerate(names):
        made = conversation(id=name, created_at_ms=START_MS + index * 1_000)
        await stores.conversations.create(made, [member("ana")], None)
    return names


def test_a_list_is_newest_first_and_moves_up_but_never_down(stores: Stores) -> None:
    async def story() -> None:
        first, second, third = await three_rooms(stores)

        async def listed() -> list[str]:
            ids, _ = await stores.conversations.of_user(ANA, limit=9, cursor=None)
            return [*ids]

        before = await listed()
        await stores.conversations.bump(first, [member("ana"), member("x")], at_ms=START_MS + 9_000)
        bumped = await listed()
        await stores.conversations.bump(first, [member("ana")], at_ms=START_MS - 9_000)

        assert before == [third, second, first]
        assert bumped == await listed() == [first, third, second]
        assert await stores.conversations.of_user(CY, limit=9, cursor=None) == ((), None)

    run(story())


def test_a_list_goes_on_after_each_of_its_entries(stores: Stores) -> None:
    async def story() -> None:
        first, second, third = await three_rooms(stores)

        listed, _ = await stores.conversations.listed(ANA, limit=9, cursor=None)
        pages = [
            (await stores.conversations.of_user(ANA, limit=9, cursor=each.cursor))[0]
            for each in listed
        ]

        assert [each.id for each in listed] == [third, second, first]
        assert pages == [(second, first), (first,), ()]

    run(story())


def test_a_list_is_read_in_pages(stores: Stores) -> None:
    async def story() -> None:
        first, second, third = await three_rooms(stores)

        page, cursor = await stores.conversations.of_user(ANA, limit=2, cursor=None)
        rest, _ = await stores.conversations.of_user(ANA, limit=2, cursor=cursor)

        assert (page, rest) == ((third, second), (first,))

    run(story())


def cursor_of(place: object) -> str:
    """Return it as a cursor looks."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


PLACE = "000000000000007#room"
FOREIGN = (
    *("", "x", "!!", "é", "NQ", "bnVsbA", "W10", "WzFd", "e30"),
    cursor_of(["room", 7]),
    cursor_of(["other", PLACE]),
    cursor_of([["room"], PLACE]),
    cursor_of(["room", "7#room"]),
    cursor_of(["a/b", "000000000000007#a/b"]),
    cursor_of(["\ud800", "000000000000007#\ud800"]),
)


@pytest.mark.parametrize("cursor", FOREIGN)
def test_a_cursor_that_is_none_is_refused(stores: Stores, cursor: str) -> None:
    async def story() -> None:
        with pytest.raises(Refused) as refused:
            await stores.conversations.of_user(ANA, limit=2, cursor=cursor)

        assert refused.value.details == {"field": "cursor"}

    run(story())


def test_who_left_has_it_no_more_in_their_list(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.log.commit(ROOM, message(), [RemoveMember(BEN)])

        assert (await stores.conversations.of_user(BEN, limit=9, cursor=None))[0] == ()

    run(story())


def test_activity_is_claimed_once_in_its_time(stores: Stores) -> None:
    async def story() -> None:
        claims = [
            await stores.conversations.claim_activity(ROOM, now_ms=now_ms, every_ms=30_000)
            for now_ms in (START_MS, START_MS, START_MS + 29_999, START_MS + 30_000)
        ]
        other = await stores.conversations.claim_activity(
            ConversationId("other"), now_ms=START_MS, every_ms=30_000
        )

        assert claims == [True, False, False, True]
        assert other

    run(story())


def test_a_title_is_suggested_only_where_there_is_none(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.log.commit(ROOM, message(), [])

        for title in ("first", "second"):
            await stores.conversations.suggest_title(ROOM, title, 1)
        await stores.conversations.suggest_title(ConversationId("other"), "nothing", 1)

        access, *_ = await state(stores)
        assert (access.conversation.title, access.conversation.title_seq) == ("first", 1)
        assert await stores.conversations.access(ConversationId("other"), None) is None

    run(story())


def test_users_whose_ids_begin_alike_do_not_mix(stores: Stores) -> None:
    async def story() -> None:
        await stores.conversations.create(conversation(), [member("an"), member("ana x")], None)

        assert (await stores.conversations.of_user(ANA, limit=9, cursor=None))[0] == ()
        access = await stores.conversations.access(ROOM, user("ana").id)
        assert access is not None
        assert access.member is None

    run(story())


def test_a_marker_of_what_was_read_moves_only_forwards(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)

        moved = [
            await stores.conversations.mark_read(ROOM, ANA, seq=seq, n=n)
            for seq, n in ((3, 2), (3, 2), (1, 1), (9, 4))
        ]

        access = await stores.conversations.access(ROOM, ANA)
        assert moved == [True, False, False, True]
        assert access is not None
        assert access.member is not None
        assert (access.member.read_seq, access.member.read_n) == (9, 4)

    run(story())


def test_who_is_no_member_has_no_marker_and_gets_none(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)

        assert await stores.conversations.mark_read(ROOM, CY, seq=1, n=1) is False
        assert len((await stores.conversations.roster(ROOM)).members) == 2

    run(story())
