"""The counters of quotas: an item for each person, and each conversation, and day."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wireside.adapters.dynamodb import keys
from wireside.adapters.dynamodb.attributes import (
    Item,
    Value,
    flag,
    nested,
    number,
    optional_text,
    pack,
)
from wireside.adapters.dynamodb.table import Conflict, Table, TransactionCancelled
from wireside.domain.errors import Unavailable
from wireside.domain.events import ConversationId, UserId
from wireside.domain.quotas import Amount, Correction, Quotas, Reservation
from wireside.domain.runs import Run, RunState
from wireside.ports import Reserved

DAY_SECONDS = 24 * 60 * 60
KEEP_DAYS = 3
TRIES = 12
LONGEST_WAIT_SECONDS = 0.2

type Write = dict[str, Any]


@dataclass(frozen=True, slots=True)
class DynamoLedger:
    """``ports.Ledger`` on the table."""

    table: Table

    async def reserve(
        self, conversation_id: ConversationId, run: Run, reservation: Reservation, quotas: Quotas
    ) -> Reserved:
        """Raise the run's reservation and its counters in one transaction.

        One person's runs may meet at one counter: who loses waits a moment, at random.
        """
        before = run.reserved.amount if run.reserved else Amount()
        more = reservation.amount - before
        counters = list(_counters(conversation_id, reservation, more, quotas))
        for _, limit, used_up in counters:
            if not limit.has_room(Amount(), more):
                return used_up
        writes = [_noted(conversation_id, run, reservation), *(each for each, _, _ in counters)]
        for tried in range(TRIES):
            try:
                await self.table.transact(writes)
            except TransactionCancelled as cancelled:
                if cancelled.failed(0):
                    return Reserved.NOT_OURS
                return next(
                    used_up
                    for index, (_, _, used_up) in enumerate(counters, 1)
                    if cancelled.failed(index)
                )
            except Conflict:
                longest = min(LONGEST_WAIT_SECONDS, 0.01 * 2**tried)
                await asyncio.sleep(longest * random.random())
                continue
            return Reserved.HELD
        message = "The counters are too busy."
        raise Unavailable(message)


def _noted(conversation_id: ConversationId, run: Run, reservation: Reservation) -> Write:
    return {
        "Update": {
            "Key": keys.run(conversation_id, run.assistant_id, run.first_seq),
            "UpdateExpression": "SET reserved = :reserved",
            "ConditionExpression": "fence = :fence AND #state <> :ended",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": pack(
                {
                    ":reserved": reservation_map(reservation),
                    ":fence": run.fence,
                    ":ended": RunState.ENDED.value,
                }
            ),
        }
    }


def _counters(
    conversation_id: ConversationId, reservation: Reservation, more: Amount, quotas: Quotas
) -> Iterator[tuple[Write, Amount, Reserved]]:
    """Yield each counter's write, its limit, and what it means that the limit is reached."""
    if reservation.user_id is not None:
        key = keys.user_quota(reservation.user_id, reservation.day)
        limit = quotas.user
        yield _added(key, reservation.day, more, limit), limit, Reserved.USER_USED_UP
    if reservation.in_conversation:
        key = keys.conversation_quota(conversation_id, reservation.day)
        limit = quotas.conversation
        yield _added(key, reservation.day, more, limit), limit, Reserved.CONVERSATION_USED_UP


def corrections(conversation_id: ConversationId, correction: Correction | None) -> Iterator[Write]:
    """Yield the writes that correct a reservation's counters: no limit refuses the truth."""
    if correction is None:
        return
    about = correction.reservation
    for write, _, _ in _counters(conversation_id, about, correction.amount, Quotas()):
        yield write


def _added(key: keys.Key, day: int, more: Amount, limit: Amount) -> Write:
    values: dict[str, Value] = {
        ":tokens": more.tokens,
        ":nano_dollars": more.nano_dollars,
        ":ttl": (day + KEEP_DAYS) * DAY_SECONDS,
    }
    conditions = []
    for name in ("tokens", "nano_dollars"):
        if most := getattr(limit, name):
            values[f":room_{name}"] = most - getattr(more, name)
            conditions.append(f"(attribute_not_exists({name}) OR {name} <= :room_{name})")
    update: Write = {
        "Key": key,
        "UpdateExpression": "ADD tokens :tokens, nano_dollars :nano_dollars SET #ttl = :ttl",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": pack(values),
    }
    if conditions:
        update["ConditionExpression"] = " AND ".join(conditions)
    return {"Update": update}


def reservation_map(reservation: Reservation) -> dict[str, Value]:
    """Return what is noted on the run."""
    known: dict[str, Value] = {
        "tokens": reservation.amount.tokens,
        "nano_dollars": reservation.amount.nano_dollars,
        "day": reservation.day,
        "in_conversation": reservation.in_conversation,
    }
    return known | ({"user_id": reservation.user_id} if reservation.user_id is not None else {})


def from_item(item: Item) -> Reservation | None:
    """Return what is noted on a run, if anything is."""
    known = nested(item, "reserved")
    if known is None:
        return None
    user_id = optional_text(known, "user_id")
    return Reservation(
        amount=Amount(number(known, "tokens"), number(known, "nano_dollars")),
        day=number(known, "day"),
        user_id=UserId(user_id) if user_id is not None else None,
        in_conversation=flag(known, "in_conversation"),
    )
