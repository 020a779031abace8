"""Who gets in, and for how long, through the whole local run."""

import asyncio
import time
from typing import Any

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local.harness import SECRET, Running, local_run
from local.tokens import mint
from tests.faults import fault
from tests.integration.client import connected, create, request
from tests.leaks import PLANTED
from tests.unit.test_public_keys import Provider, serving
from tests.unit.test_public_keys import token as signed_by_provider

LIFE_SECONDS = 3


def short_token(sub: str, seconds: int = LIFE_SECONDS) -> str:
    """Return a token that is soon over."""
    return mint(SECRET, sub, sub.title(), ("user",), seconds=seconds)[0]


async def buy(running: Running, sub: str) -> str:
    """Return a ticket."""
    status, sold = await request(running, "POST", "/v1/tickets", sub)
    assert status == 201, sold
    return str(sold["ticket"])


async def knock(running: Running, *protocols: str, origin: str | None = None) -> int | str:
    """Return the subprotocol with which a handshake succeeds, or the status of its refusal."""
    offered: Any = ["wireside.v1", *(f"wireside.auth.{each}" for each in protocols)]
    try:
        async with connect(running.websocket_url, subprotocols=offered, origin=origin) as socket:  # type: ignore[arg-type]
            return str(socket.subprotocol)
    except InvalidStatus as refused:
        return refused.response.status_code


@fault(41)
def test_a_ticket_opens_one_connection_and_no_second(running: Running) -> None:
    async def scenario() -> None:
        ticket = await buy(running, "ana")

        assert await knock(running, ticket) == "wireside.v1"
        assert await knock(running, ticket) == 401
        assert await knock(running, "wst_nonsense") == 401

    asyncio.run(scenario())


@fault(41)
def test_of_many_who_race_with_one_ticket_one_gets_in(running: Running) -> None:
    async def scenario() -> None:
        ticket = await buy(running, "ana")

        outcomes = await asyncio.gather(*(knock(running, ticket) for _ in range(8)))

        assert sorted(map(str, outcomes)) == ["401"] * 7 + ["wireside.v1"]

    asyncio.run(scenario())


@fault(38, 40)
def test_a_handshake_is_refused_by_status(running: Running) -> None:
    async def scenario() -> None:
        good = running.token("ana")
        page = running.http_url

        assert await knock(running) == 401
        assert await knock(running, "nonsense") == 401
        assert await knock(running, short_token("ana", seconds=-1)) == 401
        assert await knock(running, good, origin="https://evil.example") == 403
        assert await knock(running, good, origin=f"{page}.evil.example") == 403
        assert await knock(running, good, origin=page.upper()) == 403
        assert await knock(running, good, origin="null") == 403
        assert await knock(running, good, origin=page) == "wireside.v1"

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("token", "origin", "status", "code"),
    [
        ("expired", None, 401, "token_expired"),
        ("nonsense", None, 401, "unauthorized"),
        ("good", "https://evil.example", 403, "not_allowed"),
    ],
)
def test_a_browser_learns_from_the_box_office_why_it_is_refused(
    running: Running, token: str, origin: str | None, status: int, code: str
) -> None:
    tokens = {"expired": short_token("ana", seconds=-1), "good": running.token("ana")}
    shown = tokens.get(token, token)

    answered, body = asyncio.run(
        request(running, "POST", "/v1/tickets", "ana", token=shown, origin=origin)
    )

    assert (answered, body["error"]["code"]) == (status, code)


@fault(39)
def test_an_expired_token_ends_the_connection_with_the_next_frame(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben", policy="off")
        token = short_token("ana")
        async with connected(running, "ana", token=token) as ana, connected(running, "ben") as ben:
            await ana.enter(room)
            await ben.enter(room)
            await asyncio.sleep(_left(token))

            await ben.ask("send", conversation_id=room, client_id="m1", after_seq=0, text="hush")
            error = await ana.ask("ping")
            goodbye = await ana.until(lambda frame: frame["type"] == "goodbye")
            await ana.socket.wait_closed()

        assert (error["code"], error["fatal"]) == ("token_expired", True)
        assert goodbye["reason"] == "expired"
        assert "event" not in [frame["type"] for frame in ana.heard]

    asyncio.run(scenario())


@pytest.mark.parametrize("kind", ["jwt", "ticket"])
def test_a_refreshed_connection_outlives_its_first_token(running: Running, kind: str) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben", policy="off")
        token = short_token("ana")
        async with connected(running, "ana", token=token) as ana, connected(running, "ben") as ben:
            await ana.enter(room)
            await ben.enter(room)
            fresh = running.token("ana") if kind == "jwt" else await buy(running, "ana")

            first = await ana.ask("refresh", token=fresh)
            again = await ana.ask("refresh", token=fresh)
            await asyncio.sleep(_left(token))
            await ben.ask("send", conversation_id=room, client_id="m1", after_seq=0, text="hello")
            await ana.until(lambda frame: frame["type"] == "event")
            pong = await ana.ask("ping")

        assert (first["type"], pong["type"]) == ("refreshed", "pong")
        assert again["expires_at"] == first["expires_at"]

    asyncio.run(scenario())


def test_somebody_elses_token_refreshes_nothing(running: Running) -> None:
    async def scenario() -> None:
        async with connected(running, "ana") as ana:
            refused = await ana.ask("refresh", token=running.token("ben"))

        assert (refused["code"], refused["fatal"]) == ("unauthorized", True)

    asyncio.run(scenario())


def _left(token: str) -> float:
    """Return the seconds until a token has expired."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return max(0.0, float(claims["exp"]) - time.time()) + 0.05


@fault(38)
def test_the_tokens_of_an_identity_provider_are_let_in_and_no_others(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with serving(Provider()) as provider:
        variables = {"WIRESIDE_JWKS_URL": provider.url, "WIRESIDE_JWT_ISSUER": "https://id.example"}
        signed = signed_by_provider(iss="https://id.example", exp=int(time.time()) + 60)
        with local_run(tmp_path_factory.mktemp("jwks"), variables) as running:
            by_provider = asyncio.run(knock(running, signed))
            by_secret = asyncio.run(knock(running, running.token("ana")))
            status, _ = asyncio.run(request(running, "GET", "/v1/models", "ana", token=signed))
            by_name, _ = asyncio.run(
                request(running, "POST", "/local/token", "ana", {"sub": "ana"})
            )

    assert (by_provider, by_secret) == ("wireside.v1", 401)
    assert (status, by_name) == (200, 404)


@fault(50)
def test_what_people_write_and_sign_in_with_comes_by_every_log(running: Running) -> None:
    """At the end of the session every log is searched for it: see ``tests/leaks.py``."""

    async def scenario() -> None:
        room = await create(running, "ana", "ben")
        await request(running, "PATCH", f"/v1/conversations/{room}", "ana", {"title": PLANTED})
        await request(running, "PATCH", f"/v1/conversations/{room}", "ana", {PLANTED: PLANTED})
        await knock(running, await buy(running, "ana"))
        await knock(running, f"{running.token('ana')}{PLANTED}")
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            await ana.socket.send(f'{{"action": "send", "text": "{PLANTED}')
            await ana.socket.send(f'{{"action": "{PLANTED}"}}')
            refused = await ana.ask("send", conversation_id=room, text=PLANTED, extra=PLANTED)
            sent = await ana.ask(
                "send", conversation_id=room, client_id="m1", after_seq=0, text=PLANTED
            )
            await ana.until(
                lambda frame: (
                    frame["type"] == "event" and frame["event"]["sender"]["type"] == "assistant"
                )
            )

        assert (refused["code"], sent["type"]) == ("invalid_field", "event")

    asyncio.run(scenario())
    assert '"DEBUG"' in "".join(
        path.read_text(encoding="utf-8") for path in (running.data / "logs").glob("*.log")
    )
