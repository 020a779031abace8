"""The recipes of README.md, each against a server that speaks its provider's wire."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from local.harness import Running, start
from tests.contract.dialects import DIALECTS, Dialect
from tests.integration.client import Frame, connected, create
from tests.openai_server import OpenAiServer, serving
from tests.recipes import recipes

KEY = "sk-planted-key-of-a-recipe"
REPORTED = {"input_tokens": 3, "output_tokens": 5, "estimated": False}


def dialect_of(entry: dict[str, Any]) -> Dialect | None:
    """Return the wire that an assistant's provider speaks; the demo speaks none."""
    generation = "-json" if entry.get("generation") == "json" else ""
    name = f"{entry['provider']}{generation}"
    return next((each for each in DIALECTS if each.name == name), None)


@asynccontextmanager
async def cooked(data: Path) -> AsyncIterator[tuple[Running, Sequence[tuple[Any, Any]]]]:
    """Have one local run with the assistants of all recipes, and each with its server."""
    async with AsyncExitStack() as ending:
        variables = {name: KEY for recipe in recipes() for name in recipe.keys}
        entries = [dict(entry) for recipe in recipes() for entry in recipe.entries]
        servers: list[OpenAiServer | None] = []
        for number, entry in enumerate(entries):
            entry["name"] += str(number)
            server = None
            if dialect := dialect_of(entry):
                server = await ending.enter_async_context(serving(dialect.says("Good evening.")))
                entry["base_url"] = server.base_url
            servers.append(server)
        variables["WIRESIDE_ASSISTANTS"] = json.dumps(entries)
        running = await asyncio.to_thread(start, data, variables)
        try:
            yield running, list(zip(entries, servers, strict=True))
        finally:
            await asyncio.to_thread(running.stop)


def is_outcome(frame: Frame) -> bool:
    """Whether an assistant has said its last word on a turn."""
    return bool(frame["type"] == "event" and "trigger_seq" in frame["event"]["body"])


def test_every_recipe_of_the_readme_answers_with_its_usage(tmp_path: Path) -> None:
    async def story() -> None:
        async with cooked(tmp_path) as (running, assistants):
            room = await create(running, "ana", policy="mention")
            async with connected(running, "ana") as ana:
                await ana.enter(room)
                mentions = [f"assistant:{entry['name']}" for entry, _ in assistants]
                await ana.send(
                    "send",
                    conversation_id=room,
                    client_id="m",
                    after_seq=0,
                    text="Hello",
                    mentions=mentions,
                )
                outcomes = [(await ana.until(is_outcome))["event"] for _ in mentions]

            said = {each["sender"]["id"]: each["body"] for each in outcomes}
            assert sorted(said) == sorted(mentions)
            for entry, server in assistants:
                check(entry, server, said[f"assistant:{entry['name']}"])

    asyncio.run(story())


def check(entry: dict[str, Any], server: OpenAiServer | None, body: dict[str, Any]) -> None:
    """Look at one assistant's answer, and at what its server was asked."""
    dialect = dialect_of(entry)
    assert "usage" in body, (entry, body)
    if dialect is None or server is None:
        assert body["usage"]["estimated"]
        return
    assert "Good evening." in body["text"]
    assert len(server.asked) == 1
    has_key = any(each.endswith(KEY) for each in server.asked[0].headers.values())
    assert has_key == ("api_key_parameter" in entry)
    if "usage" not in dialect.cannot:
        assert body["usage"] == REPORTED
