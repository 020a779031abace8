"""The keys of providers: named in the settings, kept where secrets are kept."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from wireside.adapters.llm.failures import failed
from wireside.domain.errors import ModelFailed, RunErrorCode, Unavailable


@dataclass(frozen=True, slots=True)
class Keys:
    """Where keys come from: by the name of a secret. ``forget`` makes the next read a new one."""

    read: Callable[[str], str]
    forget: Callable[[str], None]

    async def value(self, name: str) -> str:
        """Return a key as it can be sent.

        Raises: ModelFailed.
        """
        try:
            key = (await asyncio.to_thread(self.read, name)).strip()
        except Unavailable as error:
            raise failed(
                RunErrorCode.MODEL_UNAVAILABLE, "its key cannot be read", is_refusal=True
            ) from error
        if not key.isascii() or not key.isprintable():
            raise failed(
                RunErrorCode.MODEL_REJECTED,
                "its key has characters that no key has",
                is_refusal=True,
            )
        return key

    async def bearer(self, name: str | None) -> Mapping[str, str]:
        """Return the header with the key of that name; nothing where none is configured.

        Raises: ModelFailed.
        """
        if name is None:
            return {}
        return {"Authorization": f"Bearer {await self.value(name)}"}

    def note(self, name: str | None, failure: ModelFailed) -> None:
        """Read the key anew after it was refused: it may have been changed since."""
        if name is not None and failure.detail.startswith("HTTP 401"):
            self.forget(name)
