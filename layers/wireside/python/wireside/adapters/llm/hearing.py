"""Hearing an answer out: what providers that stream events have in common."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing
from typing import Literal, Protocol

from wireside.adapters.llm.exchange import Exchange
from wireside.domain.errors import ModelFailed
from wireside.ports import Piece


class Format(Protocol):
    """Reads the events of one answer. ``reason`` is set once the server has said why it ends."""

    reason: Literal["stop", "length", "filtered"] | None
    is_done: bool

    def feed(self, data: str) -> Iterator[Piece]:
        """Yield what one event's data adds to the answer.

        Raises: ModelFailed.
        """

    def end(self) -> Iterator[Piece]:
        """Yield what there is to say at the end; nothing without its end marker."""


async def heard(
    ask: Callable[[], Awaitable[Exchange]], said: Format, note: Callable[[ModelFailed], None]
) -> AsyncGenerator[Piece]:
    """Ask, and yield the answer. ``note`` learns of the failure that ends it.

    Raises: ModelFailed, but not once the server has said why it ends: only the usage can still be
    missing then.
    """
    exchange = await ask()
    try:
        async with aclosing(exchange.events()) as events:
            async for event in events:
                for piece in said.feed(event.data):
                    yield piece
                if said.is_done:
                    break
    except ModelFailed as failure:
        if said.reason is None:
            note(failure)
            raise
    for piece in said.end():
        yield piece
