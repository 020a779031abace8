"""What a month of chats costs, from the metered calls of one chat.

One person writes four messages and gets four answers. Every call to AWS is counted, every function
is timed, both here on ministack: real calls take a few milliseconds more or less. Prices are those
of us-east-1 without free tiers; logs, traces and the model itself are not in it.

Sources:
https://aws.amazon.com/api-gateway/pricing/
https://aws.amazon.com/lambda/pricing/
https://aws.amazon.com/dynamodb/pricing/on-demand/
https://aws.amazon.com/sqs/pricing/
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.meter import Meter
from bench.model import Model
from bench.report import Row
from bench.room import Room
from bench.send import looking
from bench.stage import Stage, in_process, stage

CHATS, ANSWERS, TOKENS, TOKENS_PER_SECOND = 35_000, 4, 300, 50
CONNECTED_MINUTES = 5
"""How long the person stays connected; a ping every 30 s."""
PINGS = CONNECTED_MINUTES * 2
MAX_DOLLARS = 12
RIVAL_DOLLARS = 109.50
"""A hosted rival's published figure for the same chats."""
MILLION = 1_000_000

PER_MESSAGE = 1.00 / MILLION
PER_CONNECTION_MINUTE = 0.25 / MILLION
PER_WRITE_UNIT = 0.625 / MILLION
PER_READ_UNIT = 0.125 / MILLION
PER_QUEUE_REQUEST = 0.50 / MILLION
PER_INVOCATION = 0.20 / MILLION
PER_GIGABYTE_SECOND = 0.0000133334


@dataclass(slots=True)
class Bill:
    """What one chat uses. Times are in seconds, by function."""

    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    invocations: Counter[str] = field(default_factory=Counter)
    frames: int = 0

    def timed(self, function: str, handler: Callable[..., Any], event: Any) -> Any:
        """Call a handler as Lambda would."""
        started = time.perf_counter()
        answer = handler(event, None)
        self.seconds[function] += time.perf_counter() - started
        self.invocations[function] += 1
        return answer


def chat(room: Room, bill: Bill) -> None:
    """Let a chat happen."""
    from wireside.entrypoints.queue import reply
    from wireside.entrypoints.stream import outbox
    from wireside.entrypoints.websocket import message

    for _ in range(ANSWERS):
        seq = room.head() + 1
        bill.timed("MessageFunction", message, room.message("ana", seq))
        bill.timed("OutboxFunction", outbox, room.records(seq))
        told = bill.timed("ReplyFunction", reply, {"Records": [room.job(seq, "assistant:model")]})
        assert told == {"batchItemFailures": []}, told
        bill.timed("OutboxFunction", outbox, room.records(seq + 1))
    for _ in range(PINGS):
        bill.timed("MessageFunction", message, room.event("ana", "ping", '{"action": "ping"}'))
    bill.frames = ANSWERS + PINGS


def dollars(set_up: Stage, bill: Bill, meter: Meter, posts: int) -> Mapping[str, float]:
    """Return what one chat costs, by service."""
    memory = {name: each.memory_megabytes / 1_024 for name, each in set_up.stack.functions.items()}
    queued = sum(count for name, count in meter.calls.items() if name.startswith("sqs"))
    # Lambda's poller receives and deletes each job; what is sent twice is dropped by its id.
    queued += 2 * ANSWERS
    return {
        "API Gateway, messages": (bill.frames + posts) * PER_MESSAGE,
        "API Gateway, connection": CONNECTED_MINUTES * PER_CONNECTION_MINUTE,
        "Lambda, reply": _run(bill, "ReplyFunction", memory),
        "Lambda, the others": sum(
            _run(bill, name, memory) for name in ("MessageFunction", "OutboxFunction")
        ),
        "DynamoDB": meter.write_units * PER_WRITE_UNIT + meter.read_units * PER_READ_UNIT,
        "SQS": queued * PER_QUEUE_REQUEST,
    }


def _run(bill: Bill, function: str, memory: Mapping[str, float]) -> float:
    seconds = bill.seconds[function] * memory[function]
    return seconds * PER_GIGABYTE_SECOND + bill.invocations[function] * PER_INVOCATION


def rows() -> Iterator[Row]:
    """Meter one chat."""
    model = Model(TOKENS, 1_000 / TOKENS_PER_SECOND)
    with stage() as set_up, in_process(set_up, "ReplyFunction"), model.serving():
        os.environ.update(model.environment())
        from wireside.adapters.aws.clients import session

        meter, bill = Meter(looking(set_up)), Bill()
        meter.watch(session())
        room = Room(set_up)
        room.enter("ana", policy="always")
        posts = model.posts
        with meter.running():
            chat(room, bill)
        posts = model.posts - posts
    assert len(model.asked) == ANSWERS
    yield Row("a chat: frames in, posts out", f"{bill.frames}, {posts}")
    yield Row(
        "  DynamoDB calls, write units, read units",
        f"{meter.dynamodb_calls}, {meter.write_units:g}, {meter.read_units:g}",
    )
    reply = set_up.stack.functions["ReplyFunction"].memory_megabytes
    yield Row(f"  seconds of reply, at {reply} MB", f"{bill.seconds['ReplyFunction']:.1f} s")
    costs = dollars(set_up, bill, meter, posts)
    for name, each in costs.items():
        yield Row(f"a month, {name}", f"${each * CHATS:.2f}")
    month = sum(costs.values()) * CHATS
    yield Row("a month, all of it", f"${month:.2f}", f"<= ${MAX_DOLLARS}", month <= MAX_DOLLARS)
    yield Row("  a hosted rival's published figure", f"${RIVAL_DOLLARS:.2f}")
