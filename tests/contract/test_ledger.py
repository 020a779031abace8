"""What every store of quotas promises: no sum above its limit, and each run in it once."""

import asyncio
from dataclasses import replace

import pytest

from tests.builders import DEMO, ROOM, message
from tests.contract.stores import ANA, Stores, make_room, run
from tests.faults import fault
from wireside.domain.changes import SettleRun
from wireside.domain.events import RunId, UserId
from wireside.domain.quotas import Amount, Correction, Quotas, Reservation
from wireside.domain.runs import Run, RunState
from wireside.domain.usage import Spent, Used
from wireside.ports import Reserved

DAY = 20_000
BOTH = Quotas(Amount(100), Amount(150, 1_000))
SPENT = Spent("openai", "m", "stop", Used(1, 2), 1, None, 900, None)


def reservation(tokens: int, nano_dollars: int = 0, **fields: object) -> Reservation:
    """Return a reservation of Ana's."""
    known: dict[str, object] = {"day": DAY, "user_id": ANA, "in_conversation": True}
    return Reservation(Amount(tokens, nano_dollars), **(known | fields))  # type: ignore[arg-type]


async def begun(stores: Stores, first_seq: int = 1) -> Run:
    """Claim a run."""
    fresh = Run(RunId(f"r{first_seq}"), DEMO.id, first_seq, RunState.PENDING, 1, 0)
    assert await stores.runs.claim(ROOM, fresh, now_ms=1, found=None)
    return fresh


async def reserve(
    stores: Stores, held: Run, wanted: Reservation, quotas: Quotas = BOTH
) -> tuple[Reserved, Run]:
    """Reserve; return what became of it and the run as its worker knows it then."""
    answer = await stores.ledger.reserve(ROOM, held, wanted, quotas)
    return answer, replace(held, reserved=wanted) if answer is Reserved.HELD else held


async def left(stores: Stores, quotas: Quotas = BOTH, **fields: object) -> int:
    """Return how many tokens are left, by asking for them: from the most downwards."""
    probe = await begun(stores, 999)
    most = max(quotas.user.tokens, quotas.conversation.tokens)
    for tokens in range(most, 0, -1):
        answer, _ = await reserve(stores, probe, reservation(tokens, **fields), quotas)
        if answer is Reserved.HELD:
            return tokens
    return 0


def test_what_is_reserved_is_noted_on_the_run(stores: Stores) -> None:
    async def story() -> None:
        held = await begun(stores)

        answer, known = await reserve(stores, held, reservation(60, 7))

        assert answer is Reserved.HELD
        assert await stores.runs.read(ROOM, DEMO.id, 1) == known
        assert await left(stores) == 40

    run(story())


@pytest.mark.parametrize(
    ("wanted", "answer"),
    [
        (reservation(100, 1_000), Reserved.HELD),
        (reservation(101), Reserved.USER_USED_UP),
        (reservation(150, user_id=None), Reserved.HELD),
        (reservation(151, user_id=None), Reserved.CONVERSATION_USED_UP),
        (reservation(1, 1_001), Reserved.CONVERSATION_USED_UP),
        (reservation(9_999, 9_999, user_id=None, in_conversation=False), Reserved.HELD),
    ],
)
def test_a_limit_is_reached_and_not_passed(
    stores: Stores, wanted: Reservation, answer: Reserved
) -> None:
    async def story() -> None:
        held = await begun(stores)

        reserved, _ = await reserve(stores, held, wanted)

        assert reserved is answer
        found = await stores.runs.read(ROOM, DEMO.id, 1)
        assert found is not None
        assert found.reserved == (wanted if answer is Reserved.HELD else None)

    run(story())


def test_what_is_there_counts(stores: Stores) -> None:
    async def story() -> None:
        await reserve(stores, await begun(stores, 1), reservation(60))
        second, third = await begun(stores, 2), await begun(stores, 3)

        refused, _ = await reserve(stores, second, reservation(41))
        other, _ = await reserve(stores, second, reservation(41, user_id=UserId("ben")))
        nobodys, _ = await reserve(stores, third, reservation(50, user_id=None))

        assert refused is Reserved.USER_USED_UP
        assert other is Reserved.HELD
        assert nobodys is Reserved.CONVERSATION_USED_UP

    run(story())


def test_every_day_begins_anew(stores: Stores) -> None:
    async def story() -> None:
        await reserve(stores, await begun(stores, 1), reservation(100))

        next_day, _ = await reserve(stores, await begun(stores, 2), reservation(100, day=DAY + 1))

        assert next_day is Reserved.HELD

    run(story())


def test_a_reservation_that_is_raised_adds_what_is_new(stores: Stores) -> None:
    async def story() -> None:
        _, held = await reserve(stores, await begun(stores), reservation(60))

        raised, held = await reserve(stores, held, reservation(90))
        refused, _ = await reserve(stores, held, reservation(101))

        assert (raised, refused) == (Reserved.HELD, Reserved.USER_USED_UP)
        assert await left(stores) == 10

    run(story())


@fault(29)
def test_who_lost_the_fence_reserves_nothing(stores: Stores) -> None:
    async def story() -> None:
        held = await begun(stores)
        assert await stores.runs.begin_again(ROOM, held, lease_until_ms=9)

        answer, _ = await reserve(stores, held, reservation(60))
        nobodys, _ = await reserve(stores, replace(held, first_seq=77), reservation(60))

        assert (answer, nobodys) == (Reserved.NOT_OURS, Reserved.NOT_OURS)
        assert await left(stores) == 100
        assert await stores.runs.read(ROOM, DEMO.id, 77) is None

    run(story())


@pytest.mark.parametrize("off_by", [-50, 30])
def test_the_outcome_makes_the_counters_true(stores: Stores, off_by: int) -> None:
    async def story() -> None:
        await make_room(stores)
        await stores.log.commit(ROOM, message(), [])
        _, held = await reserve(stores, await begun(stores), reservation(60))
        assert held.reserved is not None
        correction = Correction(held.reserved, Amount(off_by, 5))
        settle = SettleRun(DEMO.id, 1, 1, 1, 0, 0, SPENT, correction)

        for _ in range(2):
            await stores.log.commit(ROOM, message(message()), [settle])

        found = await stores.runs.read(ROOM, DEMO.id, 1)
        assert found is not None
        assert found.reserved == reservation(60 + off_by, 5)
        assert await left(stores) == 100 - 60 - off_by

    run(story())


@fault(42)
def test_a_silenced_run_is_settled_once(stores: Stores) -> None:
    async def story() -> None:
        _, held = await reserve(stores, await begun(stores), reservation(60))
        assert held.reserved is not None
        correction = Correction(held.reserved, Amount(-50))

        noted = [await stores.runs.note(ROOM, held, SPENT, correction) for _ in range(2)]

        assert noted == [True, False]
        assert await left(stores) == 90

    run(story())


@fault(29)
def test_what_a_zombie_would_settle_stands(stores: Stores) -> None:
    async def story() -> None:
        _, held = await reserve(stores, await begun(stores), reservation(60))
        assert held.reserved is not None
        assert await stores.runs.begin_again(ROOM, held, lease_until_ms=9)

        noted = await stores.runs.note(ROOM, held, SPENT, Correction(held.reserved, Amount(-50)))

        assert not noted
        assert await left(stores) == 40

    run(story())


def test_runs_that_meet_at_a_counter_share_what_there_is(stores: Stores) -> None:
    async def story() -> None:
        runs = [await begun(stores, seq) for seq in range(1, 9)]

        answers = await asyncio.gather(*(reserve(stores, each, reservation(30)) for each in runs))

        held = [answer for answer, _ in answers if answer is Reserved.HELD]
        assert len(held) == 3
        assert await left(stores) == 10

    run(story())
