"""Mishaps that lie between the modules: a crash in mid fan-out, a restored table, wrong clocks."""

import asyncio
from dataclasses import dataclass

import pytest

from tests.builders import ROOM, World, error_of, send
from tests.faults import fault
from wireside.adapters.memory.wire import MemoryLines
from wireside.domain.events import ConnectionId
from wireside.ports import PostOutcome

DAY_MS = 24 * 60 * 60 * 1_000


class ProcessEnded(BaseException):
    """What ends a function in the middle: no handler of errors sees it."""


@dataclass(slots=True)
class MortalLines(MemoryLines):
    """Lines whose process ends right after so many posts; ``None``: never."""

    lives: int | None = None

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Post, or end."""
        if self.lives == 0:
            raise ProcessEnded
        if self.lives is not None:
            self.lives -= 1
        return await MemoryLines.post(self, connection_id, frame)


@fault(4)
@pytest.mark.parametrize("told_before", range(4))
def test_a_crash_in_mid_fan_out_is_made_good_by_the_retry(told_before: int) -> None:
    async def story() -> None:
        lines = MortalLines()
        world = World(lines=lines).room("ana", "ben", "cy", "dan")
        for name in ("ana", "ben", "cy", "dan"):
            await world.enter(name)

        lines.lives = told_before
        with pytest.raises(ProcessEnded):
            await world.say("ana", send())
        lines.lives = None
        (answer,) = await world.say("ana", send())

        assert [each.seq for each in world.log] == [1]
        heard = [frame for name in ("ben", "cy", "dan") for frame in world.heard(name)]
        assert len(heard) == told_before + 3
        assert {frame["event"]["seq"] for frame in (answer, *heard)} == {1}
        assert all(world.heard(name) for name in ("ben", "cy", "dan"))

    asyncio.run(story())


@fault(20)
def test_after_a_restore_nobody_takes_what_is_new_for_what_they_knew() -> None:
    async def story() -> None:
        before = World().room()
        await before.enter("ana")
        for seq in range(3):
            await before.say("ana", send(f"old {seq}", client_id=f"c{seq}", after_seq=seq))

        restored = World(generation="2").room()
        restored.log.append(before.log[0])
        place = {"conversation_id": ROOM, "epoch": "1.1", "after_seq": 1}
        await restored.connect("ana")
        opened = await restored.say("ana", {"action": "open", **place})
        synced = await restored.say("ana", {"action": "sync", **place})
        beyond = await restored.say("ana", send("old 2", client_id="c2", after_seq=2))

        assert error_of(opened) == error_of(synced) == "resync_required"
        assert error_of(beyond) == "invalid_after_seq"
        assert len(restored.log) == 1

    asyncio.run(story())


@fault(21)
@pytest.mark.parametrize("name", ["at", "time", "created_at", "sent_at"])
def test_a_frame_tells_no_time(name: str) -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        (refused,) = await world.say("ana", send(**{name: "2027-01-16T08:00:00.000Z"}))

        assert (refused["code"], refused["details"]) == ("invalid_field", {"field": name})
        assert world.log == []

    asyncio.run(story())


@fault(21)
@pytest.mark.parametrize("wrong_by_ms", [-DAY_MS, DAY_MS])
def test_the_log_is_in_the_order_of_storing_whatever_a_machines_clock_says(
    wrong_by_ms: int,
) -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.say("ana", send("first", client_id="c1"))
        world.clock.time_ms += wrong_by_ms
        await world.say("ana", send("second", client_id="c2", after_seq=1))
        world.clock.time_ms -= wrong_by_ms
        await world.say("ana", send("third", client_id="c3", after_seq=2))

        assert [each.text for each in world.log] == ["first", "second", "third"]
        assert [each.at_ms for each in world.log] == sorted(each.at_ms for each in world.log)

    asyncio.run(story())
