"""Changes that take words away, alike in every store."""

import pytest

from tests.builders import DEMO, ROOM, message
from tests.contract.stores import Stores, commits, follows, make_room, run, state
from tests.faults import fault
from wireside.adapters.memory.wire import START_MS
from wireside.domain.changes import (
    MAX_EDITS,
    Blank,
    Decide,
    DropTitle,
    NoteEdit,
    SetConversation,
    Stale,
    Stored,
)
from wireside.domain.events import Draft, Event, Kind, blanked_edit, place


async def edited_twice(stores: Stores) -> Event:
    """Store a message and two edits of it; return the last event."""
    await make_room(stores)
    last = message(addressed=[DEMO.id], text="first")
    await stores.log.commit(ROOM, last, [])
    for text in ("second", "third"):
        last = follows(last, Kind.EDITED, target_seq=1, text=text)
        assert await stores.log.commit(ROOM, last, [NoteEdit(1)]) == Stored()
    return last


def test_edits_are_noted_beside_their_message(stores: Stores) -> None:
    async def story() -> None:
        await edited_twice(stores)

        first = await stores.log.read(ROOM, 1)

        assert first is not None
        assert first.edits == frozenset({2, 3})
        assert first.body == {"text": "first", "addressed": [DEMO.id]}

    run(story())


@pytest.mark.parametrize("target_seq", [2, 7])
def test_what_is_not_there_or_gone_takes_no_edit(stores: Stores, target_seq: int) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message()
        await stores.log.commit(ROOM, first, [])
        gone = message(first)
        await stores.log.commit(ROOM, gone, [])
        deleted = follows(gone, Kind.DELETED, target_seq=2)
        assert await stores.log.commit(ROOM, deleted, [Blank(gone)]) == Stored()

        _, outcome = await commits(stores, deleted, NoteEdit(target_seq))

        assert outcome == Stale()

    run(story())


def test_the_91st_edit_is_refused(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        last = message()
        await stores.log.commit(ROOM, last, [])
        for _ in range(MAX_EDITS):
            last, outcome = await commits(stores, last, NoteEdit(1))
            assert outcome == Stored()

        _, beyond = await commits(stores, last, NoteEdit(1))
        full = await stores.log.read(ROOM, 1)
        assert full is not None
        deleted, outcome = await commits(stores, last, Blank(full))

        assert beyond == Stale()
        assert outcome == Stored()
        left = await stores.log.after(ROOM, 1, limit=MAX_EDITS)
        assert all(each.is_deleted for each in left)
        assert deleted.seq == MAX_EDITS + 2

    run(story())


@fault(6)
def test_a_deletion_takes_the_words_out_of_the_message_and_all_its_edits(stores: Stores) -> None:
    async def story() -> None:
        last = await edited_twice(stores)
        target = await stores.log.read(ROOM, 1)
        assert target is not None

        deleted = follows(last, Kind.DELETED, target_seq=1)
        outcome = await stores.log.commit(ROOM, deleted, [Blank(target)])

        events = await stores.log.after(ROOM, 0, limit=9)
        assert outcome == Stored()
        assert events[0].body == {"text": "", "deleted": True, "addressed": [DEMO.id]}
        assert [each.body for each in events[1:3]] == [blanked_edit(1)] * 2
        assert [each.seq for each in events] == [1, 2, 3, 4]

    run(story())


@fault(6)
def test_a_deletion_that_knows_less_edits_than_there_are_stores_nothing(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        known = message()
        await stores.log.commit(ROOM, known, [])
        edit = follows(known, Kind.EDITED, target_seq=1, text="raced")
        await stores.log.commit(ROOM, edit, [NoteEdit(1)])

        _, outcome = await commits(stores, edit, Blank(known))

        first = await stores.log.read(ROOM, 1)
        assert outcome == Stale()
        assert first is not None
        assert first.text == "hello"

    run(story())


def test_nothing_is_deleted_twice(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        target = message()
        await stores.log.commit(ROOM, target, [])
        deleted, first = await commits(stores, target, Blank(target))

        _, second = await commits(stores, deleted, Blank(target))

        assert (first, second) == (Stored(), Stale())

    run(story())


@pytest.mark.parametrize(("made_of", "title"), [(1, None), (2, "made")])
def test_a_title_goes_with_the_message_that_it_was_made_of(
    stores: Stores, made_of: int, title: str | None
) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message()
        second = message(first)
        for each in (first, second):
            await stores.log.commit(ROOM, each, [])
        await stores.conversations.suggest_title(ROOM, "made", made_of)

        _, wrong = await commits(stores, second, DropTitle(1, is_made_of_it=made_of != 1))
        _, right = await commits(stores, second, DropTitle(1, is_made_of_it=made_of == 1))

        assert (wrong, right) == (Stale(), Stored())
        assert (await state(stores)).title == title

    run(story())


def test_no_title_is_made_of_a_deleted_message(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        target = message()
        await stores.log.commit(ROOM, target, [])
        await commits(stores, target, Blank(target), DropTitle(1, is_made_of_it=False))

        await stores.conversations.suggest_title(ROOM, "hello", 1)

        assert (await state(stores)).title is None

    run(story())


def test_a_given_title_is_nobodys_message(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        target = message()
        await stores.log.commit(ROOM, target, [])
        await stores.conversations.suggest_title(ROOM, "made", 1)
        await commits(stores, target, SetConversation(title="given"))

        known = await state(stores)

        assert (known.title, known.title_seq) == ("given", None)

    run(story())


def called(previous: Event) -> Event:
    """Return the call of a tool, right after an event."""
    body = {"run_id": "r", "tool": "pay", "arguments": {"cents": 5}, "approved": False}
    return place(Draft(Kind.TOOL_CALLED, DEMO.participant, body), previous, now_ms=START_MS)


def test_a_call_is_decided_once(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message()
        call = called(first)
        for each in (first, call):
            await stores.log.commit(ROOM, each, [])

        decision = message(call)
        outcomes = [
            await stores.log.commit(ROOM, decision, [Decide(9)]),
            await stores.log.commit(ROOM, decision, [Decide(2)]),
            await stores.log.commit(ROOM, message(decision), [Decide(2)]),
        ]

        assert outcomes == [Stale(), Stored(), Stale()]
        stored = await stores.log.read(ROOM, 2)
        assert stored is not None
        assert (stored.decided, stored.body) == (True, call.body)

    run(story())


def test_a_call_goes_with_its_answer_and_is_not_decided_then(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message()
        call = called(first)
        answer = message(call)
        for each in (first, call, answer):
            await stores.log.commit(ROOM, each, [])

        deletion = message(answer)
        assert await stores.log.commit(ROOM, deletion, [Blank(answer, (call,))]) == Stored()
        late = await stores.log.commit(ROOM, message(deletion), [Decide(2)])

        assert late == Stale()
        stored = await stores.log.read(ROOM, 2)
        assert stored is not None
        assert stored.body == {"text": "", "deleted": True, "run_id": "r", "tool": "pay"}

    run(story())
