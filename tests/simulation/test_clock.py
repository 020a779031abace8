import asyncio
import random
import time

import pytest

from tests.simulation.clock import LoopClock, StuckError, VirtualLoop, play
from wireside.adapters.memory.wire import START_MS


def test_hours_pass_in_no_time() -> None:
    loop = VirtualLoop(random.Random(1))
    clock = LoopClock(loop)
    started = time.monotonic()

    async def story() -> int:
        await clock.sleep(3 * 60 * 60)
        return clock.now_ms()

    assert play(loop, story()) == START_MS + 3 * 60 * 60 * 1_000
    assert time.monotonic() - started < 5


def test_timeouts_strike_at_their_moment() -> None:
    loop = VirtualLoop(random.Random(1))

    async def story() -> float:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2):
                await asyncio.sleep(10)
        return loop.time()

    assert play(loop, story()) == 2


def order(seed: int) -> list[int]:
    loop = VirtualLoop(random.Random(seed))
    order: list[int] = []

    async def say(number: int) -> None:
        await asyncio.sleep(1)
        order.append(number)

    async def story() -> None:
        await asyncio.gather(*(say(each) for each in range(4)))

    play(loop, story())
    return order


def test_what_is_ready_at_one_moment_comes_in_any_order_and_the_same_for_a_seed() -> None:
    found = {tuple(order(seed)) for seed in range(500)}

    assert len(found) == 24
    assert order(7) == order(7)


def test_who_waits_for_nobody_is_found_out() -> None:
    loop = VirtualLoop(random.Random(1))

    async def story() -> None:
        with pytest.raises(StuckError):
            await loop.create_future()

    with pytest.raises(StuckError):
        play(loop, story())
