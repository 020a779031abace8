"""Fan-out to more than one function can push to."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from tests.builders import NEVER_SECONDS, ROOM, World, send
from tests.faults import fault
from tests.unit.scenes import job, scene
from wireside import wire
from wireside.adapters.aws.fanout import HTTP_ACCEPTED, LambdaFanOut, from_payload, to_payload
from wireside.adapters.aws.sigv4 import Credentials, Scope, Signer, payload_hash
from wireside.adapters.memory.wire import START_MS
from wireside.domain.conversation import Subscription
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConnectionId, UserId
from wireside.domain.shares import Share
from wireside.services.delivery import FAN_OUT_SECONDS, YOUNG_MS

AT_ONCE = 3
LARGEST_CALL_BYTES = 1024 * 1024
TABS = [f"ben-{number}" for number in range(8)]
SIGNER = Signer(Scope("eu-west-1", "lambda"), lambda: Credentials("AKID", "secret", "token"))


async def crowd(world: World) -> World:
    """Let one person write and another one listen on eight connections."""
    await world.enter("ana")
    for tab in TABS:
        await world.enter("ben", tab)
    return world


def large() -> World:
    """Return a room in which one function tells three listeners, no more."""
    return World(fan_out_listeners=AT_ONCE).room()


def test_whom_one_function_cannot_tell_are_told_by_others_in_groups() -> None:
    async def story() -> None:
        world = await crowd(large())

        (echo,) = await world.say("ana", send())

        assert echo["type"] == "event"
        assert [world.kinds(tab) for tab in TABS] == [["event"]] * 8
        assert [len(share.listeners) for share in world.fan_out.shares] == [3, 2]
        told = {each.connection_id for share in world.fan_out.shares for each in share.listeners}
        assert len(told) == 5

    asyncio.run(story())


def test_up_to_the_limit_nothing_is_handed_on() -> None:
    async def story() -> None:
        world = await crowd(World(fan_out_listeners=len(TABS)).room())

        await world.say("ana", send())

        assert world.fan_out.shares == []

    asyncio.run(story())


def test_an_answer_reaches_everybody_of_a_crowd_whole() -> None:
    async def story() -> None:
        world = await crowd(scene(0, fan_out_listeners=AT_ONCE))

        await world.runs.settle(job(1), "receipt")

        heard = [world.heard(tab) for tab in TABS]
        assert [each["type"] for each in heard[0]] == ["run", "delta", "event", "run"]
        assert all(each == heard[0] for each in heard)

    asyncio.run(story())


def test_where_nobody_takes_shares_one_function_tells_all() -> None:
    async def story() -> None:
        world = await crowd(large())
        world.fan_out.is_down = True

        await world.say("ana", send())

        assert [world.kinds(tab) for tab in TABS] == [["event"]] * 8

    asyncio.run(story())


def test_where_nobody_takes_shares_a_stream_goes_on_for_those_who_can_be_told() -> None:
    async def story() -> None:
        world = await crowd(scene(0, fan_out_listeners=AT_ONCE))
        world.fan_out.is_down = True

        await world.runs.settle(job(1), "receipt")

        kinds = sorted("delta" in world.kinds(line) for line in ("ana", *TABS))
        assert kinds == [False] * 6 + [True] * 3
        assert all("event" in world.kinds(line) for line in ("ana", *TABS))

    asyncio.run(story())


@fault(12)
def test_gone_connections_of_a_share_are_removed() -> None:
    async def story() -> None:
        world = await crowd(large())
        world.clock.time_ms += YOUNG_MS
        world.lines.gone |= {ConnectionId("ben-0"), ConnectionId("ben-7")}

        await world.say("ana", send())

        assert set(world.store.connections) == {"ana", *TABS[1:7]}
        assert {key[2] for key in world.store.subscriptions} == {"ana", *TABS[1:7]}

    asyncio.run(story())


@pytest.mark.parametrize(("late_ms", "heard"), [(0, ["event"]), (1, [])])
def test_a_share_that_comes_too_late_is_dropped(late_ms: int, heard: list[str]) -> None:
    async def story() -> None:
        world = await crowd(large())
        take, world.fan_out.take = world.fan_out.take, None
        await world.say("ana", send())
        world.clock.time_ms += FAN_OUT_SECONDS * 1_000 + late_ms
        assert take is not None

        for share in world.fan_out.shares:
            await take(share)

        last = world.fan_out.shares[-1].listeners[-1]
        assert world.kinds(last.connection_id) == heard

    asyncio.run(story())


@fault(39)
def test_a_token_that_ran_out_on_the_way_of_a_share_hears_nothing() -> None:
    async def story() -> None:
        world = large()
        listener = Subscription(UserId("ben"), ConnectionId("ben"), START_MS // 1_000 + 1, 0)
        share = Share(ROOM, (listener,), b"{}", START_MS + 2_000)
        world.clock.time_ms += 1_000

        await world.app.delivery.take(share)

        assert world.lines.frames == {}

    asyncio.run(story())


def listeners(count: int) -> tuple[Subscription, ...]:
    """Return listeners whose ids are as long as they may be."""
    return tuple(
        Subscription(
            UserId(f"{number:0128}"), ConnectionId(f"{number:015}="), NEVER_SECONDS, START_MS
        )
        for number in range(count)
    )


@pytest.mark.parametrize("letter", ['"', "\\", "\x01", "😀", "é"])
def test_the_largest_share_fits_into_a_call_and_comes_out_as_it_went_in(letter: str) -> None:
    text = wire.head(letter * 130_000, wire.MAX_FRAME_BYTES)
    frame = wire.encode({"type": "delta", "text": text})
    share = Share(ROOM, listeners(1_000), frame, START_MS)

    payload = to_payload(share)

    assert len(frame) > wire.MAX_FRAME_BYTES - 6
    assert len(payload) <= LARGEST_CALL_BYTES
    assert from_payload(json.loads(payload)) == share


@dataclass(slots=True)
class Lambda:
    """A stand-in that answers with one status, or never."""

    status: int = HTTP_ACCEPTED
    hangs: bool = False
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one call."""
        self.asked.append((request.raw_path, await request.read()))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self.hangs:
            await asyncio.Event().wait()
        return web.Response(status=self.status)


def hand(stand_in: Lambda, story: Callable[[LambdaFanOut], Awaitable[None]]) -> None:
    """Let something happen between the adapter and the stand-in."""

    async def whole() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", stand_in.answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        fan_out = LambdaFanOut(f"http://127.0.0.1:{runner.addresses[0][1]}", "a:b", SIGNER)
        try:
            await story(fan_out)
        finally:
            fan_out.close()
            await runner.cleanup()

    asyncio.run(whole())


SHARE = Share(ROOM, listeners(2), b'{"type":"event"}', START_MS)


def test_a_share_is_one_signed_asynchronous_call() -> None:
    stand_in = Lambda()

    hand(stand_in, lambda fan_out: fan_out.hand_on(SHARE))

    assert stand_in.asked == [("/2015-03-31/functions/a%3Ab/invocations", to_payload(SHARE))]
    (headers,) = stand_in.headers
    assert headers["x-amz-invocation-type"] == "Event"
    signed = SIGNER.headers(
        "POST",
        f"http://{headers['host']}/2015-03-31/functions/a%3Ab/invocations",
        payload_hash(to_payload(SHARE)),
        extra={"x-amz-invocation-type": "Event"},
    )
    assert headers["authorization"].split(", ")[1] == signed["authorization"].split(", ")[1]


@pytest.mark.parametrize("stand_in", [Lambda(429), Lambda(500), Lambda(200), Lambda(hangs=True)])
def test_a_call_that_is_not_accepted_within_a_second_is_told(stand_in: Lambda) -> None:
    async def story(fan_out: LambdaFanOut) -> None:
        with pytest.raises(Unavailable):
            await fan_out.hand_on(SHARE)

    hand(stand_in, story)

    assert len(stand_in.asked) == 1
