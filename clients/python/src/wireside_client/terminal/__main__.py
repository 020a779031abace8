"""``python -m wireside_client.terminal``: chat in a terminal."""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp

from wireside_client.client import Client
from wireside_client.errors import Refused, WiresideError
from wireside_client.outbox import FileShelf
from wireside_client.sign_in import NameTokens, claims_of, place_of, slug
from wireside_client.terminal.chat import Chat
from wireside_client.terminal.plain import line
from wireside_client.terminal.screen import PipeScreen, Screen

TOKEN_WANTED = {
    "code": "unauthorized",
    "message": "A name is not enough there: put a token into WIRESIDE_TOKEN.",
}


def main() -> int:
    """Chat; return the exit status."""
    parser = argparse.ArgumentParser(prog="wireside-chat")
    parser.add_argument("--url", default="http://localhost:8000", help="where the page is")
    parser.add_argument("--name", help="who I am, where a name is enough (the local run)")
    parser.add_argument("--outbox", type=Path, help="a file that keeps what is not sent yet")
    asked = parser.parse_args()
    token = os.environ.get("WIRESIDE_TOKEN")
    if not asked.name and not token:
        parser.error("say who you are: --name Ana, or put a token into WIRESIDE_TOKEN")
    try:
        asyncio.run(_chat(asked.url, asked.name, token, asked.outbox))
    except WiresideError as error:
        print(line(str(error)), file=sys.stderr)  # noqa: T201 - a program for consoles
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Nobody reads any more; nor shall Python try when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


async def _chat(url: str, name: str | None, token: str | None, outbox: Path | None) -> None:
    async with aiohttp.ClientSession() as session:
        place = await place_of(session, url)
        if not token and not place.takes_names:
            raise Refused(TOKEN_WANTED)
        tokens = _always(token) if token else NameTokens(session, url, name or "")
        user_id = str(claims_of(token).get("sub", "")) if token else slug(name or "")
        async with Client(
            http_url=place.http_url,
            websocket_url=place.websocket_url,
            user_id=user_id,
            token=tokens,
            shelf=FileShelf(outbox) if outbox else None,
        ) as client:
            chats: list[Chat] = []

            def typed() -> None:
                for each in chats:
                    each.typed()

            screen = _screen(typed)
            chats.append(Chat(client, screen))
            await chats[0].run()


def _screen(typed: Callable[[], None]) -> Screen:
    if not sys.stdin.isatty():
        return PipeScreen()
    from wireside_client.terminal.console import Console

    return Console(typed)


def _always(token: str) -> Callable[[], Awaitable[str]]:
    async def given() -> str:
        return token

    return given


if __name__ == "__main__":
    sys.exit(main())
