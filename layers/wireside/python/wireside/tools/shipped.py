"""The tools that come with Wireside."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from wireside.domain.errors import ToolRefused
from wireside.ports import Room, Said
from wireside.tools.functions import tool

MAX_EXCERPT = 400
EXCERPT_BEFORE = 100


@tool()
async def current_time(
    zone: Annotated[
        str, Field(description="A time zone's IANA name, such as Europe/Berlin", max_length=64)
    ] = "UTC",
) -> str:
    """Return the current date and time in a time zone, with its offset from UTC."""
    from zoneinfo import ZoneInfo

    try:
        now = datetime.now(ZoneInfo(zone))
    except (OSError, ValueError, LookupError) as error:
        message = "There is no such time zone. Use an IANA name, such as America/New_York."
        raise ToolRefused(message) from error
    return f"{now:%A}, {now.isoformat(timespec='seconds')} ({zone})"


@tool(seconds=15)
async def search_conversation(
    room: Room,
    query: Annotated[
        str,
        Field(description="Words that a message must all contain", min_length=1, max_length=200),
    ],
    limit: Annotated[int, Field(description="How many messages to return", ge=1, le=20)] = 5,
) -> list[dict[str, object]] | str:
    """Find earlier messages of this conversation, newest first.

    Use it for what was said before the messages that you can see.
    """
    words = query.casefold().split()
    found: list[dict[str, object]] = []
    async for each in room.messages():
        text = each.text.casefold()
        if words and all(word in text for word in words):
            found.append(_shown(each, words[0]))
        if len(found) >= limit:
            break
    return found or "Nothing was found."


def _shown(said: Said, word: str) -> dict[str, object]:
    at = datetime.fromtimestamp(said.at_ms / 1_000, UTC)
    return {
        "from": said.sender,
        "at": f"{at:%Y-%m-%d %H:%M} UTC",
        "text": _excerpt(said.text, word),
    }


def _excerpt(text: str, word: str) -> str:
    """Return the part of a long text around the first place where the word is."""
    if len(text) <= MAX_EXCERPT:
        return text
    begin = max(0, text.casefold().find(word) - EXCERPT_BEFORE)
    part = text[begin : begin + MAX_EXCERPT]
    before, after = "…" if begin else "", "…" if begin + MAX_EXCERPT < len(text) else ""
    return f"{before}{part}{after}"
