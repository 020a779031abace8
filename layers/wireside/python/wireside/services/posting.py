"""Posts to several connections at once, none of which holds up the others."""

import asyncio
from collections.abc import Mapping, Sequence

from wireside.domain.events import ConnectionId
from wireside.ports import Lines, PostOutcome

FAN_OUT_SECONDS = 2


def time_is_up() -> float:
    """Return when posts that begin now have had their time, on the event loop's clock."""
    return asyncio.get_running_loop().time() + FAN_OUT_SECONDS


async def post(
    lines: Lines,
    connection_ids: Sequence[ConnectionId],
    frame: bytes,
    *,
    until: float | None = None,
) -> Mapping[ConnectionId, PostOutcome]:
    """Push a frame to connections, for 2 s in total; return what became of each in time.

    ``until`` is given where the time is shared with what was posted before.
    """
    if not connection_ids:
        return {}
    left = (until if until is not None else time_is_up()) - asyncio.get_running_loop().time()
    tasks = {asyncio.ensure_future(lines.post(each, frame)): each for each in connection_ids}
    done, late = await asyncio.wait(tasks, timeout=max(0, left))
    for task in late:
        task.cancel()
    return {tasks[task]: task.result() for task in done}
