"""What every store promises about the end of conversations."""

from dataclasses import replace

from tests.builders import DEMO, ROOM, conversation, member, message, user
from tests.contract.stores import ANA, BEN, REQUEST, Stores, make_room, run
from tests.contract.test_runs import FRESH as RUN
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import RemoveMember, SetConversation, SettleRun, Stale, Stored
from wireside.domain.events import ConnectionId, ConversationId, Event, Participant, SenderType
from wireside.ports import Connection, RequestRecord

LATER = START_MS + 60_000
PLENTY = 10_000


async def mark(stores: Stores, now_ms: int = START_MS) -> bool:
    """Mark the room."""
    return await stores.housekeeping.mark_deleted(ROOM, None, now_ms=now_ms)


async def write(stores: Stores, count: int) -> Event | None:
    """Put ``count`` messages into the room's log; return the last."""
    event = None
    for _ in range(count):
        event = message(event)
        await stores.log.commit(ROOM, event, [])
    return event


def test_a_mark_is_set_once_and_raises_the_epoch(stores: Stores) -> None:
    async def story() -> None:
        olga = Participant("olga", "Olga", SenderType.OPERATOR)
        await make_room(stores, title="T", operator_epoch=4, operator=olga)

        marks = [await mark(stores) for _ in range(2)]
        absent = await stores.housekeeping.mark_deleted(
            ConversationId("absent"), None, now_ms=START_MS
        )
        access = await stores.conversations.access(ROOM, ANA)

        assert (marks, absent) == ([True, False], False)
        assert access is not None
        assert access.conversation.deleted
        assert access.conversation.operator_epoch == 5
        assert (access.conversation.title, access.conversation.operator) == (None, None)
        assert await stores.housekeeping.active(from_ms=0, to_ms=LATER, limit=9) == ()
        assert await stores.conversations.access(ConversationId("absent"), None) is None

    run(story())


def test_a_request_marks_once_and_is_remembered_beyond_the_conversation(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        other = ConversationId("other")
        await stores.conversations.create(conversation(id=other), [member()], None)

        marks = [
            await stores.housekeeping.mark_deleted(each, REQUEST, now_ms=START_MS)
            for each in (ROOM, other)
        ]
        await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=PLENTY)

        assert marks == [True, False]
        known = await stores.conversations.remembered(ANA, REQUEST.key, None)
        assert known == RequestRecord("fingerprint", {"id": "room"})
        access = await stores.conversations.access(other, None)
        assert access is not None
        assert not access.conversation.deleted

    run(story())


def test_what_is_marked_takes_no_change_and_no_outcome(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.runs.claim(ROOM, RUN, now_ms=START_MS, found=None)
        settle = SettleRun(
            DEMO.id, RUN.first_seq, RUN.fence, 1, answered_before=0, operator_epoch=0
        )
        await write(stores, 1)
        await mark(stores)

        outcomes = [
            await stores.log.commit(ROOM, message(message()), [change])
            for change in (settle, replace(settle, operator_epoch=1), SetConversation(title="T"))
        ]

        assert outcomes == [Stale()] * 3
        await stores.conversations.suggest_title(ROOM, "T", 1)
        access = await stores.conversations.access(ROOM, None)
        assert access is not None
        assert access.conversation.title is None

    run(story())


def test_nothing_goes_before_its_time_and_nothing_that_is_not_marked(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await write(stores, 3)

        unmarked = await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=PLENTY)
        await mark(stores)
        early = await stores.housekeeping.purge(ROOM, before_ms=START_MS, at_most=PLENTY)

        assert (unmarked, early) == (False, False)
        assert len(await stores.log.after(ROOM, 0, limit=9)) == 3
        assert len((await stores.conversations.roster(ROOM)).members) == 2

    run(story())


def test_all_of_it_goes_but_the_mark(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        line = Connection(ConnectionId("tab="), user(), START_MS, greeted=True)
        await stores.connections.keep(line)
        await stores.connections.subscribe(line, ROOM, at_most=20)
        await write(stores, 2)
        assert await stores.log.commit(ROOM, message(message(message())), [REQUEST]) == Stored()
        third = message(message(message()))
        removal = RemoveMember(BEN, bars=True)
        assert await stores.log.commit(ROOM, message(third), [removal]) == Stored()
        await stores.runs.claim(ROOM, RUN, now_ms=START_MS, found=None)
        await stores.runs.checkpoint(ROOM, RUN, offset=0, text="x", lease_until_ms=LATER)
        await mark(stores)

        assert await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=PLENTY)

        roster = await stores.conversations.roster(ROOM)
        assert (roster.members, roster.subscriptions) == ((), ())
        assert await stores.log.before(ROOM, None, limit=9) == ()
        assert await stores.runs.read(ROOM, RUN.assistant_id, RUN.first_seq) is None
        assert await stores.runs.text(ROOM, RUN) == ""
        assert not await stores.invites.is_barred(ROOM, BEN)
        assert await stores.conversations.remembered(ANA, REQUEST.key, ROOM) is None
        assert (await stores.conversations.of_user(ANA, limit=9, cursor=None))[0] == ()
        access = await stores.conversations.access(ROOM, ANA)
        assert access is not None
        assert (access.conversation.deleted, access.member) == (True, None)

    run(story())


@fault(4)
def test_a_large_one_goes_in_batches_and_two_at_once_do_no_harm(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await write(stores, 250)
        await mark(stores)

        done = [
            await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=100) for _ in range(5)
        ]

        assert done[0] is False
        assert done[-2:] == [True, True]
        assert await stores.log.before(ROOM, None, limit=9) == ()

    run(story())


def test_conversations_are_listed_by_their_last_activity(stores: Stores) -> None:
    async def story() -> None:
        rooms = [ConversationId(f"room-{index}") for index in range(3)]
        for index, each in enumerate(rooms):
            made = conversation(id=each, created_at_ms=START_MS + index)
            await stores.conversations.create(made, [member()], None)

        async def listed(from_ms: int = 0, to_ms: int = LATER, limit: int = 9) -> list[str]:
            return [*await stores.housekeeping.active(from_ms=from_ms, to_ms=to_ms, limit=limit)]

        assert await listed() == rooms
        assert await listed(from_ms=START_MS + 1) == rooms[1:]
        assert await listed(to_ms=START_MS + 1) == rooms[:1]
        assert await listed(limit=2) == rooms[:2]
        told = await stores.conversations.claim_activity(rooms[0], now_ms=LATER - 1, every_ms=9_000)
        assert told
        assert await listed() == [rooms[1], rooms[2], rooms[0]]
        assert await stores.conversations.of_user(ANA, limit=9, cursor=None) == (
            (rooms[2], rooms[1], rooms[0]),
            None,
        )

    run(story())


def test_what_is_gone_is_in_no_list(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await mark(stores)
        await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=PLENTY)
        assert await stores.conversations.claim_activity(ROOM, now_ms=LATER, every_ms=9_000)
        await stores.housekeeping.purge(ROOM, before_ms=LATER, at_most=PLENTY)
        nowhere = ConversationId("nowhere")
        assert await stores.conversations.claim_activity(nowhere, now_ms=LATER, every_ms=9_000)

        assert await stores.housekeeping.purge(nowhere, before_ms=LATER, at_most=PLENTY)

        assert await stores.housekeeping.active(from_ms=0, to_ms=LATER * 2, limit=9) == ()
        assert await stores.housekeeping.marked(before_ms=LATER * 2, limit=9) == ()

    run(story())


def test_marks_are_listed_oldest_first_until_all_is_gone(stores: Stores) -> None:
    async def story() -> None:
        rooms = [ConversationId(f"room-{index}") for index in range(3)]
        for index, each in enumerate(rooms):
            await stores.conversations.create(conversation(id=each), [member()], None)
            at_ms = START_MS + 10 - index
            await stores.housekeeping.mark_deleted(each, None, now_ms=at_ms)

        async def listed(before_ms: int = LATER, limit: int = 9) -> list[str]:
            return [*await stores.housekeeping.marked(before_ms=before_ms, limit=limit)]

        assert await listed() == [rooms[2], rooms[1], rooms[0]]
        assert await listed(before_ms=START_MS + 9) == [rooms[2]]
        assert await listed(limit=2) == [rooms[2], rooms[1]]
        assert await stores.housekeeping.purge(rooms[1], before_ms=LATER, at_most=PLENTY)
        assert await listed() == [rooms[2], rooms[0]]

    run(story())
