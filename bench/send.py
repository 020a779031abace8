"""One ``send`` with two listeners: its calls, its units, and its own time."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from bench.meter import Meter
from bench.report import Row, percentile, spread
from bench.room import Room
from bench.stage import Stage, in_process, stage
from bench.stub import posts_at

MAX_CALLS, MAX_WRITE_UNITS, MAX_READ_UNITS = 5, 2, 6
MAX_OWN_MS = 10
WARM, TIMED = 200, 2_000


def metered(set_up: Stage, room: Room) -> Meter:
    """Count one uncontended ``send``; the room must be new, and this process a function's."""
    from wireside.bootstrap import store
    from wireside.entrypoints.websocket import message

    table_client = store().table.client
    head = room.head()
    message(room.message("ana", head + 1), None)  # makes what a process makes once

    meter = Meter(looking(set_up))
    meter.watch(table_client.meta.events)
    with meter.running():
        message(room.message("ana", head + 2), None)
    assert room.head() == head + 2, "the message was not stored"
    return meter


def looking(set_up: Stage) -> Callable[[Mapping[str, Any]], Any]:
    """Return what reads items by a client of its own."""
    own = set_up.client("dynamodb")

    def look(arguments: Mapping[str, Any]) -> Any:
        found = own.get_item(
            TableName=arguments["TableName"], Key=arguments["Key"], ConsistentRead=True
        )
        return found.get("Item", {})

    return look


@dataclass(slots=True)
class Replay:
    """AWS at 0 ms: gives a client the answers that one real ``send`` had, again and again."""

    answers: deque[tuple[str, Any]] = field(default_factory=deque)

    @contextmanager
    def recording(self, client: Any) -> Iterator[None]:
        """Keep what each call is answered inside this block."""
        client.meta.events.register("before-parse.dynamodb.*", self._keep, unique_id="record")
        try:
            yield
        finally:
            client.meta.events.unregister("before-parse.dynamodb.*", unique_id="record")

    def _keep(self, operation_model: Any, response_dict: Mapping[str, Any], **_more: Any) -> None:
        self.answers.append((operation_model.name, response_dict))

    @contextmanager
    def instead(self, client: Any) -> Iterator[None]:
        """Answer from what was kept inside this block."""
        client.meta.events.register("before-send.dynamodb.*", self._answer, unique_id="replay")
        try:
            yield
        finally:
            client.meta.events.unregister("before-send.dynamodb.*", unique_id="replay")

    def _answer(self, request: Any, **_more: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        expected, kept = self.answers[0]
        assert operation == expected, f"{operation} where {expected} was recorded"
        self.answers.rotate(-1)
        response: Any = AWSResponse(request.url, kept["status_code"], kept["headers"], None)
        response._content = kept["body"]  # noqa: SLF001 - else it reads from a socket
        return response


def own_times_ms(room: Room, number: int) -> list[float]:
    """Time ``send`` after ``send`` with DynamoDB at 0 ms and the posts over loopback."""
    from wireside.bootstrap import store
    from wireside.entrypoints.websocket import message

    client, replay = store().table.client, Replay()
    with replay.recording(client):
        message(room.message("ana", number), None)
    event, times = room.message("ana", number, client_id="again"), []
    with replay.instead(client):
        for turn in range(WARM + TIMED):
            started = time.perf_counter()
            message(event, None)
            if turn >= WARM:
                times.append((time.perf_counter() - started) * 1_000)
    return times


def rows() -> Iterator[Row]:
    """Measure."""
    with stage() as set_up, in_process(set_up):
        room = Room(set_up)
        room.enter("ana", "ben", "cleo")
        meter = metered(set_up, room)
        calls = ", ".join(f"{name.partition('.')[2]} {n}" for name, n in meter.calls.items())
        yield Row(
            f"calls ({calls})",
            str(meter.dynamodb_calls),
            f"<= {MAX_CALLS}",
            meter.dynamodb_calls <= MAX_CALLS,
        )
        yield Row(
            "write units",
            f"{meter.write_units:g}",
            f"<= {MAX_WRITE_UNITS}",
            meter.write_units <= MAX_WRITE_UNITS,
        )
        yield Row(
            "read units",
            f"{meter.read_units:g}",
            f"<= {MAX_READ_UNITS}",
            meter.read_units <= MAX_READ_UNITS,
        )
        posts = posts_at(set_up.management)
        times = own_times_ms(room, room.head() + 1)
        posted = posts_at(set_up.management) - posts
        assert posted == 3 * (WARM + TIMED + 1), f"{posted} posts"
        yield Row(
            f"own time, warm, p50/p95/p99 of {TIMED}",
            spread(times),
            f"p99 <= {MAX_OWN_MS} ms",
            percentile(times, 99) <= MAX_OWN_MS,
        )
