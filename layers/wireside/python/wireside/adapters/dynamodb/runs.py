"""Runs and the chunks of their text."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from wireside.adapters.dynamodb import keys, ledger, spent
from wireside.adapters.dynamodb.attributes import (
    Item,
    Value,
    flag,
    number,
    numbers,
    optional_number,
    pack,
    text,
)
from wireside.adapters.dynamodb.keys import Key
from wireside.adapters.dynamodb.table import (
    ConditionFailed,
    Conflict,
    Table,
    TransactionCancelled,
)
from wireside.domain.events import AssistantId, ConversationId, RunId
from wireside.domain.quotas import Correction
from wireside.domain.runs import Partial, Run, RunState, Standing
from wireside.domain.usage import Spent

CHUNK_SECONDS = 24 * 60 * 60
SETTLE_TRIES = 10
SETTLE_WAIT_SECONDS = 0.05
_NOT_FROZEN = "attribute_not_exists(through_seq)"


def to_item(conversation_id: ConversationId, run: Run) -> Item:
    """Return the item of a run."""
    attributes = pack(
        {
            "run_id": run.id,
            "assistant_id": run.assistant_id,
            "first_seq": run.first_seq,
            "state": run.state.value,
            "fence": run.fence,
            "lease_until": run.lease_until_ms,
            "through_seq": run.through_seq,
            "stop_requested": run.stop_requested or None,
            "shown": run.shown or None,
            "spent": spent.to_attribute(run.spent) if run.spent else None,
            "reserved": ledger.reservation_map(run.reserved) if run.reserved else None,
        }
    )
    return keys.run(conversation_id, run.assistant_id, run.first_seq) | attributes


def from_item(item: Item) -> Run:
    """Return the run of an item."""
    return Run(
        id=RunId(text(item, "run_id")),
        assistant_id=AssistantId(text(item, "assistant_id")),
        first_seq=number(item, "first_seq"),
        state=RunState(text(item, "state")),
        fence=number(item, "fence"),
        lease_until_ms=number(item, "lease_until"),
        through_seq=optional_number(item, "through_seq"),
        stop_requested=flag(item, "stop_requested"),
        shown=text(item, "shown"),
        spent=spent.from_item(item),
        reserved=ledger.from_item(item),
    )


def _key(conversation_id: ConversationId, run: Run) -> Key:
    return keys.run(conversation_id, run.assistant_id, run.first_seq)


def _held(run: Run, **values: Value) -> dict[str, Any]:
    """Return an update that sets attributes of a run, while it has this fence and has not ended."""
    named = {f"#{name}": name for name in ("fence", "state", *values)}
    held: dict[str, Value] = {":held": run.fence, ":ended": RunState.ENDED.value}
    return {
        "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
        "ConditionExpression": "#fence = :held AND #state <> :ended",
        "ExpressionAttributeNames": named,
        "ExpressionAttributeValues": pack(
            held | {f":{name}": value for name, value in values.items()}
        ),
    }


@dataclass(frozen=True, slots=True)
class DynamoRuns:
    """``ports.Runs`` on the table."""

    table: Table

    async def read(
        self, conversation_id: ConversationId, assistant_id: AssistantId, first_seq: int
    ) -> Run | None:
        """Read the run."""
        item = await self.table.get(keys.run(conversation_id, assistant_id, first_seq))
        return from_item(item) if item is not None else None

    async def claim(
        self, conversation_id: ConversationId, run: Run, *, now_ms: int, found: Run | None
    ) -> bool:
        """Put a new run; of one that was found take fence and lease, if its lease is over.

        Nothing else of it is written: somebody may ask it to stop at this moment.
        """
        try:
            if found is None:
                item = to_item(conversation_id, run)
                await self.table.put(item, ConditionExpression="attribute_not_exists(pk)")
            else:
                await self._succeed(conversation_id, run, found, now_ms)
        except (ConditionFailed, Conflict):
            return False
        return True

    async def _succeed(
        self, conversation_id: ConversationId, run: Run, found: Run, now_ms: int
    ) -> None:
        """Take over, unless the one before has frozen its turn since it was found."""
        is_same = "through_seq = :through" if found.through_seq else _NOT_FROZEN
        update = _held(found, fence=run.fence, lease_until=run.lease_until_ms)
        update["ConditionExpression"] += f" AND lease_until <= :now AND {is_same}"
        update["ExpressionAttributeValues"] |= pack({":now": now_ms, ":through": found.through_seq})
        await self.table.update(_key(conversation_id, run), **update)

    async def _set(self, conversation_id: ConversationId, run: Run, **values: Value) -> bool:
        """Set attributes of a run that is ours; ``False``: it is not, or has ended."""
        try:
            await self.table.update(_key(conversation_id, run), **_held(run, **values))
        except (ConditionFailed, Conflict):
            return False
        return True

    async def freeze(self, conversation_id: ConversationId, run: Run, through_seq: int) -> bool:
        """Set state and turn under our fence."""
        state = RunState.STREAMING.value
        return await self._set(conversation_id, run, state=state, through_seq=through_seq)

    async def begin_again(
        self, conversation_id: ConversationId, run: Run, *, lease_until_ms: int
    ) -> bool:
        """Raise the fence, if it is ours."""
        fence = run.fence + 1
        return await self._set(conversation_id, run, fence=fence, lease_until=lease_until_ms)

    async def checkpoint(
        self,
        conversation_id: ConversationId,
        run: Run,
        *,
        offset: int,
        text: str,
        lease_until_ms: int,
    ) -> bool:
        """Extend the lease under our fence, then put the chunk.

        The chunk needs no condition: its key has the fence in it, and nobody reads an older one's.
        """
        if not await self._set(conversation_id, run, lease_until=lease_until_ms):
            return False
        if text:
            key = keys.chunk(conversation_id, run.id, run.fence, offset)
            ttl = lease_until_ms // 1_000 + CHUNK_SECONDS
            await self.table.put(key | pack({"text": text, "ttl": ttl}))
        return True

    async def show(self, conversation_id: ConversationId, run: Run, text: str) -> bool:
        """Set it on the run under our fence."""
        return await self._set(conversation_id, run, shown=text)

    async def unfinished(
        self, conversation_id: ConversationId, assistant_id: AssistantId, *, above_seq: int
    ) -> tuple[Run, ...]:
        """Query the runs above what is answered."""
        items = await self.table.query_all(
            KeyConditionExpression="pk = :p AND sk BETWEEN :low AND :high",
            ExpressionAttributeValues=pack(
                {
                    ":p": keys.conversation_partition(conversation_id),
                    ":low": keys.run_sort(assistant_id, above_seq + 1),
                    ":high": keys.run_sort(assistant_id, keys.LAST_SEQ),
                }
            ),
            ConsistentRead=True,
        )
        runs = (from_item(item) for item in items)
        return tuple(run for run in runs if run.state is not RunState.ENDED)

    async def in_flight(
        self, conversation_id: ConversationId, assistant_id: AssistantId, *, above_seq: int
    ) -> tuple[Partial, ...]:
        """Query the runs above what is answered, and the chunks of each."""
        runs = await self.unfinished(conversation_id, assistant_id, above_seq=above_seq)
        return tuple(
            [
                Partial(
                    run_id=run.id,
                    assistant_id=assistant_id,
                    trigger_seq=run.through_seq,
                    fence=run.fence,
                    text=await self.text(conversation_id, run),
                )
                for run in runs
                if run.state is RunState.STREAMING and run.through_seq is not None
            ]
        )

    async def request_stop(self, conversation_id: ConversationId, run: Run) -> None:
        """Set the flag on the run of this id, while it has not ended."""
        try:
            await self.table.update(
                _key(conversation_id, run),
                UpdateExpression="SET stop_requested = :yes",
                ConditionExpression="run_id = :id AND #s <> :ended",
                ExpressionAttributeNames={"#s": "state"},
                ExpressionAttributeValues=pack(
                    {":yes": True, ":id": run.id, ":ended": RunState.ENDED.value}
                ),
            )
        except ConditionFailed:
            return

    async def standing(self, conversation_id: ConversationId, run: Run) -> Standing | None:
        """Read run and conversation in one call."""
        wanted = [
            _key(conversation_id, run),
            keys.conversation(conversation_id),
        ]
        there, conversation = await self.table.get_many(wanted)
        if there is None or conversation is None or flag(conversation, "deleted"):
            return None
        known = from_item(there)
        return Standing(
            fence=known.fence,
            is_ended=known.state is RunState.ENDED,
            stop_requested=known.stop_requested,
            answered=numbers(conversation, "answered_through").get(run.assistant_id, 0),
            operator_epoch=number(conversation, "operator_epoch"),
            stopped_through=number(conversation, "stopped_through"),
        )

    async def forget_text(self, conversation_id: ConversationId, run_id: RunId) -> None:
        """Delete the chunks of all fences."""
        items = await self.table.query_all(
            KeyConditionExpression="pk = :p AND begins_with(sk, :x)",
            ExpressionAttributeValues=pack(
                {
                    ":p": keys.conversation_partition(conversation_id),
                    ":x": keys.chunks_prefix(run_id),
                }
            ),
            ConsistentRead=True,
            ProjectionExpression="pk, sk",
        )
        await self.table.delete_many(items)

    async def note(
        self,
        conversation_id: ConversationId,
        run: Run,
        took: Spent,
        correction: Correction | None = None,
    ) -> bool:
        """Set it on the run under our fence, with its counters where there are any."""
        values: dict[str, Value] = {"spent": spent.to_attribute(took)}
        if correction is not None:
            values["reserved"] = ledger.reservation_map(correction.settled)
        key, update = _key(conversation_id, run), _held(run, **values)
        update["ConditionExpression"] += " AND attribute_not_exists(spent)"
        try:
            if correction is None:
                await self.table.update(key, **update)
            else:
                await self._settle(
                    {"Key": key, **update}, ledger.corrections(conversation_id, correction)
                )
        except (ConditionFailed, TransactionCancelled, Conflict):
            return False
        return True

    async def _settle(self, update: dict[str, Any], counters: Iterable[dict[str, Any]]) -> None:
        """Carry out all of it; one person's runs may meet at one counter."""
        writes = [{"Update": update}, *counters]
        for _ in range(SETTLE_TRIES - 1):
            with suppress(Conflict):
                return await self.table.transact(writes)
            await asyncio.sleep(SETTLE_WAIT_SECONDS)
        return await self.table.transact(writes)

    async def text(self, conversation_id: ConversationId, run: Run) -> str:
        """Query the chunks of the run's fence."""
        items = await self.table.query_all(
            KeyConditionExpression="pk = :p AND begins_with(sk, :x)",
            ExpressionAttributeValues=pack(
                {
                    ":p": keys.conversation_partition(conversation_id),
                    ":x": keys.chunk_prefix(run.id, run.fence),
                }
            ),
            ConsistentRead=True,
        )
        return "".join(text(item, "text") for item in items)
