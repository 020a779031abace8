"""The counters of quotas in memory."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from wireside.adapters.memory.store import MemoryStore
from wireside.domain.events import ConversationId
from wireside.domain.quotas import Amount, Correction, Quotas, Reservation
from wireside.domain.runs import Run, RunState
from wireside.ports import Reserved


@dataclass(frozen=True, slots=True)
class MemoryLedger:
    """``ports.Ledger``."""

    store: MemoryStore

    async def reserve(
        self, conversation_id: ConversationId, run: Run, reservation: Reservation, quotas: Quotas
    ) -> Reserved:
        """Raise the run's reservation and its counters, or nothing."""
        key = (conversation_id, run.assistant_id, run.first_seq)
        there = self.store.runs.get(key)
        if there is None or there.fence != run.fence or there.state is RunState.ENDED:
            return Reserved.NOT_OURS
        more = reservation.amount - (run.reserved.amount if run.reserved else Amount())
        used_up = {"user": Reserved.USER_USED_UP, "conversation": Reserved.CONVERSATION_USED_UP}
        limits = {"user": quotas.user, "conversation": quotas.conversation}
        for counter in counters(conversation_id, reservation):
            used = self.store.quotas.get(counter, Amount())
            if not limits[counter[0]].has_room(used, more):
                return used_up[counter[0]]
        self.store.runs[key] = replace(there, reserved=reservation)
        correct(self.store, conversation_id, Correction(reservation, more))
        return Reserved.HELD


def counters(
    conversation_id: ConversationId, reservation: Reservation
) -> Iterator[tuple[str, str, int]]:
    """Yield the keys of the counters in which a reservation stands."""
    if reservation.user_id is not None:
        yield "user", reservation.user_id, reservation.day
    if reservation.in_conversation:
        yield "conversation", conversation_id, reservation.day


def correct(store: MemoryStore, conversation_id: ConversationId, correction: Correction) -> None:
    """Add to the counters in which a reservation stands."""
    for counter in counters(conversation_id, correction.reservation):
        store.quotas[counter] = store.quotas.get(counter, Amount()) + correction.amount
