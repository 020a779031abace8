"""The one asynchronous HTTP client of a process, for all providers."""

from dataclasses import dataclass

import aiohttp

MAX_CONNECTIONS = 128
KEEP_ALIVE_SECONDS = 60


@dataclass(slots=True)
class HttpClient:
    """A pooled client. TLS is verified, cookies and proxies of the environment are not used.

    It is made on first use, inside the loop that it lives on. Every request brings its own
    time-outs and headers: nothing is added to them.
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
                skip_auto_headers=("User-Agent", "Content-Type"),
            )
        return self._session

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()
