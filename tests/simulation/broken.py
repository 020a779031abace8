"""What is broken on purpose, to see whether a search finds it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.simulation.client import Client
from tests.simulation.rooms import Room, Write
from tests.simulation.weather import INVOCATION
from tests.simulation.world import Simulation
from wireside.adapters.memory.log import MemoryLog
from wireside.adapters.memory.runs import MemoryRuns
from wireside.domain.changes import Change, Outcome, SettleRun, Stored
from wireside.domain.events import ConversationId, Event
from wireside.domain.runs import Job, Run
from wireside.services.runs import Settled


class BehindLog(MemoryLog):
    """Says that an event is stored, and stores it a moment later, if nothing comes in between."""

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        log = self.store.log(conversation_id)
        if changes or event.seq <= len(log):
            return await super().commit(conversation_id, event, changes)
        process = INVOCATION.get()

        def store() -> None:
            if event.seq == len(log) + 1 and not (process and process.dead):
                log.append(event)

        asyncio.get_running_loop().call_later(0.05, store)
        return Stored()


class FencelessLog(MemoryLog):
    """Takes every outcome, whoever holds the run."""

    async def commit(
        self, conversation_id: ConversationId, event: Event, changes: Sequence[Change]
    ) -> Outcome:
        log = self.store.log(conversation_id)
        settles = any(isinstance(each, SettleRun) for each in changes)
        if settles and event.seq == len(log) + 1:
            log.append(event)
            return Stored()
        return await super().commit(conversation_id, event, changes)


class FencelessRuns(MemoryRuns):
    """Lets everybody go on."""

    async def checkpoint(self, conversation_id: ConversationId, run: Run, **fields: Any) -> bool:
        await super().checkpoint(conversation_id, run, **fields)
        return True


def telling_too_early(port: Any) -> Any:
    return BehindLog(port.store) if isinstance(port, MemoryLog) else port


def without_fences(port: Any) -> Any:
    match port:
        case MemoryLog():
            return FencelessLog(port.store)
        case MemoryRuns():
            return FencelessRuns(port.store)
        case _:
            return port


class SkippingLog(MemoryLog):
    """Leaves out an event where there are several."""

    async def after(
        self, conversation_id: ConversationId, seq: int, *, limit: int
    ) -> tuple[Event, ...]:
        found = await super().after(conversation_id, seq, limit=limit)
        return found[1:] if len(found) > 1 else found


def skipping(port: Any) -> Any:
    return SkippingLog(port.store) if isinstance(port, MemoryLog) else port


class Careless(Simulation):
    """Its jobs are deleted, settled or not."""

    async def settle(self, job: Job, receipt: str) -> Settled:
        await super().settle(job, receipt)
        return Settled.DELETE


class Guessing(Client):
    """Raises ``after_seq`` to what it has heard of, read or not."""

    async def _attempt(self, room: Room, write: Write) -> None:
        if "after_seq" in write.frame:
            write.frame["after_seq"] = max(room.head, room.view.held)
        await super()._attempt(room, write)


class Contented(Client):
    """Does not mind gaps."""

    async def _sync(self, room: Room) -> None:
        room.head = room.view.held
        room.view.ahead.clear()
