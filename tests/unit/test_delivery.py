"""Fan-out: who hears, and who holds up nobody."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from tests.builders import ROOM, World, member, send
from tests.faults import fault
from wireside.adapters.memory.wire import MemoryLines
from wireside.domain.events import ConnectionId
from wireside.ports import PostOutcome
from wireside.services.delivery import FAN_OUT_SECONDS, YOUNG_MS


@fault(12)
def test_a_gone_connection_is_removed_and_nothing_else() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben", "ben-1")
        await world.enter("ben", "ben-2")
        world.clock.time_ms += YOUNG_MS
        world.lines.gone.add(ConnectionId("ben-1"))

        (answer,) = await world.say("ana", send())

        assert answer["type"] == "event"
        assert set(world.store.connections) == {"ana", "ben-2"}
        assert {key[2] for key in world.store.subscriptions} == {"ana", "ben-2"}
        assert world.kinds("ben-2") == ["event"]

    asyncio.run(story())


@fault(12)
def test_a_young_connection_is_spared() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        world.clock.time_ms += 60_000
        await world.enter("ben")
        world.clock.time_ms += YOUNG_MS - 1
        world.lines.gone.add(ConnectionId("ben"))

        await world.say("ana", send())

        assert set(world.store.connections) == {"ana", "ben"}
        assert len(world.store.subscriptions) == 2

    asyncio.run(story())


def test_a_gone_sender_stays_because_the_echo_is_no_verdict() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        world.clock.time_ms += YOUNG_MS
        world.lines.gone.add(ConnectionId("ana"))

        await world.say("ana", send())

        assert world.kinds("ben") == ["event"]
        assert len(world.log) == 1

    asyncio.run(story())


@fault(13)
def test_a_lagging_connection_keeps_its_place() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        world.clock.time_ms += YOUNG_MS
        world.lines.lagging.add(ConnectionId("ben"))

        await world.say("ana", send())

        assert len(world.store.subscriptions) == 2

    asyncio.run(story())


@dataclass(slots=True)
class HangingLines(MemoryLines):
    """Lines of which one never answers."""

    hanging: ConnectionId | None = None
    released: asyncio.Event = field(default_factory=asyncio.Event)
    times: dict[ConnectionId, float] = field(default_factory=dict)

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Keep the frame, or wait for ever."""
        if connection_id == self.hanging:
            await self.released.wait()
        self.times[connection_id] = time.monotonic()
        return await MemoryLines.post(self, connection_id, frame)


@fault(14, 49)
def test_a_hanging_post_delays_nobody_by_more_than_2_s() -> None:
    async def story() -> None:
        lines = HangingLines()
        world = World(lines=lines).room("ana", "ben", "cy")
        for name in ("ana", "ben", "cy"):
            await world.enter(name)
        lines.hanging = ConnectionId("cy")
        started = time.monotonic()

        await world.say("ana", send())

        assert lines.times[ConnectionId("ben")] - started < FAN_OUT_SECONDS / 2
        assert lines.times[ConnectionId("ana")] - started < FAN_OUT_SECONDS + 0.5
        assert world.kinds("cy") == []
        assert set(world.store.connections) == {"ana", "ben", "cy"}

    asyncio.run(story())


@fault(39)
def test_an_expired_listener_hears_nothing_more() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben", expires_at=world.clock.now_ms() // 1_000 + 60)
        world.clock.time_ms += 59_999
        await world.say("ana", send())
        world.clock.time_ms += 1

        await world.say("ana", send(client_id="c2", after_seq=1))

        assert [each["event"]["seq"] for each in world.heard("ben")] == [1]

    asyncio.run(story())


@fault(37)
def test_a_subscription_without_its_member_hears_nothing() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        del world.store.members[ROOM, member("ben").user_id]

        await world.say("ana", send())

        assert world.heard("ben") == []

    asyncio.run(story())


@fault(8)
def test_two_tabs_of_the_writer_are_told_once_each() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana", "tab-1")
        await world.enter("ana", "tab-2")

        await world.say("tab-1", send(ref="r"))

        (first,), (second,) = world.heard("tab-1"), world.heard("tab-2")
        assert first["ref"] == "r"
        assert "ref" not in second
        assert first["event"] == second["event"]

    asyncio.run(story())


TYPING = {"action": "typing", "conversation_id": ROOM, "on": True}


def test_typing_reaches_the_others_and_has_no_answer() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")

        answer = await world.say("ana", TYPING)

        assert answer == []
        assert world.heard("ben") == [
            {"type": "typing", "conversation_id": ROOM, "user_id": "ana", "on": True}
        ]

    asyncio.run(story())


def test_typing_passes_once_in_3_s_and_its_end_once_after_it() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")
        await world.enter("ben")
        off = TYPING | {"on": False}

        for wait_ms, frame in [(0, off), (0, TYPING), (2_999, TYPING), (0, off), (0, off)]:
            world.clock.time_ms += wait_ms
            await world.say("ana", frame)
        world.clock.time_ms += 3_000
        await world.say("ana", TYPING)

        assert [each["on"] for each in world.heard("ben")] == [True, False, True]

    asyncio.run(story())


def test_typing_in_what_is_not_open_is_not_allowed() -> None:
    async def story() -> None:
        world = World().room()
        await world.connect("ana")

        (refused,) = await world.say("ana", TYPING)

        assert refused["code"] == "not_allowed"

    asyncio.run(story())


def test_typing_is_not_passed_on_among_more_than_20() -> None:
    async def story(lines: int) -> int:
        world = World().room()
        await world.enter("ana")
        for index in range(lines - 1):
            await world.enter("ben", f"ben-{index}")
        await world.say("ana", TYPING)
        return sum(len(world.heard(f"ben-{index}")) for index in range(lines - 1))

    told = [asyncio.run(story(lines)) for lines in (20, 21)]

    assert told == [19, 0]


def test_frames_on_the_wire_are_utf_8_without_escapes() -> None:
    async def story() -> None:
        world = World().room()
        await world.enter("ana")

        await world.say("ana", json.dumps(send("é😀"), ensure_ascii=False))

        (raw,) = world.lines.frames[ConnectionId("ana")]
        assert "é😀" in raw.decode("utf-8")

    asyncio.run(story())


def test_nobody_to_tell_is_no_trouble() -> None:
    async def story() -> None:
        world = World()

        outcomes = await world.app.delivery.post([], b"{}")

        assert outcomes == {}
        assert world.lines.frames == {}

    asyncio.run(story())
