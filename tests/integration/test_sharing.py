"""Shared links, through the whole local run."""

import asyncio
import re

import aiohttp

from local.harness import Running
from tests.integration.client import connected, create, request

DISCREET = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
NAMED = re.compile(r'attachment; filename="wireside-[a-z-]+\.md"')


def test_whoever_has_the_link_reads_without_signing_in_until_it_is_withdrawn(
    running: Running,
) -> None:
    async def scenario() -> None:
        room = await create(running, "ana", policy="off")
        path = f"/v1/conversations/{room}/share"
        async with (
            connected(running, "ana") as ana,
            aiohttp.ClientSession(running.http_url) as nobody,
        ):
            await ana.enter(room)
            about = {"conversation_id": room, "client_id": "c1", "after_seq": 0}
            await ana.ask("send", **about, text="Soup is at one.")
            refused, _ = await request(running, "POST", path, "cy")
            status, made = await request(running, "POST", path, "ana", key="once")
            _, again = await request(running, "POST", path, "ana", key="once")

            async with nobody.get(f"/v1/shared/{made['token']}") as answer:
                page = await answer.json()
                shown = {name: answer.headers[name] for name in DISCREET}
            export = f"{running.http_url}/v1/conversations/{room}/export?format=md"
            signed = {"Authorization": f"Bearer {running.token('ana')}"}
            async with nobody.get(export, headers=signed) as answer:
                exported, document = answer.headers, await answer.text()
            withdrawn, _ = await request(running, "DELETE", path, "ana")
            async with nobody.get(f"/v1/shared/{made['token']}") as answer:
                gone = await answer.json()
                hidden = {name: answer.headers[name] for name in DISCREET}

        assert (refused, status, withdrawn) == (404, 201, 204)
        assert made == again
        (message,) = page["items"]
        assert message["text"] == "Soup is at one."
        assert set(message["sender"]) == {"key", "name", "type"}
        assert exported["Content-Type"] == "text/markdown; charset=utf-8"
        assert NAMED.fullmatch(exported["Content-Disposition"])
        assert document.endswith("> Soup is at one.\n\n")
        assert gone["error"]["code"] == "not_found"
        assert shown == hidden == DISCREET

    asyncio.run(scenario())
