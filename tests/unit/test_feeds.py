"""The deltas of a stream: who hangs or lags misses some of them, and holds up nobody."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from tests.builders import NEVER_SECONDS, ROOM, World, member
from tests.faults import fault
from tests.unit.scenes import job, scene
from wireside.adapters.memory.wire import START_MS, MemoryLines
from wireside.domain.conversation import Subscription
from wireside.domain.events import ConnectionId
from wireside.ports import Finished, Piece, PostOutcome, Question, TextPiece
from wireside.services.delivery import FAN_OUT_SECONDS, YOUNG_MS
from wireside.services.feeds import Feed

ANA, BEN = ConnectionId("ana"), ConnectionId("ben")
SHORT_SECONDS = 0.05


@dataclass(slots=True)
class HangingLines(MemoryLines):
    """Lines of which some take no post until they are released."""

    hanging: set[ConnectionId] = field(default_factory=set)
    released: asyncio.Event = field(default_factory=asyncio.Event)
    begun: list[ConnectionId] = field(default_factory=list)
    cancelled: list[ConnectionId] = field(default_factory=list)

    async def post(self, connection_id: ConnectionId, frame: bytes) -> PostOutcome:
        """Keep the frame, perhaps later."""
        self.begun.append(connection_id)
        try:
            if connection_id in self.hanging:
                await self.released.wait()
        except asyncio.CancelledError:
            self.cancelled.append(connection_id)
            raise
        return await MemoryLines.post(self, connection_id, frame)


def listener(name: ConnectionId) -> Subscription:
    """Return somebody who has the room open since its start."""
    return Subscription(member(name).user_id, name, NEVER_SECONDS, START_MS)


BOTH = [listener(ANA), listener(BEN)]


@dataclass(slots=True)
class Hall:
    """A feed, and the lines that it posts to; ben's hangs."""

    lines: HangingLines = field(default_factory=lambda: HangingLines(hanging={BEN}))
    world: World = field(init=False)
    feed: Feed = field(init=False)

    def __post_init__(self) -> None:
        self.world = World(lines=self.lines).room()
        self.feed = Feed(self.world.app.delivery, ROOM)

    async def tell(self, frame: bytes) -> float:
        """Tell both; return how long it took."""
        started = time.monotonic()
        await self.feed.tell(BOTH, frame, within_seconds=SHORT_SECONDS)
        return time.monotonic() - started

    async def settled(self) -> None:
        """Wait for the posts that are still under way."""
        await asyncio.wait(tuple(self.feed._under_way.values()), timeout=FAN_OUT_SECONDS + 1)


@fault(14, 49)
def test_a_connection_whose_post_is_under_way_is_left_out_of_the_next_frames() -> None:
    async def story() -> None:
        hall = Hall()

        first = await hall.tell(b"1")
        rest = [await hall.tell(frame) for frame in (b"2", b"3", b"4")]
        hall.lines.released.set()
        await hall.settled()
        await hall.tell(b"5")

        assert SHORT_SECONDS / 2 < first < 1
        assert sum(rest) < SHORT_SECONDS
        assert hall.lines.frames[ANA] == [b"1", b"2", b"3", b"4", b"5"]
        assert hall.lines.frames[BEN] == [b"1", b"5"]

    asyncio.run(story())


@fault(14, 49)
def test_a_post_that_takes_2_s_is_given_up_and_the_next_frame_is_tried() -> None:
    async def story() -> None:
        hall = Hall()

        await hall.tell(b"1")
        await hall.settled()
        hall.lines.hanging.clear()
        await hall.tell(b"2")

        assert hall.lines.cancelled == [BEN]
        assert hall.lines.frames[BEN] == [b"2"]

    asyncio.run(story())


def test_the_end_of_a_feed_waits_for_nobody() -> None:
    async def story() -> None:
        hall = Hall()
        await hall.tell(b"1")

        started = time.monotonic()
        await hall.feed.close()

        assert time.monotonic() - started < SHORT_SECONDS
        assert hall.lines.cancelled == [BEN]
        assert hall.feed._under_way == {}

    asyncio.run(story())


@fault(12)
@pytest.mark.parametrize(("age_ms", "stay"), [(YOUNG_MS - 1, {ANA, BEN}), (YOUNG_MS, {ANA})])
def test_a_gone_listener_of_a_stream_is_removed_unless_it_is_young(
    age_ms: int, stay: set[ConnectionId]
) -> None:
    async def story() -> None:
        hall = Hall(HangingLines(gone={BEN}))
        for name in (ANA, BEN):
            await hall.world.enter(name)
        hall.world.clock.time_ms = START_MS + age_ms

        await hall.tell(b"1")

        assert set(hall.world.store.connections) == stay
        assert {key[2] for key in hall.world.store.subscriptions} == stay

    asyncio.run(story())


@fault(13)
def test_a_lagging_listener_of_a_stream_keeps_its_place_and_hears_what_comes_later() -> None:
    async def story() -> None:
        hall = Hall(HangingLines(lagging={BEN}))

        await hall.tell(b"1")
        hall.lines.lagging.clear()
        await hall.tell(b"2")

        assert hall.lines.frames == {ANA: [b"1", b"2"], BEN: [b"2"]}

    asyncio.run(story())


@dataclass(slots=True)
class Chatterbox:
    """A provider that says a word whenever everybody else has had a turn."""

    words: int
    asked: list[Question] = field(default_factory=list)

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Say all words, each as large as a delta may become."""
        self.asked.append(question)
        for _ in range(self.words):
            yield TextPiece("w" * 8_192)
            await asyncio.sleep(0.01)
        yield Finished("stop", None)


@fault(14, 49)
def test_a_hung_listener_slows_no_delta_of_an_answer() -> None:
    async def story() -> None:
        lines, words = HangingLines(), 20
        world = scene(0, provider=Chatterbox(words))
        world.lines.frames.clear()
        heard = World(lines=lines, store=world.store, clock=world.clock, provider=world.provider)
        for name in ("ana", "ben"):
            await heard.enter(name)
        lines.hanging.add(BEN)
        lines.begun.clear()
        started = time.monotonic()

        await heard.runs.settle(job(1), "receipt")

        took_seconds = time.monotonic() - started
        deltas = [each for each in heard.heard("ana") if each["type"] == "delta"]
        assert [each["offset"] for each in deltas] == [8_192 * index for index in range(words)]
        # The event and the end of the run wait for 2 s each; no delta does.
        assert took_seconds < 2 * FAN_OUT_SECONDS + 1.5
        assert heard.kinds("ana")[-2:] == ["event", "run"]
        assert heard.heard("ben") == []

    asyncio.run(story())
