"""Everything that functions call, at one address: where calls are counted, and where they fail.

Calls of DynamoDB, SQS and Parameter Store go on to ministack; the gateway's connections and the
assistants' model are here. Whoever calls, through botocore or a client of our own, comes by, so
no client can have calls that the harness does not see.
"""

import asyncio
import json
import os
import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any
from urllib.parse import unquote

from tests.crash.relay import Answer, Request, Upstream, response, serve
from tests.openai_server import DONE, USAGE, calls, chunk

STAGE = "live"
FUNCTIONS = "/2015-03-31/functions/"
CONNECTIONS = f"/{STAGE}/%40connections/"
MODEL = "/model/chat/completions"
MODEL_SAYS = ("Good evening. ", "There is soup.")
SERVICES = {"DynamoDB_20120810": "dynamodb", "AmazonSQS": "sqs", "AmazonSSM": "ssm"}
QUIET_SECONDS = 30


class Mode(Enum):
    """What becomes of one call."""

    BEFORE = "the process dies before it"
    AFTER = "the process dies after it"
    LOST = "its answer is lost, and those of the SDK's other tries"
    LOST_ONCE = "its answer is lost, the SDK's next try is answered"
    REFUSED = "the service throttles it, and the SDK's other tries"


@dataclass(frozen=True, slots=True)
class Call:
    """The ``number``-th call of a name, such as ``dynamodb:PutItem``, since it was counted."""

    name: str
    number: int

    def __str__(self) -> str:
        return f"{self.name} #{self.number}"


@dataclass(slots=True)
class Trap:
    """One call that is to fail. It is over with the invocation that it sprang in."""

    call: Call
    mode: Mode
    has_sprung: bool = False
    is_over: bool = False


@dataclass(slots=True)
class Watch:
    """The calls of one function, in all its invocations, and what is to fail in them."""

    function: str
    trap: Trap | None = None
    calls: list[Call] = field(default_factory=list)
    _counted: Counter[str] = field(default_factory=Counter)
    _tries: dict[str, Call] = field(default_factory=dict)

    def call(self, name: str, identity: str) -> Call:
        """Return which call this is. Another try of it is the same one."""
        if identity not in self._tries:
            self._counted[name] += 1
            self._tries[identity] = Call(name, self._counted[name])
            self.calls.append(self._tries[identity])
        return self._tries[identity]

    def end_invocation(self) -> None:
        """Note that whatever comes now is another invocation's."""
        self._tries.clear()
        if self.trap is not None:
            self.trap.is_over = self.trap.has_sprung


@dataclass(slots=True)
class Cloud:
    """The one address. ``start`` it, ``close`` it; the rest may be used from any thread.

    ``frames`` is what each connection was sent; ``gone`` are those that are closed; ``called`` is
    with what a function was called asynchronously.
    """

    behind: Upstream
    url: str = ""
    frames: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    gone: set[str] = field(default_factory=set)
    called: list[dict[str, Any]] = field(default_factory=list)
    model_fails: bool = False
    visibility_seconds: dict[str, int] = field(default_factory=dict)
    watch: Watch | None = None
    _at_work: tuple[str, int] = ("", 0)
    _busy: int = 0
    _quiet: threading.Condition = field(default_factory=threading.Condition)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread = field(init=False)
    _server: asyncio.Server = field(init=False)

    def start(self) -> None:
        """Listen on a free port of loopback."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    def close(self) -> None:
        """Stop listening."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve(self._serve, reader, writer)

        self._server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _stop(self) -> None:
        self._server.close()
        self._server.close_clients()
        self.behind.close()
        await asyncio.sleep(0)

    def begin(self, function: str, pid: int) -> None:
        """Note which process is at work from now on."""
        self._at_work = function, pid

    def end(self) -> None:
        """Note that it answered or died.

        What a dead process asked for takes effect, though nobody hears of it.
        """
        with self._quiet:
            assert self._quiet.wait_for(lambda: not self._busy, QUIET_SECONDS)
        if self.watch is not None:
            self.watch.end_invocation()

    async def _serve(self, request: Request) -> Answer:
        with self._quiet:
            self._busy += 1
        try:
            return await self._fail_or_answer(request)
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    async def _fail_or_answer(self, request: Request) -> Answer:
        function, _ = self._at_work
        if self.watch is None or self.watch.function != function:
            return await self._answer(request)
        call = self.watch.call(_name(request), _identity(request))
        trap = self.watch.trap
        if trap is None or trap.is_over or call != trap.call:
            return await self._answer(request)
        return await self._fail(trap, request)

    async def _fail(self, trap: Trap, request: Request) -> Answer:
        is_first, trap.has_sprung = not trap.has_sprung, True
        if trap.mode is Mode.REFUSED:
            return _refusal(trap.call.name)
        answer = None if trap.mode is Mode.BEFORE else await self._answer(request)
        if trap.mode in {Mode.BEFORE, Mode.AFTER}:
            os.kill(self._at_work[1], signal.SIGKILL)
        return answer if trap.mode is Mode.LOST_ONCE and not is_first else None

    async def _answer(self, request: Request) -> bytes:
        if request.path.startswith(CONNECTIONS):
            return self._manage(request)
        if request.path == MODEL:
            return self._speak(json.loads(request.body)["messages"])
        if request.path.startswith(FUNCTIONS):
            self.called.append(json.loads(request.body))
            return response(202)
        if request.headers["x-amz-target"].endswith(".ChangeMessageVisibility"):
            asked = json.loads(request.body)
            self.visibility_seconds[asked["ReceiptHandle"]] = asked["VisibilityTimeout"]
        return await self.behind.pass_on(request)

    def _manage(self, request: Request) -> bytes:
        connection_id = unquote(request.path.removeprefix(CONNECTIONS))
        if connection_id in self.gone:
            return response(410)
        if request.method == "DELETE":
            self.gone.add(connection_id)
            return response(204)
        self.frames[connection_id].append(json.loads(request.body))
        return response(200)

    def _speak(self, messages: Sequence[dict[str, Any]]) -> bytes:
        """Answer; who ends with ``please NAME`` has that tool called first."""
        if self.model_fails:
            return response(400, b"{}")
        word, _, tool = str(messages[-1]["content"]).rpartition(" ")
        said = [*map(chunk, MODEL_SAYS)]
        if messages[-1]["role"] == "user" and word.endswith("please"):
            said = [calls(tool, "{}")]
        said += [chunk(finish="stop"), USAGE, DONE]
        return response(200, b"".join(said), "text/event-stream")


def _name(request: Request) -> str:
    """Return the call's name, as its permission is called in roles where there is one."""
    if request.path.startswith(CONNECTIONS):
        return f"connections:{request.method}"
    if request.path == MODEL:
        return "model:answer"
    if request.path.startswith(FUNCTIONS):
        return "lambda:InvokeFunction"
    target, _, operation = request.headers["x-amz-target"].partition(".")
    return f"{SERVICES[target]}:{operation}"


def _identity(request: Request) -> str:
    """Return what all tries of one call have in common.

    botocore names its calls; the tries of a post of ours are the same frame to the same address.
    """
    named = request.headers.get("amz-sdk-invocation-id")
    return named or f"{request.method} {request.path} {hash(request.body)}"


THROTTLED = {
    "dynamodb": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "sqs": "com.amazonaws.sqs#RequestThrottled",
    "ssm": "com.amazon.coral.service#ThrottlingException",
}


def _refusal(name: str) -> bytes:
    kind = THROTTLED.get(name.partition(":")[0])
    if kind is None:
        return response(429, b"{}")
    refusal = json.dumps({"__type": kind, "message": "slow down"}).encode()
    return response(400, refusal, "application/x-amz-json-1.0")
