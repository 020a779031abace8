"""What every store of connections and limits promises."""

from dataclasses import replace

import pytest

from tests.builders import NEVER_SECONDS, ROOM, conversation, member, message, user
from tests.contract.stores import ANA, BEN, Stores, make_room, run
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Role, Subscription, User
from wireside.domain.errors import ConnectionGone
from wireside.domain.events import ConnectionId, ConversationId
from wireside.ports import Connection

TAB = ConnectionId("abc=")
MINUTE_MS = 60_000


async def keep(stores: Stores, line: str = TAB, who: User | None = None) -> Connection:
    """Keep a connection of Ana's, or of somebody else's."""
    kept = Connection(ConnectionId(line), who or user(), connected_at_ms=START_MS)
    await stores.connections.keep(kept)
    return kept


async def heard_by(stores: Stores) -> set[str]:
    """Return the connections that are subscribed to the room."""
    roster = await stores.conversations.roster(ROOM)
    return {each.connection_id for each in roster.subscriptions}


def test_a_connection_is_read_back_as_it_was_kept(stores: Stores) -> None:
    async def story() -> None:
        known = user("Ünal 😀", expires_at=7, roles=frozenset(Role))

        kept = await keep(stores, who=known)

        assert await stores.connections.read(TAB) == kept
        assert await stores.connections.read(ConnectionId("other")) is None
        assert await stores.connections.of_user(known.id) == (TAB,)

    run(story())


def test_a_greeting_is_remembered_once_and_for_all(stores: Stores) -> None:
    async def story() -> None:
        await keep(stores)

        first = await stores.connections.greet(TAB, now_ms=START_MS + 1)
        second = await stores.connections.greet(TAB, now_ms=START_MS + 1)

        assert first is not None
        assert first.greeted
        assert first == second == await stores.connections.read(TAB)
        assert await stores.connections.greet(ConnectionId("other"), now_ms=START_MS) is None
        assert await stores.connections.read(ConnectionId("other")) is None

    run(story())


def test_a_sign_of_life_is_remembered_and_brings_nobody_back(stores: Stores) -> None:
    async def story() -> None:
        kept = await keep(stores)

        seen = await stores.connections.see(TAB, now_ms=START_MS + 30_000)
        gone = await stores.connections.see(ConnectionId("other"), now_ms=START_MS)

        assert (kept.last_seen_ms, gone) == (START_MS, None)
        assert seen == replace(kept, seen_at_ms=START_MS + 30_000)
        assert seen == await stores.connections.read(TAB)
        assert seen.last_seen_ms == START_MS + 30_000
        assert await stores.connections.read(ConnectionId("other")) is None

    run(story())


def test_many_connections_are_read_at_once(stores: Stores) -> None:
    async def story() -> None:
        kept = [await keep(stores, f"line-{index}") for index in range(101)]

        found = await stores.connections.read_many([*(each.id for each in kept), ConnectionId("x")])

        assert found == {each.id: each for each in kept}
        assert await stores.connections.read_many([]) == {}

    run(story())


def test_a_frame_gets_connection_and_event_in_one_read(stores: Stores) -> None:
    async def story() -> None:
        kept = await keep(stores)
        event = message()
        await stores.log.commit(ROOM, event, [])

        assert await stores.connections.frame_context(TAB, ROOM, 1) == (kept, event)
        assert await stores.connections.frame_context(TAB, ROOM, 0) == (kept, None)
        assert await stores.connections.frame_context(TAB, ROOM, 2) == (kept, None)
        assert await stores.connections.frame_context(ConnectionId("x"), ROOM, 1) == (None, event)

    run(story())


def test_a_subscription_is_beneath_its_member_and_in_its_connection(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        kept = await keep(stores, who=user(expires_at=77))

        answers = [await stores.connections.subscribe(kept, ROOM, at_most=20) for _ in range(2)]

        roster = await stores.conversations.roster(ROOM)
        opened = await stores.connections.read(TAB)
        assert answers == ["subscribed", "subscribed"]
        assert roster.subscriptions == (Subscription(ANA, TAB, 77, START_MS),)
        assert opened is not None
        assert opened.open == {ROOM}

    run(story())


@fault(10)
def test_who_is_no_member_cannot_subscribe(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        kept = await keep(stores, who=user("eve"))

        answer = await stores.connections.subscribe(kept, ROOM, at_most=20)
        absent = await stores.connections.subscribe(kept, ConversationId("other"), at_most=20)

        assert (answer, absent) == ("no_member", "no_member")
        assert await heard_by(stores) == set()
        assert len((await stores.conversations.roster(ROOM)).members) == 2

    run(story())


def test_a_connection_that_is_gone_cannot_subscribe(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        kept = await keep(stores)
        await stores.connections.forget(TAB)

        with pytest.raises(ConnectionGone):
            await stores.connections.subscribe(kept, ROOM, at_most=20)

        assert await heard_by(stores) == set()
        assert await stores.connections.read(TAB) is None

    run(story())


def test_a_connection_has_so_many_open_and_no_more(stores: Stores) -> None:
    async def story() -> None:
        kept = await keep(stores)
        rooms = [ConversationId(f"room-{index}") for index in range(3)]
        for each in rooms:
            await stores.conversations.create(conversation(id=each), [member()], None)

        answers = [
            await stores.connections.subscribe(kept, each, at_most=2) for each in (*rooms, rooms[0])
        ]
        await stores.connections.unsubscribe(kept, rooms[0])
        answers.append(await stores.connections.subscribe(kept, rooms[2], at_most=2))

        assert answers == ["subscribed", "subscribed", "too_many", "subscribed", "subscribed"]

    run(story())


def test_a_member_is_called_what_their_token_says(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        known = User(BEN, "Benjamin", frozenset({Role.USER}), NEVER_SECONDS)

        await stores.connections.subscribe(await keep(stores, who=known), ROOM, at_most=20)

        roster = await stores.conversations.roster(ROOM)
        assert [each.name for each in roster.members] == ["Ana", "Benjamin"]

    run(story())


def test_closing_is_for_one_connection_and_may_be_repeated(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first, second = await keep(stores, "one"), await keep(stores, "two")
        for each in (first, second):
            await stores.connections.subscribe(each, ROOM, at_most=20)

        for _ in range(2):
            await stores.connections.unsubscribe(first, ROOM)

        closed = await stores.connections.read(first.id)
        assert await heard_by(stores) == {"two"}
        assert closed is not None
        assert closed.open == frozenset()

    run(story())


def test_what_is_silenced_hears_nothing_and_is_still_open(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first, second = await keep(stores, "one"), await keep(stores, "two")
        for each in (first, second):
            await stores.connections.subscribe(each, ROOM, at_most=20)

        await stores.connections.silence(first, [ROOM, ConversationId("other")])
        await stores.connections.silence(second, [])

        silenced = await stores.connections.read(first.id)
        assert await heard_by(stores) == {"two"}
        assert silenced is not None
        assert silenced.open == {ROOM}

    run(story())


def test_closing_brings_no_connection_back(stores: Stores) -> None:
    async def story() -> None:
        kept = await keep(stores)
        await stores.connections.forget(TAB)

        await stores.connections.unsubscribe(kept, ROOM)

        assert await stores.connections.read(TAB) is None

    run(story())


@fault(16)
def test_forgetting_removes_what_the_connection_had_and_nothing_else(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        for line, who in (("one", "ana"), ("two", "ana"), ("three", "ben")):
            kept = await keep(stores, line, user(who))
            await stores.connections.subscribe(kept, ROOM, at_most=20)

        for _ in range(2):
            await stores.connections.forget(ConnectionId("one"))

        assert await heard_by(stores) == {"two", "three"}
        assert await stores.connections.of_user(ANA) == ("two",)
        assert await stores.connections.of_user(BEN) == ("three",)
        assert await stores.connections.read(ConnectionId("one")) is None
        assert len((await stores.conversations.roster(ROOM)).members) == 2

    run(story())


def test_forgetting_works_for_many_open_conversations(stores: Stores) -> None:
    async def story() -> None:
        kept = await keep(stores)
        rooms = [ConversationId(f"room-{index}") for index in range(30)]
        for each in rooms:
            await stores.conversations.create(conversation(id=each), [member()], None)
            await stores.connections.subscribe(kept, each, at_most=30)

        await stores.connections.forget(TAB)

        left = [await stores.conversations.roster(each) for each in rooms]
        assert [each.subscriptions for each in left] == [()] * 30
        assert await stores.connections.of_user(ANA) == ()

    run(story())


def test_a_subscription_whose_connection_is_gone_can_be_dropped(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        for line in ("one", "two"):
            await stores.connections.subscribe(await keep(stores, line), ROOM, at_most=20)
        roster = await stores.conversations.roster(ROOM)
        (gone,) = [each for each in roster.subscriptions if each.connection_id == "one"]

        for _ in range(2):
            await stores.connections.drop(ROOM, gone)

        assert await heard_by(stores) == {"two"}

    run(story())


def test_connections_of_users_whose_ids_begin_alike_do_not_mix(stores: Stores) -> None:
    async def story() -> None:
        await keep(stores, "one", user("an"))
        await keep(stores, "two", user("ana"))

        assert await stores.connections.of_user(ANA) == ("two",)

    run(story())


def test_typing_passes_once_in_its_time_and_its_end_once(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        kept = await keep(stores)
        await stores.connections.subscribe(kept, ROOM, at_most=20)
        steps = [(0, False), (0, True), (2_999, True), (2_999, False), (2_999, False)]
        steps += [(5_998, True), (5_999, True)]

        passed = [
            await stores.connections.claim_typing(
                kept, ROOM, on=on, now_ms=START_MS + at_ms, every_ms=3_000
            )
            for at_ms, on in steps
        ]

        assert passed == [False, True, False, True, False, False, True]

    run(story())


def test_typing_begins_anew_with_every_open(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        kept = await keep(stores)
        passed = []
        for _ in range(2):
            await stores.connections.subscribe(kept, ROOM, at_most=20)
            passed.append(
                await stores.connections.claim_typing(
                    kept, ROOM, on=True, now_ms=START_MS, every_ms=3_000
                )
            )

        assert passed == [True, True]

    run(story())


def test_typing_in_what_is_closed_does_not_pass_and_opens_nothing(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        kept = await keep(stores)

        passed = await stores.connections.claim_typing(
            kept, ROOM, on=True, now_ms=START_MS, every_ms=3_000
        )

        assert passed is False
        assert await heard_by(stores) == set()

    run(story())


def test_messages_are_counted_for_each_user_and_minute(stores: Stores) -> None:
    async def story() -> None:
        async def count(who: str, now_ms: int) -> bool:
            return await stores.limits.count_message(user(who).id, now_ms=now_ms, per_minute=2)

        start = START_MS - START_MS % MINUTE_MS
        counts = [await count("ana", start + at) for at in (0, 30_000, 59_999, 60_000)]
        other = await count("ben", start)

        assert counts == [True, True, False, True]
        assert other

    run(story())
