"""What every store of runs promises: leases, fences, and the text so far."""

from dataclasses import replace

import pytest

from tests.builders import DEMO, ROOM, SECOND
from tests.contract.stores import Stores, run
from tests.faults import fault
from wireside.domain.events import ConversationId, RunId
from wireside.domain.runs import Partial, Run, RunState
from wireside.domain.usage import Known, Spent, Used

NOW = 1_000_000
FRESH = Run(RunId("run"), DEMO.id, 3, RunState.PENDING, 1, NOW + 15_000)


async def begun(stores: Stores, run_: Run = FRESH, through_seq: int = 3) -> Run:
    """Claim a run and begin to stream it."""
    assert await stores.runs.claim(ROOM, run_, now_ms=NOW, found=None)
    assert await stores.runs.freeze(ROOM, run_, through_seq)
    return replace(run_, state=RunState.STREAMING, through_seq=through_seq)


def test_a_run_is_claimed_once(stores: Stores) -> None:
    async def story() -> None:
        claims = [
            await stores.runs.claim(ROOM, replace(FRESH, id=RunId(name)), now_ms=NOW, found=None)
            for name in ("first", "second")
        ]

        found = await stores.runs.read(ROOM, DEMO.id, 3)
        assert claims == [True, False]
        assert found == replace(FRESH, id=RunId("first"))
        assert await stores.runs.read(ROOM, DEMO.id, 4) is None
        assert await stores.runs.read(ROOM, SECOND.id, 3) is None
        assert await stores.runs.read(ConversationId("other"), DEMO.id, 3) is None

    run(story())


@fault(29)
@pytest.mark.parametrize(("late_ms", "taken"), [(-1, False), (0, True), (1, True)])
def test_a_run_is_taken_over_only_once_its_lease_is_over(
    stores: Stores, late_ms: int, *, taken: bool
) -> None:
    async def story() -> None:
        found = await begun(stores)
        heir = replace(found, fence=2, lease_until_ms=NOW + 99_000)

        claimed = await stores.runs.claim(
            ROOM, heir, now_ms=found.lease_until_ms + late_ms, found=found
        )

        assert claimed is taken
        assert await stores.runs.read(ROOM, DEMO.id, 3) == (heir if taken else found)

    run(story())


@fault(29)
def test_of_two_heirs_one_takes_over(stores: Stores) -> None:
    async def story() -> None:
        found = await begun(stores)
        heir = replace(found, fence=2, lease_until_ms=NOW)

        claims = [
            await stores.runs.claim(ROOM, heir, now_ms=NOW + 20_000, found=found) for _ in range(2)
        ]

        assert claims == [True, False]

    run(story())


@fault(29)
def test_who_lost_the_fence_freezes_and_keeps_nothing(stores: Stores) -> None:
    async def story() -> None:
        found = await begun(stores)
        heir = replace(found, fence=2, lease_until_ms=NOW + 99_000)
        await stores.runs.claim(ROOM, heir, now_ms=NOW + 20_000, found=found)

        frozen = await stores.runs.freeze(ROOM, FRESH, 9)
        kept = await stores.runs.checkpoint(
            ROOM, FRESH, offset=0, text="zombie", lease_until_ms=NOW + 500_000
        )

        assert (frozen, kept) == (False, False)
        assert await stores.runs.read(ROOM, DEMO.id, 3) == heir
        assert [each.text for each in await in_flight(stores)] == [""]

    run(story())


@fault(29)
def test_an_heir_who_found_the_turn_open_does_not_take_it_over_frozen(stores: Stores) -> None:
    async def story() -> None:
        await stores.runs.claim(ROOM, FRESH, now_ms=NOW, found=None)
        heir = replace(FRESH, fence=2, lease_until_ms=NOW + 99_000)
        await stores.runs.freeze(ROOM, FRESH, 5)

        blind = await stores.runs.claim(ROOM, heir, now_ms=NOW + 20_000, found=FRESH)
        found = await stores.runs.read(ROOM, DEMO.id, 3)
        assert found is not None
        aware = await stores.runs.claim(ROOM, heir, now_ms=NOW + 20_000, found=found)

        assert (blind, aware) == (False, True)
        assert found.through_seq == 5

    run(story())


def test_nobody_freezes_or_keeps_what_nobody_claimed(stores: Stores) -> None:
    async def story() -> None:
        frozen = await stores.runs.freeze(ROOM, FRESH, 3)
        kept = await stores.runs.checkpoint(ROOM, FRESH, offset=0, text="x", lease_until_ms=NOW)

        assert (frozen, kept) == (False, False)
        assert await stores.runs.read(ROOM, DEMO.id, 3) is None

    run(story())


def test_a_checkpoint_extends_the_lease_and_nothing_else(stores: Stores) -> None:
    async def story() -> None:
        held = await begun(stores)

        kept = await stores.runs.checkpoint(
            ROOM, FRESH, offset=0, text="", lease_until_ms=NOW + 30_000
        )

        assert kept
        found = await stores.runs.read(ROOM, DEMO.id, 3)
        assert found == replace(held, lease_until_ms=NOW + 30_000)

    run(story())


async def in_flight(stores: Stores, above_seq: int = 0) -> tuple[Partial, ...]:
    """Return the demo assistant's runs in flight."""
    return await stores.runs.in_flight(ROOM, DEMO.id, above_seq=above_seq)


def test_the_text_so_far_is_its_chunks_in_order(stores: Stores) -> None:
    async def story() -> None:
        await begun(stores)
        text = "👩\u200d👧 and é " * 40
        pieces = [(offset, text[offset : offset + 7]) for offset in range(0, len(text), 7)]

        for offset, piece in pieces:
            await stores.runs.checkpoint(ROOM, FRESH, offset=offset, text=piece, lease_until_ms=NOW)

        assert await in_flight(stores) == (Partial(RunId("run"), DEMO.id, 3, 1, text),)

    run(story())


def test_a_repeated_checkpoint_is_in_the_text_once(stores: Stores) -> None:
    async def story() -> None:
        await begun(stores)

        for _ in range(2):
            await stores.runs.checkpoint(ROOM, FRESH, offset=0, text="once", lease_until_ms=NOW)

        assert [each.text for each in await in_flight(stores)] == ["once"]

    run(story())


def test_a_later_attempt_begins_its_text_again(stores: Stores) -> None:
    async def story() -> None:
        found = await begun(stores)
        await stores.runs.checkpoint(ROOM, FRESH, offset=0, text="old", lease_until_ms=NOW)
        heir = replace(found, fence=2, lease_until_ms=NOW)
        held = replace(found, lease_until_ms=NOW)
        assert await stores.runs.claim(ROOM, heir, now_ms=NOW, found=held)

        await stores.runs.checkpoint(ROOM, heir, offset=0, text="new", lease_until_ms=NOW)

        assert await in_flight(stores) == (Partial(RunId("run"), DEMO.id, 3, 2, "new"),)

    run(story())


def test_only_streaming_runs_above_what_is_answered_are_in_flight(stores: Stores) -> None:
    async def story() -> None:
        for seq in (3, 7, 12):
            each = replace(FRESH, id=RunId(f"run-{seq}"), first_seq=seq)
            await begun(stores, each, through_seq=seq)
        pending = replace(FRESH, id=RunId("pending"), first_seq=20)
        await stores.runs.claim(ROOM, pending, now_ms=NOW, found=None)
        other = replace(FRESH, assistant_id=SECOND.id, first_seq=30)
        await begun(stores, other, through_seq=30)

        assert [each.trigger_seq for each in await in_flight(stores)] == [3, 7, 12]
        assert [each.trigger_seq for each in await in_flight(stores, 3)] == [7, 12]
        assert [each.trigger_seq for each in await in_flight(stores, 12)] == []

    run(story())


def test_assistants_whose_names_begin_alike_do_not_mix(stores: Stores) -> None:
    async def story() -> None:
        alike = type(DEMO.id)(f"{DEMO.id}-2")
        await begun(stores, replace(FRESH, assistant_id=alike))

        assert await in_flight(stores) == ()

    run(story())


def test_who_holds_a_run_may_begin_it_again_under_the_next_fence(stores: Stores) -> None:
    async def story() -> None:
        held = await begun(stores)
        await stores.runs.checkpoint(ROOM, held, offset=0, text="old", lease_until_ms=NOW)

        raised = await stores.runs.begin_again(ROOM, held, lease_until_ms=NOW + 44_000)
        again = replace(held, fence=2, lease_until_ms=NOW + 44_000)

        assert raised
        assert await stores.runs.read(ROOM, DEMO.id, 3) == again
        assert [(each.fence, each.text) for each in await in_flight(stores)] == [(2, "")]
        assert await stores.runs.text(ROOM, held) == "old"
        assert await stores.runs.text(ROOM, again) == ""

    run(story())


def test_who_lost_the_fence_begins_nothing_again(stores: Stores) -> None:
    async def story() -> None:
        held = await begun(stores)
        await stores.runs.begin_again(ROOM, held, lease_until_ms=NOW + 1)

        again = await stores.runs.begin_again(ROOM, held, lease_until_ms=NOW + 99_000)
        nobodys = await stores.runs.begin_again(
            ROOM, replace(held, first_seq=9), lease_until_ms=NOW
        )

        assert (again, nobodys) == (False, False)
        found = await stores.runs.read(ROOM, DEMO.id, 3)
        assert found == replace(held, fence=2, lease_until_ms=NOW + 1)

    run(story())


SPENT = Spent("openai", "m", "silenced", Used(1, 2, Known.UNKNOWN), 1, None, 900, None)
WHOLE = Spent("openai", "m", "stop", Used(1, 2), 3, 40, 900, 10**15)


@pytest.mark.parametrize("spent", [SPENT, WHOLE])
def test_what_a_run_took_is_kept_by_who_holds_it(stores: Stores, spent: Spent) -> None:
    async def story() -> None:
        held = await begun(stores)

        noted = await stores.runs.note(ROOM, held, spent)

        assert noted
        assert await stores.runs.read(ROOM, DEMO.id, 3) == replace(held, spent=spent)

    run(story())


@fault(29)
def test_who_lost_the_fence_notes_nothing(stores: Stores) -> None:
    async def story() -> None:
        held = await begun(stores)
        await stores.runs.begin_again(ROOM, held, lease_until_ms=NOW)

        noted = await stores.runs.note(ROOM, held, SPENT)
        nobodys = await stores.runs.note(ROOM, replace(held, first_seq=9), SPENT)

        assert (noted, nobodys) == (False, False)
        assert await stores.runs.read(ROOM, DEMO.id, 9) is None
        found = await stores.runs.read(ROOM, DEMO.id, 3)
        assert found is not None
        assert found.spent is None

    run(story())
