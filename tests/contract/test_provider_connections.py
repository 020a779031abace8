"""Providers against a real server: its address, its certificate, and the way to it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.certificates import untrusted
from tests.contract.asking import QUESTION
from tests.contract.dialects import Dialect, where
from tests.faults import fault
from tests.openai_server import HANG, RESET, OpenAiServer, Reply, serving
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.keys import Keys
from wireside.domain.errors import ModelFailed, RunErrorCode, Unavailable
from wireside.ports import Provider, TextPiece


def unreadable(_name: str) -> str:
    raise Unavailable("A secret could not be read.")


@asynccontextmanager
async def provider_at(dialect: Dialect, base_url: str, **fields: str) -> AsyncIterator[Provider]:
    """Have a provider with a client of its own."""
    http = HttpClient()
    try:
        yield dialect.make(dialect.at(base_url, **fields), http, Keys(str, print))
    finally:
        await http.close()


async def failure_at(dialect: Dialect, base_url: str) -> ModelFailed | None:
    """Ask once; return what came of it."""
    async with provider_at(dialect, base_url) as provider:
        try:
            async for _ in provider.answer(QUESTION):
                pass
        except ModelFailed as failure:
            return failure
    return None


@pytest.mark.parametrize(
    ("read", "code"),
    [(unreadable, "model_unavailable"), (lambda _: "sk\r\nX-Other: 1", "model_rejected")],
)
def test_a_key_that_cannot_be_used_is_a_failure_without_the_key(
    dialect: Dialect, read: Callable[[str], str], code: str
) -> None:
    heard = dialect.ask(dialect.says("x"), keys=Keys(read, print), api_key_parameter="/keys/a")

    assert heard.code == code
    assert heard.failure is not None
    assert heard.failure.is_refusal
    assert "sk" not in heard.failure.detail + str(heard.failure)
    assert heard.server.asked == []


@pytest.mark.parametrize(("status", "forgotten"), [(401, ["/keys/a"]), (403, []), (500, [])])
def test_a_refused_key_is_read_anew_next_time(
    dialect: Dialect, status: int, forgotten: list[str]
) -> None:
    known: list[str] = []

    dialect.ask(dialect.refuses(status), keys=Keys(str, known.append), api_key_parameter="/keys/a")

    assert known == forgotten


def test_the_key_is_read_by_the_name_of_its_parameter_and_sent_in_a_header_alone(
    dialect: Dialect,
) -> None:
    keys = Keys(lambda name: f"sk-of-{name}\n", print)

    (asked,) = dialect.ask(dialect.says("x"), keys=keys, api_key_parameter="/keys/a").server.asked

    assert [each for each in asked.headers.values() if each.endswith("sk-of-/keys/a")]
    assert "sk-of" not in f"{asked.target} {asked.body}"


def test_nobody_there_is_a_failure(dialect: Dialect) -> None:
    failure = asyncio.run(failure_at(dialect, "http://127.0.0.1:9/v1"))

    assert failure is not None
    assert (failure.code, failure.is_refusal) == (RunErrorCode.MODEL_UNAVAILABLE, True)


@fault(50)
def test_a_certificate_that_nobody_vouches_for_is_refused_before_anything_is_said(
    dialect: Dialect, tmp_path: Path
) -> None:
    async def story() -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(untrusted("localhost", tmp_path))
        async with serving(dialect.says("x"), tls=context) as server:
            failure = await failure_at(dialect, f"https://localhost:{server.port}/v1")

            assert failure is not None
            assert (failure.code, failure.is_refusal) == (RunErrorCode.MODEL_UNAVAILABLE, True)
            assert server.asked == []

    asyncio.run(story())


def test_a_redirect_is_not_followed(dialect: Dialect) -> None:
    async def story() -> None:
        async with serving(dialect.says("stolen")) as other:
            away = dialect.refuses(307, Location=f"{other.base_url}/chat/completions")
            async with serving(away) as server:
                failure = await failure_at(dialect, server.base_url)

                assert failure is not None
                assert failure.code is RunErrorCode.MODEL_REJECTED
                assert (len(server.asked), other.asked) == (1, [])

    asyncio.run(story())


def test_a_reader_who_leaves_closes_the_connection(dialect: Dialect) -> None:
    async def story() -> None:
        reply = dialect.streams(*dialect.begin, dialect.text("x"), HANG)
        async with serving(reply) as server, provider_at(dialect, server.base_url) as provider:
            pieces = provider.answer(QUESTION)
            await anext(pieces)

            await pieces.aclose()  # type: ignore[attr-defined]

            async with asyncio.timeout(5):
                await server.gone.wait()

    asyncio.run(story())


async def text_of(provider: Provider) -> str:
    """Ask once; return the text."""
    pieces = [piece async for piece in provider.answer(QUESTION)]
    return "".join(each.text for each in pieces if isinstance(each, TextPiece))


async def twice(dialect: Dialect, server: OpenAiServer) -> list[str]:
    """Ask twice over one client; return the texts."""
    async with provider_at(dialect, server.base_url) as provider:
        return [await text_of(provider) for _ in range(2)]


def test_a_connection_is_kept_for_the_next_question(dialect: Dialect) -> None:
    async def story() -> None:
        async with serving(replace(dialect.says("one"), keeps=True), dialect.says("two")) as server:
            assert await twice(dialect, server) == ["one", "two"]
            assert server.connections == 1

    asyncio.run(story())


def test_a_kept_connection_that_the_server_closed_meanwhile_is_no_failure(
    dialect: Dialect,
) -> None:
    async def story() -> None:
        replies = replace(dialect.says("one"), leaves=True), dialect.says("two")
        async with serving(*replies) as server, provider_at(dialect, server.base_url) as provider:
            first = await text_of(provider)
            async with asyncio.timeout(5):
                await server.left.wait()

            assert [first, await text_of(provider)] == ["one", "two"]
            assert (len(server.asked), server.connections) == (2, 2)

    asyncio.run(story())


@where("dead connections")
def test_a_kept_connection_that_is_dead_is_no_failure(dialect: Dialect) -> None:
    replies = [replace(dialect.says("one"), keeps=True), Reply(before=[RESET]), dialect.says("two")]

    async def story() -> None:
        async with serving(*replies) as server:
            assert await twice(dialect, server) == ["one", "two"]
            assert server.connections == 2

    asyncio.run(story())
