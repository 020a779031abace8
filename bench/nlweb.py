"""What Wireside adds to a call of NLWeb's ``/ask``: to the whole, to each chunk, to the first.

Direct calls and answers through Wireside take turns against the same site. A direct call lasts from
its request to the last chunk; an answer from the job's arrival at the worker to the post of the
whole answer. The input window is over by then, and the queue is not in it: both stand beside.
"""

import asyncio
import os
import secrets
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import aiohttp

from bench.report import Row, median, percentile, spread
from bench.room import Room
from bench.site import Call, Site
from bench.stage import Stage, in_process, stage
from wireside.domain.runs import MIN_DELTA_INTERVAL_MS, WINDOW_ALONE_MS, WINDOW_SEVERAL_MS

TURNS = 15
MODES = ("list", "summarize")
QUESTION = "Good evening, everybody: is there still some of that soup?"
MAX_ADDED_PERCENT = 5


@dataclass(slots=True)
class Table:
    """The store's calls, each with its beginning and its end in seconds."""

    calls: list[tuple[float, float]] = field(default_factory=list)
    _begun: float = 0.0

    def watch(self) -> "Table":
        """Listen to the client of this process's function."""
        from wireside.bootstrap import store

        events = store().table.client.meta.events
        events.register("before-call.dynamodb", self._begin)
        events.register("after-call.dynamodb", self._end)
        return self

    def within(self, begun: float, ended: float) -> list[float]:
        """Return how long each call took, in milliseconds, that was made between these."""
        calls = [each for each in self.calls if begun <= each[0] and each[1] <= ended]
        return [(until - since) * 1_000 for since, until in calls]

    def _begin(self, **_call: object) -> None:
        self._begun = time.perf_counter()

    def _end(self, **_call: object) -> None:
        self.calls.append((self._begun, time.perf_counter()))


@dataclass(frozen=True, slots=True)
class Timed:
    """One call, in milliseconds: the whole, and for each chunk, by what it says, two times.

    ``came`` is when it came, ``ways`` how long it took from the site. ``question`` is when the
    site was asked, and ``rest`` what came after its last chunk; ``calls`` are the table's in both.
    """

    whole: float
    came: Mapping[str, float]
    ways: Mapping[str, float]
    question: float
    rest: float
    calls: Sequence[float] = ()


def rows() -> Iterator[Row]:
    """Measure call after call of one person, worker and connections warm."""
    site = Site()
    with stage() as set_up, in_process(set_up, "ReplyFunction"), site.serving():
        os.environ.update(site.environment(MODES))
        rooms = {mode: Room(set_up) for mode in MODES}
        for mode, room in rooms.items():
            room.enter(mode, policy="always")
        for mode, room in rooms.items():
            direct, through = asyncio.run(_directly(site, mode)), _through(site, room, mode)
            yield from _compared(mode, direct[1:], through[1:])
        yield from _beside(set_up)


async def _directly(site: Site, mode: str) -> list[Timed]:
    """Ask the site itself, over a connection that is kept."""
    asked = {"query": QUESTION, "streaming": "true", "generate_mode": mode}
    async with aiohttp.ClientSession() as session:
        return [await _one(session, site, asked) for _ in range(TURNS + 1)]


async def _one(session: aiohttp.ClientSession, site: Site, asked: dict[str, str]) -> Timed:
    begun, heard = time.perf_counter(), dict[str, float]()
    async with session.get(f"{site.address}/ask", params=asked) as response:
        call = site.calls[-1]
        async for chunk in _chunks(response):
            at = time.perf_counter()
            heard |= {
                each: at for each in call.sent if each.encode() in chunk and each not in heard
            }
        ended = time.perf_counter()
    return _timed(call, begun, heard, ended)


async def _chunks(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    while chunk := await response.content.readany():
        yield chunk


def _through(site: Site, room: Room, mode: str) -> list[Timed]:
    """Ask through Wireside. The worker gets its job when the window is over."""
    timed, table = [], Table().watch()
    for _ in range(TURNS + 1):
        seq = room.head() + 1
        room.send(mode, seq, mentions=[f"assistant:{mode}"])
        time.sleep(WINDOW_ALONE_MS / 1_000)
        record = room.job(seq, f"assistant:{mode}")
        begun = time.perf_counter()
        room.work(record)
        call = site.calls[-1]
        calls = table.within(begun, call.asked)
        calls += table.within(max(call.sent.values()), call.settled)
        timed.append(replace(_timed(call, begun, call.heard, call.settled), calls=calls))
    return timed


def _timed(call: Call, begun: float, heard: Mapping[str, float], ended: float) -> Timed:
    """Return a call in milliseconds. Results that are not told as text come with the whole."""
    return Timed(
        whole=(ended - begun) * 1_000,
        came={each: (at - begun) * 1_000 for each, at in heard.items()},
        ways={each: (at - call.sent[each]) * 1_000 for each, at in heard.items()},
        question=(call.asked - begun) * 1_000,
        rest=(ended - max(call.sent.values())) * 1_000,
    )


def _compared(mode: str, direct: Sequence[Timed], through: Sequence[Timed]) -> Iterator[Row]:
    """Yield rows; what is added is counted from the direct calls' median."""
    usual = median([each.whole for each in direct])
    added = [each.whole - usual for each in through]
    percent = median(added) / usual * 100
    yield Row(f"{mode}: a direct call, p50/p95/p99 of {TURNS}", spread([e.whole for e in direct]))
    yield Row(
        f"{mode}: added to it, until the whole answer is posted",
        f"{spread(added)}, {percent:.1f} %",
        f"p50 <= {MAX_ADDED_PERCENT} %",
        percent <= MAX_ADDED_PERCENT,
    )
    yield Row("  of it, from the job to the question", spread([e.question for e in through]))
    yield Row("  of it, from the last chunk to the answer", spread([e.rest for e in through]))
    count = median([len(each.calls) for each in through])
    yield Row(
        f"  of both, {count:.0f} calls of the table (ministack's here)",
        spread([sum(each.calls) for each in through]),
    )
    yield Row("  of both, all else", spread([e.question + e.rest - sum(e.calls) for e in through]))
    yield from _chunks_compared(mode, direct, through)


def _chunks_compared(mode: str, direct: Sequence[Timed], through: Sequence[Timed]) -> Iterator[Row]:
    for each in through[0].came:
        usual = median([call.came[each] for call in direct])
        added = [call.came[each] - usual for call in through]
        what = "the first chunk" if each == next(iter(through[0].came)) else each.strip("-")
        yield Row(f"{mode}: added to {what}", spread(added))
    ways = [
        f"{percentile([way for e in calls for way in e.ways.values()], 95):.1f} ms"
        for calls in (direct, through)
    ]
    yield Row(
        f"{mode}: a chunk's way from the site, directly / to its post",
        f"p95 {' / '.join(ways)}",
        f"text is gathered for {MIN_DELTA_INTERVAL_MS} ms",
    )


def _beside(set_up: Stage) -> Iterator[Row]:
    """Yield what comes before the job's arrival, and is not counted above."""
    yield Row(
        "beside it: the input window, alone / with several",
        f"{WINDOW_ALONE_MS} / {WINDOW_SEVERAL_MS} ms",
    )
    yield Row(
        "beside it: the queue's delivery (ministack's here)", spread(list(_delivered(set_up)))
    )


def _delivered(set_up: Stage) -> Iterator[float]:
    """Yield how long a message takes from being sent to a receiver who waits, in milliseconds."""
    queues = set_up.client("sqs")
    url = set_up.environment("ReplyFunction")["WIRESIDE_REPLY_QUEUE_URL"]
    queues.purge_queue(QueueUrl=url)
    for _ in range(TURNS):
        name, begun = secrets.token_hex(8), time.perf_counter()
        about = {"MessageGroupId": name, "MessageDeduplicationId": name}
        queues.send_message(QueueUrl=url, MessageBody="{}", **about)
        (message,) = queues.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
        yield (time.perf_counter() - begun) * 1_000
        queues.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
