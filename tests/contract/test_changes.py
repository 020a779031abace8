"""Changes that are stored with an event: all of them, or nothing."""

from typing import Any

import pytest

from tests.builders import DEMO, ROOM, SECOND, conversation, member, message
from tests.contract.stores import ANA, BEN, CY, REQUEST, Stores, make_room, run
from wireside.domain.changes import (
    AddMember,
    Change,
    RemoveMember,
    SetConversation,
    SettleRun,
    Stale,
    Stored,
    Taken,
)
from wireside.domain.conversation import ReplyPolicy
from wireside.domain.events import RunId
from wireside.domain.runs import Run, RunState
from wireside.domain.usage import Spent, Used

SPENT = Spent("openai", "m", "stop", Used(1, 2), 1, 3, 4, 5)


def newcomer(at_most: int = 9) -> AddMember:
    """Return the change that brings Cy in."""
    return AddMember(member("cy"), at_most)


def settlement(**fields: Any) -> SettleRun:
    """Return the change that ends the demo assistant's run of the first event."""
    known: dict[str, Any] = {
        "assistant_id": DEMO.id,
        "first_seq": 1,
        "fence": 1,
        "through_seq": 1,
        "answered_before": 0,
        "operator_epoch": 0,
    }
    return SettleRun(**(known | fields))


async def state(stores: Stores) -> tuple[Any, ...]:
    """Return all that a change may change."""
    access = await stores.conversations.access(ROOM, None)
    roster = await stores.conversations.roster(ROOM)
    known = await stores.conversations.remembered(ANA, "key", ROOM)
    claimed = await stores.runs.read(ROOM, DEMO.id, 1)
    return access, roster, known, claimed


async def streaming(stores: Stores, fence: int = 1) -> None:
    """Begin the demo assistant's run of the first event."""
    begun = Run(RunId("run"), DEMO.id, 1, RunState.PENDING, fence, 0)
    assert await stores.runs.claim(ROOM, begun, now_ms=1, found=None)
    assert await stores.runs.freeze(ROOM, begun, 1)


def test_fields_of_a_conversation_are_set_with_their_event(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, title="old")

        changes: list[Change] = [
            SetConversation(model="second", reply_policy=ReplyPolicy.OFF),
            REQUEST,
        ]
        stored = await stores.log.commit(ROOM, message(), changes)

        access = await stores.conversations.access(ROOM, None)
        known = await stores.conversations.remembered(ANA, "key", ROOM)
        assert stored == Stored()
        assert access is not None
        assert access.conversation == conversation(
            title="old", model="second", reply_policy=ReplyPolicy.OFF, member_count=2
        )
        assert known is not None
        assert dict(known.result) == {"id": "room"}

    run(story())


def test_members_come_and_go_with_their_events(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        first = message()

        await stores.log.commit(ROOM, first, [newcomer()])
        come = await stores.conversations.access(ROOM, CY)
        await stores.log.commit(ROOM, message(first), [RemoveMember(BEN)])
        gone = await stores.conversations.access(ROOM, BEN)

        assert come is not None
        assert (come.member, come.conversation.member_count) == (member("cy"), 3)
        assert gone is not None
        assert (gone.member, gone.conversation.member_count) == (None, 2)

    run(story())


def test_an_outcome_ends_its_run_and_moves_what_is_answered(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await streaming(stores)
        first = message()
        await stores.log.commit(ROOM, first, [])

        stored = await stores.log.commit(ROOM, message(first), [settlement()])

        access, _, _, ended = await state(stores)
        assert stored == Stored()
        assert access.conversation.answered_through == {DEMO.id: 1}
        assert ended.state is RunState.ENDED

    run(story())


def test_the_next_outcome_needs_the_one_before(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores, answered_through={DEMO.id: 7, SECOND.id: 2})
        await streaming(stores)

        late = await stores.log.commit(ROOM, message(), [settlement(through_seq=9)])
        right = settlement(through_seq=9, answered_before=7)
        stored = await stores.log.commit(ROOM, message(), [right])

        access, *_ = await state(stores)
        assert (late, stored) == (Stale(), Stored())
        assert access.conversation.answered_through == {DEMO.id: 9, SECOND.id: 2}

    run(story())


STALE: dict[str, list[Change]] = {
    "a member who is one": [AddMember(member("ben"), at_most=9)],
    "a full conversation": [newcomer(at_most=2)],
    "nobody to remove": [RemoveMember(CY)],
    "one that holds beside one that does not": [newcomer(), REQUEST, settlement(fence=2)],
    "a fence that was lost": [settlement(fence=2)],
    "another operator epoch": [settlement(operator_epoch=1)],
    "something answered meanwhile": [settlement(answered_before=1)],
    "a run that nobody claimed": [settlement(first_seq=2)],
}


@pytest.mark.parametrize("name", STALE)
def test_a_change_whose_condition_does_not_hold_stores_nothing(stores: Stores, name: str) -> None:
    async def story() -> None:
        await make_room(stores)
        await streaming(stores)
        before = await state(stores)

        outcome = await stores.log.commit(ROOM, message(), STALE[name])

        assert outcome == Stale()
        assert await state(stores) == before
        assert await stores.log.read(ROOM, 1) is None

    run(story())


@pytest.mark.parametrize("change", [SetConversation(title="T"), newcomer(), RemoveMember(ANA)])
def test_nothing_changes_in_a_conversation_that_is_not_there(
    stores: Stores, change: Change
) -> None:
    async def story() -> None:
        outcome = await stores.log.commit(ROOM, message(), [change])

        assert outcome == Stale()
        assert await stores.conversations.access(ROOM, None) is None

    run(story())


def test_a_request_is_remembered_once(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.log.commit(ROOM, message(), [SetConversation(title="a"), REQUEST])

        second = await stores.log.commit(
            ROOM, message(message()), [SetConversation(title="b"), REQUEST]
        )

        access, *_ = await state(stores)
        assert second == Stale()
        assert access.conversation.title == "a"

    run(story())


def test_an_ended_run_ends_only_once(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await streaming(stores)
        await stores.log.commit(ROOM, message(), [settlement()])

        again = await stores.log.commit(
            ROOM, message(message()), [settlement(through_seq=2, answered_before=1)]
        )

        assert again == Stale()
        assert len(await stores.log.after(ROOM, 0, limit=9)) == 1

    run(story())


def test_a_taken_seq_comes_before_a_change_that_does_not_hold(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.log.commit(ROOM, message(), [])

        outcome = await stores.log.commit(ROOM, message(text="x"), [RemoveMember(CY)])

        assert outcome == Taken(message())

    run(story())


def test_a_run_that_ends_keeps_what_it_took(stores: Stores) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.log.commit(ROOM, message(), [])
        await streaming(stores)

        await stores.log.commit(ROOM, message(message()), [settlement(spent=SPENT)])

        found = await stores.runs.read(ROOM, DEMO.id, 1)
        assert found is not None
        assert (found.state, found.spent) == (RunState.ENDED, SPENT)

    run(story())
