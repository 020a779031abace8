"""What people write in a conversation."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from wireside_client.log import Event

type Frame = dict[str, Any]


class Verbs(ABC):
    """Each returns its event once that is stored: everybody will see it.

    Each raises Refused, at once for what is too large, and Closed when the client ends before the
    answer came. Whoever is cancelled here has written all the same: it is sent when it can be.
    """

    @abstractmethod
    async def write(self, write: Frame) -> Event:
        """Write anything: ``action`` and its fields, as the protocol has them."""

    async def send(
        self,
        text: str,
        *,
        mentions: Sequence[str] = (),
        reply_to: int | None = None,
        files: Sequence[str] = (),
    ) -> Event:
        """Write a message. ``mentions`` are participants' ids, ``reply_to`` is a seq."""
        also: Frame = {"mentions": [*mentions], "reply_to": reply_to, "files": [*files]}
        said = {key: value for key, value in also.items() if value}
        return await self.write({"action": "send", "text": text, **said})

    async def edit(self, seq: int, text: str) -> Event:
        """Give a message of one's own another text."""
        return await self.write({"action": "edit", "target_seq": seq, "text": text})

    async def delete(self, seq: int) -> Event:
        """Delete a message, everywhere and for good."""
        return await self.write({"action": "delete", "target_seq": seq})

    async def react(self, seq: int, emoji: str, *, on: bool = True) -> Event:
        """React to a message, or take that back."""
        return await self.write({"action": "react", "target_seq": seq, "emoji": emoji, "on": on})

    async def regenerate(self, seq: int) -> Event:
        """Ask for an assistant's answer anew."""
        return await self.write({"action": "regenerate", "target_seq": seq})

    async def model(self, model: str) -> Event:
        """Choose who answers from now on: an id of ``welcome["models"]``."""
        return await self.write({"action": "model", "model": model})

    async def approve(self, seq: int, *, approved: bool = True) -> Event:
        """Let a tool be used, or not: ``seq`` is that of a call that waits."""
        return await self.write({"action": "approve", "target_seq": seq, "approved": approved})
