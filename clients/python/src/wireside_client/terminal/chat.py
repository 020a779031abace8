"""A chat of one person in a terminal."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from wireside_client.client import Client
from wireside_client.connection import State
from wireside_client.conversation import Conversation
from wireside_client.errors import WiresideError
from wireside_client.items import Message
from wireside_client.sign_in import slug
from wireside_client.terminal.commands import HELP, Command, Unclear, parse
from wireside_client.terminal.plain import line
from wireside_client.terminal.screen import Screen
from wireside_client.terminal.shown import (
    activity,
    listed,
    not_sent,
    people,
    title_of,
    what_of,
)
from wireside_client.terminal.window import Window

UNSENT_SECONDS = 3.0


class Chat:
    """Carries out what is typed, and shows what comes of it."""

    def __init__(self, client: Client, screen: Screen) -> None:
        self._client, self._screen = client, screen
        self._room: Conversation | None = None
        self._window: Window | None = None
        self._listed: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Chat until the person quits. Raises: Refused where nobody lets them in."""
        welcome = await self._client.connected()
        self._screen.say(
            f"   · Welcome, {line(welcome['user']['name'])}. /help shows what you can do."
        )
        await self._list()
        self._screen.status("in no conversation")
        telling = [*map(asyncio.ensure_future, (self._tell_refusals(), self._tell_activity()))]
        async for typed in self._screen.lines():
            if typed.strip() == "/quit":
                break
            if typed.strip():
                await self._carefully(self._typed(typed))
        await self._sent()
        for each in telling:
            each.cancel()
        self._unwatch()

    def typed(self) -> None:
        """Let the others see that somebody writes."""
        if self._room is not None:
            self._room.typing()

    async def _tell_refusals(self) -> None:
        """Show what nobody waits for any more, above all what was left on the shelf."""
        async for unsent in self._client.refusals():
            self._screen.say(not_sent(unsent))
            self._client.discard(unsent)

    async def _tell_activity(self) -> None:
        """Show that something happened where this person is not looking."""
        async for frame in self._client.activity():
            if frame is not None:
                id = frame["conversation_id"]
                if id not in self._listed:
                    self._listed.append(id)
                self._screen.say(activity(frame, self._listed.index(id) + 1))

    async def _typed(self, typed: str) -> None:
        """Messages go out in the background; commands are carried out at once."""
        asked = parse(typed)
        if isinstance(asked, Command):
            await self._carry_out(asked)
        else:
            self._aside(self._here.send(asked))

    async def _carry_out(self, asked: Command) -> None:
        match asked.name:
            case "help":
                for name, text in HELP.items():
                    self._screen.say(f"   /{name:<8}{text}")
            case "list":
                await self._list()
            case "open":
                await self._open(self._wanted(asked.rest))
            case "new":
                await self._open((await self._client.api.create(asked.rest or None))["id"])
            case "join":
                await self._open((await self._client.api.join(asked.rest))["id"])
            case _:
                await self._in_room(asked)

    async def _in_room(self, asked: Command) -> None:
        room = self._here
        match asked.name:
            case "invite":
                await self._invite(asked.rest)
            case "who":
                self._screen.say(people(room.info or {"members": []}, room.present))
            case "model" if not asked.rest:
                models = (self._client.welcome or {})["models"]
                self._screen.say("   · " + ", ".join(line(each["id"]) for each in models))
            case "stop":
                self._aside(room.stop())
            case "earlier":
                await room.load_earlier()
            case _:
                self._aside(self._change(asked))

    def _change(self, asked: Command) -> Coroutine[Any, Any, Any]:
        """Return what a command writes. Raises: Unclear."""
        room, rest = self._here, asked.words[1]
        match asked.name:
            case "model":
                return room.model(asked.rest)
            case "again":
                return room.regenerate(asked.number)
            case "react":
                return room.react(asked.number, rest, on=not self._has_reacted(asked.number, rest))
            case "edit":
                return room.edit(asked.number, rest)
            case "delete":
                return room.delete(asked.number)
        return room.approve(asked.number, approved=asked.name == "yes")

    def _has_reacted(self, seq: int, emoji: str) -> bool:
        found = (each for each in self._here.items if isinstance(each, Message) and each.seq == seq)
        return any(self._client.user_id in each.reactions.get(emoji, ()) for each in found)

    async def _list(self) -> None:
        conversations = await self._client.api.conversations()
        self._listed = [each["id"] for each in conversations]
        for number, each in enumerate(conversations, 1):
            self._screen.say(listed(each, number))
        if not conversations:
            self._screen.say("   · You have no conversations yet: /new TITLE begins one.")

    def _wanted(self, which: str) -> str:
        is_number = which.isascii() and which.isdecimal() and len(which) < len("1000")
        if is_number and 0 < int(which) <= len(self._listed):
            return self._listed[int(which) - 1]
        if not which or is_number:
            message = "Which one? /list shows them."
            raise Unclear(message)
        return which

    async def _open(self, id: str) -> None:
        room = await self._client.open(id)
        before, self._room = self._room, room
        if before is not None and before is not room:
            self._aside(before.close())
        self._unwatch()
        self._screen.say(f"── {title_of(room.info or {})} ──")
        self._window = Window(self._client, room, self._screen)
        self._watching = asyncio.ensure_future(self._window.watch())

    async def _invite(self, name: str) -> None:
        api, id = self._client.api, self._here.id
        if name:
            await api.add_member(id, slug(name), name)
        else:
            made = await api.invite(id)
            self._screen.say(f"   · /join {line(made['token'])}")

    @property
    def _here(self) -> Conversation:
        if self._room is None:
            message = "Nowhere to say it yet: /list, /open NUMBER or /new TITLE."
            raise Unclear(message)
        return self._room

    def _aside(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.ensure_future(self._carefully(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carefully(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except WiresideError as error:
            self._screen.say(f"   ! {line(str(error))}")

    def _unwatch(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _sent(self) -> None:
        """Give what was written last a moment to be stored."""
        if self._client.state is State.CONNECTED and self._tasks:
            await asyncio.wait(self._tasks, timeout=UNSENT_SECONDS)
        kept = "is kept for the next time" if self._client.is_kept else "is lost"
        for each in self._room.pending if self._room is not None else ():
            self._screen.say(f"   ! Not sent, and {kept}: {what_of(each)}")
