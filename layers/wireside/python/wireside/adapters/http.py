"""The one asynchronous HTTP client of a process, for all providers."""

from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

MAX_CONNECTIONS = 128
KEEP_ALIVE_SECONDS = 60


@dataclass(slots=True)
class Trace:
    """What a request's ``trace_request_ctx`` learns: whether it went over a kept connection."""

    was_kept: bool = False


@dataclass(slots=True)
class HttpClient:
    """A pooled client. TLS is verified, cookies and proxies of the environment are not used.

    It is made on first use, inside the loop that it lives on. Every request brings its own
    time-outs and headers: nothing is added to them. None is repeated: who asks decides that.
    """

    _session: aiohttp.ClientSession | None = None

    def session(self) -> aiohttp.ClientSession:
        """Return the client's session."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_SECONDS
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                trace_configs=[_tracing()],
                middlewares=[_once],
                skip_auto_headers=("User-Agent", "Content-Type"),
            )
        return self._session

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()


def _tracing() -> aiohttp.TraceConfig:
    config = aiohttp.TraceConfig()
    config.on_connection_reuseconn.append(_note_kept)
    return config


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Tell of a broken connection in a way in which aiohttp does not repeat a GET on its own."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(type(error).__name__) from error


async def _note_kept(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceConnectionReuseconnParams,
) -> None:
    if isinstance(context.trace_request_ctx, Trace):
        context.trace_request_ctx.was_kept = True
