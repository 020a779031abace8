"""What every provider promises, whoever is behind it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

import pytest

from tests.contract.asking import QUESTION
from tests.contract.dialects import DIALECTS, Dialect
from tests.openai_server import serving
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.demo import DemoProvider
from wireside.adapters.llm.keys import Keys
from wireside.adapters.memory.wire import ScriptedProvider
from wireside.ports import Finished, InputTokens, Provider, TextPiece, Usage


@asynccontextmanager
async def demo() -> AsyncIterator[Provider]:
    async def no_pause(_seconds: float) -> None:
        """Go on at once."""

    yield DemoProvider(sleep=no_pause)


@asynccontextmanager
async def scripted() -> AsyncIterator[Provider]:
    end = Finished("stop", Usage(1, 2, estimated=False))
    yield ScriptedProvider([TextPiece("one "), TextPiece("two"), end])


@asynccontextmanager
async def over(dialect: Dialect) -> AsyncIterator[Provider]:
    http = HttpClient()
    async with serving(dialect.says("one ", "two")) as server:
        yield dialect.make(dialect.at(server.base_url), http, Keys(str, print))
        await http.close()


MAKERS = {
    "demo": demo,
    "scripted": scripted,
    **{each.name: partial(over, each) for each in DIALECTS},
}


@pytest.fixture(params=sorted(MAKERS))
def provider_of(request: pytest.FixtureRequest) -> Callable[[], Any]:
    """Return what makes the provider."""
    return MAKERS[request.param]


def test_an_answer_is_pieces_of_text_and_then_its_end(provider_of: Callable[[], Any]) -> None:
    async def story() -> None:
        async with provider_of() as provider:
            *pieces, end = [piece async for piece in provider.answer(QUESTION)]

            texts = [each for each in pieces if not isinstance(each, InputTokens)]
            counts = [each.count for each in pieces if isinstance(each, InputTokens)]
            assert min(counts, default=0) >= 0
            assert texts
            assert all(isinstance(each, TextPiece) and each.text for each in texts)
            assert isinstance(end, Finished)
            assert end.reason == "stop"
            assert end.usage is None or min(end.usage.input_tokens, end.usage.output_tokens) >= 0

    asyncio.run(story())


def test_it_can_be_asked_again_and_at_the_same_time(provider_of: Callable[[], Any]) -> None:
    async def whole(provider: Provider) -> list[Any]:
        return [piece async for piece in provider.answer(QUESTION)]

    async def story() -> None:
        async with provider_of() as provider:
            first = await whole(provider)
            at_once = await asyncio.gather(*(whole(provider) for _ in range(3)))

            assert at_once == [first] * 3

    asyncio.run(story())


def test_an_answer_may_be_left_in_the_middle(provider_of: Callable[[], Any]) -> None:
    async def story() -> None:
        async with provider_of() as provider:
            async with aclosing(provider.answer(QUESTION)) as pieces:
                first = await anext(pieces)

            assert isinstance(first, TextPiece | InputTokens)

    asyncio.run(story())
