"""Searching one's conversations: who finds what, in which order, at what cost."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest

from tests.builders import ROOM, World, member, message, send, user
from wireside.adapters.memory.wire import ManualClock
from wireside.domain.conversation import Conversation
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConversationId, Draft, Kind, UserId, place
from wireside.domain.searches import BLOCK_EVENTS
from wireside.ports import Clock, Log
from wireside.services import searching
from wireside.services.indexing import StoredEvent

type Story = Callable[[World], Coroutine[Any, Any, None]]


def told(story: Story) -> None:
    """Let a story happen in a room of Ana's and Ben's."""
    world = World().room()
    world.store.active_at[UserId("ana"), ROOM] = world.clock.now_ms()
    world.store.active_at[UserId("ben"), ROOM] = world.clock.now_ms()
    asyncio.run(story(world))


async def follow(world: World, *seqs: int, is_new: bool = True) -> None:
    """Let the stream tell of events of the room, or of all."""
    chosen = [world.log[seq - 1] for seq in seqs] or world.log
    await world.app.following.take([StoredEvent(ROOM, each, is_new) for each in chosen])


async def found(world: World, text: str, name: str = "ana", limit: int = 20) -> list[int]:
    """Return the seqs of what somebody finds."""
    items, complete = await world.app.searching.search(user(name), text, limit=limit)
    assert complete
    return [each["seq"] for each in items]


def test_a_message_is_found_with_its_place_its_sender_and_a_snippet() -> None:
    async def story(world: World) -> None:
        await world.enter("ana")
        await world.say("ana", send("Is there still some of that soup?"))
        await follow(world)

        items, complete = await world.app.searching.search(user("ben"), "SOUP", limit=20)

        (item,) = items
        assert complete
        assert item["conversation_id"] == ROOM
        assert item["seq"] == 1
        assert item["sender"] == {"id": "ana", "name": "Ana", "type": "human"}
        assert item["snippet"] == "Is there still some of that soup?"
        assert item["title"] == "Is there still some of that soup?"
        assert item["at"].endswith("Z")

    told(story)


def test_the_newest_messages_come_first_and_no_more_than_asked_for() -> None:
    async def story(world: World) -> None:
        for number in range(3 * BLOCK_EVENTS):
            world.wrote(1, text=f"soup {number}", now_ms=world.clock.now_ms() + number)
        await follow(world)

        assert await found(world, "soup", limit=3) == [192, 191, 190]
        assert await found(world, "soup 5 ") == [6]

    told(story)


def test_only_members_find_and_new_members_find_the_whole_log() -> None:
    async def story(world: World) -> None:
        world.wrote(1, text="soup")
        await follow(world)
        cy = UserId("cy")

        assert await found(world, "soup", "cy") == []
        world.store.members[ROOM, cy] = member("cy")
        world.store.active_at[cy, ROOM] = world.clock.now_ms()
        assert await found(world, "soup", "cy") == [1]
        del world.store.members[ROOM, cy]  # the list lags: it still names the room
        assert await found(world, "soup", "cy") == []

    told(story)


def test_an_edited_message_is_found_by_its_newest_text_alone() -> None:
    async def story(world: World) -> None:
        await world.enter("ana")
        await world.say("ana", send("soup"))
        edit = {"action": "edit", "conversation_id": ROOM, "target_seq": 1}
        await world.say("ana", {**edit, "client_id": "e1", "after_seq": 1, "text": "stew"})
        await world.say("ana", {**edit, "client_id": "e2", "after_seq": 2, "text": "salad"})
        await follow(world)

        assert await found(world, "soup") == []
        assert await found(world, "stew") == []
        assert await found(world, "salad") == [1]

    told(story)


def test_what_is_deleted_is_gone_from_the_index_too() -> None:
    async def story(world: World) -> None:
        await world.enter("ana")
        await world.say("ana", send("soup"))
        about = {"conversation_id": ROOM, "target_seq": 1}
        edit = {"action": "edit", "client_id": "e", "after_seq": 1, "text": "stew"}
        await world.say("ana", {**about, **edit})
        await follow(world)
        await world.say("ana", {**about, "action": "delete", "client_id": "d", "after_seq": 2})
        await follow(world, 1, 2, is_new=False)

        ((signature, _),) = world.store.signatures.values()
        assert await found(world, "soup") == []
        assert await found(world, "stew") == []
        assert set(signature.bits) == {0}

    told(story)


def test_who_read_an_older_log_does_not_bring_deleted_words_back() -> None:
    async def story(world: World) -> None:
        world.wrote(1, text="soup")
        indexing = world.app.following.indexing
        revision = await indexing.index.revision(ROOM, 0)
        await indexing.make(ROOM, 0)
        (stale,) = [each for each, _ in world.store.signatures.values()]
        world.log[0] = message(text="")
        await indexing.make(ROOM, 0)

        assert not await indexing.index.replace(ROOM, stale, revision=revision or 0)
        assert await found(world, "soup") == []

    told(story)


def test_a_deleted_conversation_gets_no_block_any_more() -> None:
    async def story(world: World) -> None:
        world.wrote(1, text="soup")
        world.store.conversations[ROOM] = Conversation(ROOM, 0, "demo", deleted=True)

        await follow(world)

        assert world.store.signatures == {}

    told(story)


def test_reactions_and_members_make_no_block_but_the_last_event_of_one_does() -> None:
    async def story(world: World) -> None:
        world.wrote(BLOCK_EVENTS - 1, text="soup")
        reaction = Draft(Kind.REACTED, user().participant, {"target_seq": 1})
        world.log.append(place(reaction, world.log[-1], now_ms=0))
        await follow(world, 1)
        (before,) = world.store.signatures.values()
        await follow(world, BLOCK_EVENTS)
        (after,) = world.store.signatures.values()

        assert not before[0].is_full or before[0] == after[0]
        assert after[0].is_full

    told(story)


def test_a_question_without_a_word_is_refused() -> None:
    async def story(world: World) -> None:
        with pytest.raises(Refused) as refused:
            await world.app.searching.search(user(), "?!", limit=20)

        assert refused.value.code is ErrorCode.INVALID_FIELD

    told(story)


def conversations(world: World, count: int, text: str) -> None:
    """Give Ana many conversations with one message each, the last one the newest."""
    for number in range(count):
        each = ConversationId(f"room-{number:05d}")
        world.store.conversations[each] = Conversation(each, 0, "demo")
        world.store.members[each, UserId("ana")] = member("ana")
        at_ms = world.clock.now_ms() + number * 1_000_000
        world.store.active_at[UserId("ana"), each] = at_ms
        world.store.logs[each] = [message(text=text.format(number), now_ms=at_ms)]


async def indexed(world: World) -> None:
    """Make all blocks."""
    for each in world.store.logs:
        await world.app.following.indexing.make(each, 0)


class Counted:
    """Counts the calls of a port."""

    def __init__(self, port: Any, counts: dict[str, int]) -> None:
        self.port, self.counts = port, counts

    def __getattr__(self, name: str) -> Any:
        self.counts[name] = self.counts.get(name, 0) + 1
        return getattr(self.port, name)


def test_a_search_of_a_thousand_conversations_reads_few_of_their_logs() -> None:
    async def story() -> None:
        counts: dict[str, int] = {}
        world = World(around=lambda port: Counted(port, counts))
        conversations(world, 1_000, "soup of {:05d}numbers")
        await indexed(world)
        counts.clear()

        items, complete = await world.app.searching.search(user(), "soup", limit=20)
        newest = dict(counts)
        counts.clear()
        rare, _ = await world.app.searching.search(user(), "00007num", limit=20)

        assert complete
        assert [each["conversation_id"] for each in items][:2] == ["room-00999", "room-00998"]
        assert newest["first_blocks"] == 1
        assert newest["after"] <= 25
        assert len(rare) == 1
        assert counts["first_blocks"] == 10

    asyncio.run(story())


def test_a_search_that_may_read_no_more_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        world = World()
        conversations(world, 250, "soup{}")
        await indexed(world)
        monkeypatch.setattr(searching, "MAX_LOOKS", 50)

        items, complete = await world.app.searching.search(user(), "sou ham", limit=20)
        assert (items, complete) == ([], True)
        items, complete = await world.app.searching.search(user(), "soup", limit=100)

        assert not complete
        assert len(items) == 50

    asyncio.run(story())


class Slow:
    """A log whose every read takes four seconds."""

    def __init__(self, port: Any, clock: ManualClock) -> None:
        self.port, self.clock = port, clock

    def __getattr__(self, name: str) -> Any:
        if name == "after":
            self.clock.time_ms += 4_000
        return getattr(self.port, name)


def test_blocks_that_take_too_long_hold_up_nobody_and_are_found_all_the_same() -> None:
    async def story() -> None:
        world = World()
        conversations(world, 30, "soup{}")
        following = world.app.following
        slow = cast("Log", Slow(following.indexing.log, world.clock))
        late = replace(following, indexing=replace(following.indexing, log=slow))
        told = [StoredEvent(each, log[0], is_new=True) for each, log in world.store.logs.items()]
        begun = world.clock.now_ms()

        await late.take(told)
        passed = world.clock.now_ms() - begun
        items, complete = await world.app.searching.search(user(), "soup", limit=100)
        rare, _ = await world.app.searching.search(user(), "soup29", limit=100)
        made = [signature for signature, _ in world.store.signatures.values()]
        await following.take(told)
        again = [signature for signature, _ in world.store.signatures.values()]

        assert passed < 20_000
        assert (len(items), len(rare), complete) == (30, 1, True)
        assert [each.bits for each in made].count(b"\xff") == 26
        assert b"\xff" not in [each.bits for each in again]

    asyncio.run(story())


def test_a_search_ends_in_time_also_in_the_middle_of_a_block() -> None:
    async def story(world: World) -> None:
        world.wrote(BLOCK_EVENTS, text="soup")
        await follow(world)
        ticking = Ticking(world.clock)
        search = replace(world.app.searching, clock=cast("Clock", ticking))

        items, complete = await search.search(user(), "soup", limit=20)

        assert (items, complete) == ([], False)
        assert ticking.asked < 20

    told(story)


@dataclass(slots=True)
class Ticking:
    """A clock on which a second passes whenever somebody looks at it."""

    clock: ManualClock
    asked: int = 0

    def now_ms(self) -> int:
        """Return the time."""
        self.asked += 1
        return self.clock.now_ms() + self.asked * 1_000


def test_following_an_event_twice_changes_nothing() -> None:
    async def story(world: World) -> None:
        world.wrote(3, text="soup")
        await follow(world)
        (first,) = [each for each, _ in world.store.signatures.values()]
        await follow(world)
        (second,) = [each for each, _ in world.store.signatures.values()]

        assert first == second
        assert await found(world, "soup") == [3, 2, 1]

    told(story)
