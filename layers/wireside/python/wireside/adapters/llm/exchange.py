"""One question to a provider over HTTP, and its answer as server-sent events.

Everything that can go wrong on the way becomes ``ModelFailed``, with the reason in its detail.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
from yarl import URL

from wireside.adapters.http import HttpClient, Trace
from wireside.adapters.llm.failures import failed, refused, retry_after
from wireside.adapters.llm.sse import EventDecoder, EventTooLongError, ServerSentEvent
from wireside.domain.conversation import Patience
from wireside.domain.errors import ModelFailed, RunErrorCode

HTTP_OK = 200
MAX_ERROR_BYTES = 65_536
MAX_WHOLE_BYTES = 1_048_576
LINGER_SECONDS = 0.05
WITHOUT = aiohttp.ClientTimeout(total=None)
"""Time-outs are ours: aiohttp's do not tell the first byte from the next one."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request. ``headers`` may hold a key, ``query`` people's words: its ``repr`` shows neither.

    Without a ``body`` it is a GET.
    """

    http: HttpClient
    url: str
    headers: Mapping[str, str]
    body: Mapping[str, object] | None
    patience: Patience
    query: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        """Show where it goes, and nothing else."""
        return f"Exchange({self.url!r})"

    async def events(self) -> AsyncGenerator[ServerSentEvent]:
        """Yield the answer's events until the server ends it.

        Raises: ModelFailed.
        """
        until = asyncio.get_running_loop().time() + self.patience.first_byte_seconds
        async with self._answer(until) as response:
            if response.content_type == "application/json":
                # A server that cannot stream, or an error under status 200.
                whole = await self._whole(response, MAX_WHOLE_BYTES)
                yield ServerSentEvent(whole.decode("utf-8", "replace"))
                return
            decoder = EventDecoder()
            while chunk := await _chunk(response, until):
                for each in _decoded(decoder, chunk):
                    yield each
                until = asyncio.get_running_loop().time() + self.patience.chunk_seconds
            for each in decoder.end():
                yield each

    @asynccontextmanager
    async def _answer(self, until: float) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send the request; have the response once its status is 200. Redirects are not followed.

        Raises: ModelFailed.
        """
        response = await self._send(until)
        async with response:
            if response.status != HTTP_OK:
                error = _error_in(await self._whole(response, MAX_ERROR_BYTES))
                seconds = retry_after(response.headers.get("Retry-After"))
                raise refused(response.status, error, retry_after_seconds=seconds)
            try:
                yield response
            finally:
                await _linger(response)

    async def _send(self, until: float) -> aiohttp.ClientResponse:
        """Send the request; once more at once where a kept connection turns out to be dead.

        A function that was frozen for a while finds its connections so.

        Raises: ModelFailed.
        """
        trace = Trace()
        try:
            return await self._post(until, trace)
        except ModelFailed as failure:
            if not trace.was_kept or failure.code is not RunErrorCode.MODEL_UNAVAILABLE:
                raise
        return await self._post(until, Trace())

    async def _post(self, until: float, trace: Trace) -> aiohttp.ClientResponse:
        headers = {
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",  # a compressed stream would arrive in lumps
            "User-Agent": "wireside",
            **self.headers,
        }
        body = None
        if self.body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(self.body, ensure_ascii=False).encode("utf-8", "replace")
        try:
            async with asyncio.timeout_at(until):
                return await self.http.session().request(
                    "GET" if body is None else "POST",
                    self._address(),
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    timeout=WITHOUT,
                    trace_request_ctx=trace,
                )
        except TimeoutError as error:
            raise failed(RunErrorCode.MODEL_TIMEOUT, "no answer began") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _unreachable(error) from error

    def _address(self) -> URL:
        """Return where it goes, with what is asked in it; never a half of a code point."""
        asked = {
            name: text.encode("utf-8", "replace").decode() for name, text in self.query.items()
        }
        return URL(self.url).with_query(asked) if asked else URL(self.url)

    async def _whole(self, response: aiohttp.ClientResponse, at_most: int) -> bytes:
        """Return the body's beginning, as far as it comes in time."""
        until = asyncio.get_running_loop().time() + self.patience.chunk_seconds
        body = b""
        while len(body) < at_most:
            try:
                chunk = await _chunk(response, until)
            except ModelFailed:
                break
            if not chunk:
                break
            body += chunk
        return body[:at_most]


async def _linger(response: aiohttp.ClientResponse) -> None:
    """Wait a moment for the end, so that the connection can be kept for the next question."""
    with suppress(TimeoutError, aiohttp.ClientError, OSError):
        async with asyncio.timeout(LINGER_SECONDS):
            while await response.content.readany():
                pass


async def _chunk(response: aiohttp.ClientResponse, until: float) -> bytes:
    """Return what has arrived, as soon as anything has; empty at the end.

    Raises: ModelFailed.
    """
    try:
        async with asyncio.timeout_at(until):
            return await response.content.readany()
    except TimeoutError as error:
        raise failed(RunErrorCode.MODEL_TIMEOUT, "no more came") from error
    except (aiohttp.ClientError, OSError) as error:
        raise _unreachable(error) from error


def _unreachable(error: Exception) -> ModelFailed:
    refused_at_once = isinstance(error, aiohttp.ClientConnectorError)
    detail = type(error.__cause__ or error).__name__
    return failed(RunErrorCode.MODEL_UNAVAILABLE, detail, is_refusal=refused_at_once)


def _decoded(decoder: EventDecoder, chunk: bytes) -> list[ServerSentEvent]:
    try:
        return list(decoder.feed(chunk))
    except EventTooLongError as error:
        raise failed(RunErrorCode.MODEL_UNAVAILABLE, str(error)) from error


def _error_in(body: bytes) -> object:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer.get("error", answer) if isinstance(answer, dict) else None
