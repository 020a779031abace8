"""The index of searches: blocks, replaced one after the other, and gone with their conversation."""

from typing import Any

from tests.builders import ROOM
from tests.contract.stores import ANA, Stores, make_room, run
from wireside.domain.events import ConversationId
from wireside.domain.searches import query, signature

NOWHERE = ConversationId("nowhere")
SOUP = query("soup").terms


def block(number: int = 0, text: str = "soup", *, is_full: bool = False) -> Any:
    return signature(number, [text], is_full=is_full)


def test_a_block_is_kept_and_found_by_its_conversation(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        index = stores.search_index

        assert await index.revision(ROOM, 0) == 0
        assert await index.replace(ROOM, block(is_full=True), revision=0)
        assert await index.replace(ROOM, block(1, ""), revision=0)
        assert await index.replace(ROOM, block(2, "stew"), revision=0)

        assert await index.first_blocks([NOWHERE, ROOM]) == {ROOM: block(is_full=True)}
        assert await index.first_blocks([]) == {}
        assert await index.further_blocks(ROOM) == (block(2, "stew"), block(1, ""))
        assert await index.further_blocks(NOWHERE) == ()

    run(story())


def test_a_block_is_replaced_only_by_who_has_seen_what_is_there(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        index = stores.search_index
        assert await index.replace(ROOM, block(), revision=0)
        known = await index.revision(ROOM, 0)
        assert known is not None

        assert not await index.replace(ROOM, block(text="late"), revision=0)
        assert await index.replace(ROOM, block(text="stew"), revision=known)
        assert not await index.replace(ROOM, block(text="late"), revision=known)

        assert (await index.first_blocks([ROOM]))[ROOM] == block(text="stew")
        assert not (await index.first_blocks([ROOM]))[ROOM].may_have(SOUP)

    run(story())


def test_a_conversation_that_is_deleted_has_no_revision_and_its_blocks_go(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        index = stores.search_index
        assert await index.replace(ROOM, block(is_full=True), revision=0)
        assert await index.replace(ROOM, block(1), revision=0)
        assert await index.revision(NOWHERE, 0) is None

        await stores.housekeeping.mark_deleted(ROOM, None, now_ms=1)
        assert await index.revision(ROOM, 0) is None
        while not await stores.housekeeping.purge(ROOM, before_ms=2, at_most=100):
            pass

        assert await index.first_blocks([ROOM]) == {}
        assert await index.further_blocks(ROOM) == ()

    run(story())


def test_a_list_tells_when_its_conversations_were_active(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, created_at_ms=7_000)
        roster = await stores.conversations.roster(ROOM)
        await stores.conversations.bump(ROOM, roster.members, at_ms=9_000)

        (listed,), more = await stores.conversations.listed(ANA, limit=10, cursor=None)

        assert (listed.id, listed.at_ms) == (ROOM, 9_000)
        assert more is None

    run(story())
