"""The schedule: what is done every minute."""

from dataclasses import asdict
from typing import Any

from wireside.bootstrap import sweeping
from wireside.entrypoints.loop import on_loop
from wireside.entrypoints.observability import Event, entrypoint, logger


def _keys(event: Event) -> dict[str, str]:
    return {"schedule_id": str(event.get("id"))}


@entrypoint(keys=_keys)
@on_loop
async def sweep(_event: Event) -> dict[str, Any]:
    """Sweep once, and note how much there was."""
    swept = asdict(await sweeping().sweep())
    logger.info("swept", **swept)
    return swept
