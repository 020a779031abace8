"""The time that Wireside adds to a provider's first piece, until it is posted to the listener."""

import os
import time
from collections.abc import Iterator

from bench.model import Model
from bench.report import Row, percentile, spread
from bench.room import Room
from bench.stage import in_process, stage

TURNS = 40
TOKENS, EVERY_MS = 5, 5
MAX_ADDED_MS = 25


def rows() -> Iterator[Row]:
    """Measure turn after turn of one person, the worker warm."""
    model = Model(TOKENS, EVERY_MS)
    with stage() as set_up, in_process(set_up, "ReplyFunction"), model.serving():
        os.environ.update(model.environment())
        room = Room(set_up)
        room.enter("ana", policy="always")
        written = []
        for _ in range(TURNS + 1):
            seq = room.head() + 1
            written.append(time.perf_counter())
            room.send("ana", seq)
            room.answer("assistant:model", seq)
    assert len(model.asked) == len(model.sent) == len(model.heard) == TURNS + 1
    added = [(heard - sent) * 1_000 for heard, sent in zip(model.heard, model.sent, strict=True)]
    before = [(asked - at) * 1_000 for asked, at in zip(model.asked, written, strict=True)]
    yield Row(
        f"provider's first piece to its post, p50/p95/p99 of {TURNS}",
        spread(added[1:]),
        f"p99 <= {MAX_ADDED_MS} ms",
        percentile(added[1:], 99) <= MAX_ADDED_MS,
    )
    yield Row("beside it: message to question, the 100 ms window in it", spread(before[1:]))
