"""The frames of one stream, brought to those who keep up with it."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import dataclass, field

from wireside.domain.conversation import Subscription
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId
from wireside.domain.shares import Share
from wireside.services.delivery import Delivery
from wireside.services.posting import FAN_OUT_SECONDS


@dataclass(slots=True)
class Feed:
    """Fan-out that waits for nobody: one post is under way to each connection, for at most 2 s.

    Who still has one when the next frame comes is left out of it: by the offset of the frame
    after it the client notices, and opens the conversation again. So it is with shares.
    """

    delivery: Delivery
    conversation_id: ConversationId
    _under_way: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)

    async def tell(
        self, listeners: Sequence[Subscription], frame: bytes, *, within_seconds: float
    ) -> None:
        """Push a frame to those who have the one before it, and wait for their posts so long."""
        if begun := list(self._begin(listeners, frame)):
            await asyncio.wait(begun, timeout=within_seconds)

    def _begin(
        self, listeners: Sequence[Subscription], frame: bytes
    ) -> "Iterator[asyncio.Task[None]]":
        own, shares = self.delivery.parted(self.conversation_id, listeners, frame)
        for each in own:
            if each.connection_id not in self._under_way:
                yield self._spawn(each.connection_id, self._post(each, frame))
        for number, share in enumerate(shares):
            if (name := f"share {number}") not in self._under_way:
                yield self._spawn(name, self._hand_on(share))

    def _spawn(self, name: str, work: Coroutine[None, None, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self._under_way[name] = task
        task.add_done_callback(lambda _: self._under_way.pop(name))
        return task

    async def _post(self, listener: Subscription, frame: bytes) -> None:
        try:
            async with asyncio.timeout(FAN_OUT_SECONDS):
                outcome = await self.delivery.lines.post(listener.connection_id, frame)
        except TimeoutError:
            return
        await self.delivery.heed(self.conversation_id, listener, outcome)

    async def _hand_on(self, share: Share) -> None:
        # The next frame is due soon, and so is another try.
        with contextlib.suppress(Unavailable):
            await self.delivery.hand_on(share)

    async def close(self) -> None:
        """End the posts that are still under way: what follows has to wait for none of them."""
        late = tuple(self._under_way.values())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
