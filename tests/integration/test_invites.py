"""Invitations, through the whole local run."""

import asyncio

from local.harness import Running
from tests.faults import fault
from tests.integration.client import connected, create, request


@fault(6, 36)
def test_a_stranger_joins_by_an_invitation_and_is_heard_to(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", policy="off")
        path = f"/v1/conversations/{room}"
        async with connected(running, "ana") as ana:
            await ana.enter(room)
            made = [
                await request(running, "POST", f"{path}/invites", "ana", key="once")
                for _ in range(2)
            ]
            body = {"token": made[0][1]["token"]}
            before, _ = await request(running, "GET", path, "cy")

            joined = [
                await request(running, "POST", "/v1/conversations/join", "cy", body)
                for _ in range(2)
            ]
            heard = await ana.until(lambda frame: frame["type"] == "event")

            assert made[0] == made[1]
            assert (made[0][0], made[0][1].keys()) == (201, {"token", "expires_at"})
            assert before == 404
            assert joined[0] == joined[1]
            assert (joined[0][0], joined[0][1]["id"]) == (200, room)
            assert (heard["event"]["kind"], heard["event"]["sender"]["id"]) == ("joined", "cy")
            status, page = await request(running, "GET", f"{path}/events", "cy")
            assert (status, page["head"]) == (200, 1)

    asyncio.run(scenario())


def test_what_is_no_invitation_is_not_found(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", policy="off")

        for body in ({"token": "wsi_nonsense"}, {"token": room}):
            status, told = await request(running, "POST", "/v1/conversations/join", "cy", body)
            assert (status, told["error"]["code"]) == (404, "not_found")
        status, told = await request(running, "POST", f"/v1/conversations/{room}/invites", "cy")
        assert (status, told["error"]["code"]) == (404, "not_found")
        status, told = await request(running, "POST", "/v1/conversations/join", "cy", {})
        assert (status, told["error"]["details"]) == (422, {"field": "token"})

    asyncio.run(scenario())
