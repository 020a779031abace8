"""Deleting a conversation, through the whole local run."""

import asyncio

from local.harness import Running
from tests.faults import fault
from tests.integration.client import connected, create, request


@fault(6, 36)
def test_a_deleted_conversation_is_not_found_by_anybody(running: Running) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", "ben", policy="off")
        path = f"/v1/conversations/{room}"
        async with connected(running, "ben") as ben:
            await ben.enter(room)

            by_ben = await request(running, "DELETE", path, "ben")
            by_ana = [await request(running, "DELETE", path, "ana", key="d") for _ in range(2)]
            again = await request(running, "DELETE", path, "ana")

            assert (by_ben[0], by_ben[1]["error"]["code"]) == (403, "not_allowed")
            assert by_ana == [(204, None)] * 2
            assert again[0] == 404
            sent = await ben.ask(
                "send", conversation_id=room, client_id="m1", after_seq=0, text="hi"
            )
            assert (sent["type"], sent["code"]) == ("error", "not_found")
            assert (await ben.ask("ping"))["heads"] == {}
            for name in ("ana", "ben"):
                assert (await request(running, "GET", path, name))[0] == 404
                status, listed = await request(running, "GET", "/v1/conversations", name)
                assert status == 200
                assert room not in {each["id"] for each in listed["items"]}

    asyncio.run(scenario())
