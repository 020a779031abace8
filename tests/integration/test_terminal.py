"""The terminal chat against the local run: by its lines, and in a terminal."""

import asyncio
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp

from local.harness import ROOT, Running
from wireside_client import Client
from wireside_client.sign_in import NameTokens, place_of, slug
from wireside_client.terminal.chat import Chat

STORY_SECONDS = 60


class Lines:
    """A ``Screen`` in the hands of a test."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.lives: list[str] = []
        self._typed: asyncio.Queue[str] = asyncio.Queue()

    def say(self, text: str) -> None:
        self.said.append(text)

    def live(self, text: str) -> None:
        self.lives.append(text)

    def status(self, text: str) -> None:
        self.lives.append(text)

    async def lines(self) -> AsyncIterator[str]:
        while True:
            yield await self._typed.get()

    def type(self, *lines: str) -> None:
        for each in lines:
            self._typed.put_nowait(each)

    async def until(self, pattern: str) -> str:
        async with asyncio.timeout(STORY_SECONDS):
            while not (found := re.search(pattern, "\n".join(self.said))):
                await asyncio.sleep(0.05)
        return found.group(found.lastindex or 0)


async def chatting(
    running: Running, name: str, screen: Lines, meanwhile: Callable[[Client], None] | None = None
) -> None:
    """Chat as somebody until they quit."""
    async with aiohttp.ClientSession() as session:
        place = await place_of(session, running.http_url)
        async with Client(
            http_url=place.http_url,
            websocket_url=place.websocket_url,
            user_id=slug(name),
            token=NameTokens(session, running.http_url, name),
        ) as client:
            if meanwhile:
                meanwhile(client)
            await Chat(client, screen).run()


def test_two_people_chat_by_lines_and_survive_a_lost_connection(running: Running) -> None:
    async def story() -> None:
        tess, udo, clients = Lines(), Lines(), []
        chats = asyncio.gather(
            chatting(running, "Tess", tess, clients.append), chatting(running, "Udo", udo)
        )
        tess.type("/new Kitchen", "/invite udo")
        assert await udo.until(r"New in Kitchen: /open (\d)") == "1"
        tess.type("/invite")
        token = await tess.until(r"/join (\S+)")
        udo.type(f"/join {token}")
        await tess.until("udo came in")
        tess.type("Is there \x1b[2J\x1b]0;soup\x07?")
        seq = await udo.until(r"(\d+) Tess: Is there ␛\[2J␛\]0;soup␇\?")
        await udo.until("🤖 ")
        clients[0].connection._link._socket.close()
        udo.type(f"/react {seq} 🔥", "/react", "/nonsense", "/who", "/model")
        tess.type(f"/edit {seq} Any soup?", "/stop", "/list")
        await tess.until(rf"{seq} Tess: Any soup\? \(edited\)  🔥1")
        await udo.until("Which message")
        await udo.until("no such command")
        await udo.until("● Udo")
        await tess.until(r"1 Kitchen")
        tess.type(f"/delete {seq}")
        await udo.until(rf"{seq} Tess: \(deleted\)")
        tess.type("/quit")
        udo.type("/quit")
        await chats

        assert any("🤖" in each for each in udo.lives)
        assert "\x1b" not in "".join(tess.said + udo.said + udo.lives)

    asyncio.run(asyncio.wait_for(story(), STORY_SECONDS))


def test_it_runs_in_a_terminal(running: Running, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "wireside_client.terminal", "--url", running.http_url]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "clients/python/src"), "TERM": "xterm"}
    process = subprocess.Popen(
        [*command, "--name", "Carla"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = ""

    def until(wanted: str) -> None:
        nonlocal shown
        deadline = time.monotonic() + STORY_SECONDS
        while wanted not in shown:
            assert time.monotonic() < deadline, shown
            shown += os.read(ours, 65_536).decode(errors="replace")
            if "\x1b[6n" in shown:
                # The terminal is asked where its cursor is.
                os.write(ours, b"\x1b[1;1R")
                shown = shown.replace("\x1b[6n", "")

    until("Welcome, Carla")
    os.write(ours, b"/new Attic\r")
    until("Attic")
    os.write(ours, b"Good evening\r")
    until("Carla: Good evening")
    os.write(ours, b"never mind")
    until("never mind")
    os.write(ours, b"\x03/who\r")
    until("● Carla")
    assert "Carla: never mind" not in shown
    os.write(ours, b"/quit\r")
    while process.poll() is None:
        try:
            os.read(ours, 65_536)
        except OSError:
            break
    assert process.wait(20) == 0
    os.close(ours)
