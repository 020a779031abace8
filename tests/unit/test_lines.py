"""Connection management over HTTP, against a small gateway on the loopback interface."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import web

from tests.faults import fault
from wireside.adapters.aws.lines import MAX_TRIES, ManagementLines
from wireside.adapters.aws.sigv4 import Credentials, Scope, Signer, payload_hash
from wireside.domain.events import ConnectionId
from wireside.ports import PostOutcome

SIGNER = Signer(Scope("eu-west-1", "execute-api"), lambda: Credentials("AKID", "secret", "token"))
ANA = ConnectionId("abc=")


@dataclass(slots=True)
class Gateway:
    """What the stub was asked, and what it answers: the next status, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    asked: list[tuple[str, str, bytes]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    in_flight: int = 0
    most_in_flight: int = 0

    async def answer(self, request: web.Request) -> web.Response:
        """Answer one request, after the others have had their turn."""
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        body = await request.read()
        for _ in range(20):
            await asyncio.sleep(0)
        self.asked.append((request.method, request.raw_path, body))
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        self.in_flight -= 1
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return web.Response(status=status)


@asynccontextmanager
async def open_lines(gateway: Gateway) -> AsyncIterator[ManagementLines]:
    """Serve the stub; yield lines to it."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", gateway.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    lines = ManagementLines(f"http://127.0.0.1:{port}/live", SIGNER)
    try:
        yield lines
    finally:
        lines.close()
        await runner.cleanup()


def run(gateway: Gateway, story: Callable[[ManagementLines], Awaitable[None]]) -> None:
    """Let something happen between lines and gateway."""

    async def whole() -> None:
        async with open_lines(gateway) as lines:
            await story(lines)

    asyncio.run(whole())


@fault(12, 13)
@pytest.mark.parametrize(
    ("statuses", "outcome", "tries"),
    [
        ([200], PostOutcome.SENT, 1),
        ([410], PostOutcome.GONE, 1),
        ([429], PostOutcome.LAGGING, MAX_TRIES),
        ([500], PostOutcome.LAGGING, MAX_TRIES),
        ([429, 200], PostOutcome.SENT, 2),
        ([503, 410], PostOutcome.GONE, 2),
        ([400], PostOutcome.LAGGING, 1),
        ([403], PostOutcome.LAGGING, 1),
        ([413], PostOutcome.LAGGING, 1),
    ],
)
def test_each_answer_of_the_gateway_has_its_outcome(
    statuses: list[int], outcome: PostOutcome, tries: int
) -> None:
    gateway = Gateway(statuses)

    async def story(lines: ManagementLines) -> None:
        assert await lines.post(ANA, b"{}") is outcome

    run(gateway, story)

    assert len(gateway.asked) == tries


def test_a_post_is_one_signed_request_with_the_frame_as_its_body() -> None:
    gateway = Gateway()

    async def story(lines: ManagementLines) -> None:
        await lines.post(ANA, "é😀".encode())

    run(gateway, story)

    assert gateway.asked == [("POST", "/live/%40connections/abc%3D", "é😀".encode())]
    (headers,) = gateway.headers
    signed = SIGNER.headers(
        "POST",
        f"http://{headers['host']}/live/%40connections/abc%3D",
        payload_hash("é😀".encode()),
    )
    assert headers["x-amz-security-token"] == "token"
    assert headers["authorization"].split(", ")[1] == signed["authorization"].split(", ")[1]


def test_hanging_up_deletes_the_connection_gone_or_not() -> None:
    gateway = Gateway([204, 410])

    async def story(lines: ManagementLines) -> None:
        await lines.hang_up(ANA)
        await lines.hang_up(ANA)

    run(gateway, story)

    assert [method for method, _, _ in gateway.asked] == ["DELETE", "DELETE"]


def test_posts_to_one_connection_go_one_after_the_other_in_order() -> None:
    gateway = Gateway()

    async def post_twice(lines: ManagementLines, frame: bytes) -> None:
        await lines.post(ANA, frame)
        await lines.post(ANA, frame.upper())

    async def story(lines: ManagementLines) -> None:
        await asyncio.gather(*(post_twice(lines, frame) for frame in (b"a", b"b", b"c", b"d")))

    run(gateway, story)

    assert gateway.most_in_flight == 1
    assert [body for _, _, body in gateway.asked][:4] == [b"a", b"b", b"c", b"d"]


def test_posts_to_several_connections_go_beside_each_other() -> None:
    gateway = Gateway()

    async def story(lines: ManagementLines) -> None:
        names = [ConnectionId(f"c{index}") for index in range(8)]
        await asyncio.gather(*(lines.post(name, b"{}") for name in names))
        assert lines._busy == {}

    run(gateway, story)

    assert gateway.most_in_flight > 1


def test_a_gateway_that_cannot_be_reached_is_a_lagging_connection() -> None:
    async def story() -> None:
        gateway = Gateway()
        async with open_lines(gateway) as lines:
            endpoint = lines.endpoint
        dead = ManagementLines(endpoint, SIGNER)
        try:
            assert await dead.post(ANA, b"{}") is PostOutcome.LAGGING
        finally:
            dead.close()

    asyncio.run(story())
