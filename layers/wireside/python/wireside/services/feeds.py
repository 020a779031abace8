"""The frames of one stream, brought to those who keep up with it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from wireside.domain.conversation import Subscription
from wireside.domain.events import ConnectionId, ConversationId
from wireside.services.delivery import FAN_OUT_SECONDS, Delivery


@dataclass(slots=True)
class Feed:
    """Fan-out that waits for nobody: one post is under way to each connection, for at most 2 s.

    Who still has one when the next frame comes is left out of it: by the offset of the frame
    after it the client notices, and opens the conversation again.
    """

    delivery: Delivery
    conversation_id: ConversationId
    _under_way: dict[ConnectionId, "asyncio.Task[None]"] = field(default_factory=dict)

    async def tell(
        self, listeners: Sequence[Subscription], frame: bytes, *, within_seconds: float
    ) -> None:
        """Push a frame to those who have the one before it, and wait for their posts so long."""
        free = [each for each in listeners if each.connection_id not in self._under_way]
        if begun := [self._begin(each, frame) for each in free]:
            await asyncio.wait(begun, timeout=within_seconds)

    def _begin(self, listener: Subscription, frame: bytes) -> "asyncio.Task[None]":
        task = asyncio.create_task(self._post(listener, frame))
        self._under_way[listener.connection_id] = task
        task.add_done_callback(lambda _: self._under_way.pop(listener.connection_id))
        return task

    async def _post(self, listener: Subscription, frame: bytes) -> None:
        try:
            async with asyncio.timeout(FAN_OUT_SECONDS):
                outcome = await self.delivery.lines.post(listener.connection_id, frame)
        except TimeoutError:
            return
        await self.delivery.heed(self.conversation_id, listener, outcome)

    async def close(self) -> None:
        """End the posts that are still under way: what follows has to wait for none of them."""
        late = tuple(self._under_way.values())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
