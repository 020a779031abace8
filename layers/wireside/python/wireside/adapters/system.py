"""The real clock and the real ids."""

import secrets
import time

ID_BYTES = 16


class SystemClock:
    """``ports.Clock``."""

    def now_ms(self) -> int:
        """Return the wall clock's time."""
        return time.time_ns() // 1_000_000

    async def sleep(self, seconds: float) -> None:
        """Sleep on the event loop."""
        import asyncio  # the authorizer never sleeps, and does not pay for it

        await asyncio.sleep(seconds)


class RandomIds:
    """``ports.Ids``."""

    def new(self) -> str:
        """Return 22 URL-safe characters."""
        return secrets.token_urlsafe(ID_BYTES)
