"""One execution environment of Lambda: ``awslambdaric`` in a process, and its Runtime API.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from local.emulator import dying_with_parent
from local.invocation import Invocation
from local.model import ACCOUNT, REGION, Function
from local.place import Place

API = "/2018-06-01/runtime"
INIT_SECONDS = 30
LONGEST_LINE_BYTES = 2**20
LARGEST_ANSWER_BYTES = 6_291_556
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""
TOO_LARGE = (
    f"Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER_BYTES} bytes)."
)
UNREMARKABLE = "Unauthorized"
"""What an authorizer raises to refuse somebody: an answer, not a fault."""


@dataclass(slots=True, eq=False)
class Worker:
    """One process. ``on_idle`` is called when it asks for an event, ``on_end`` when it is gone."""

    function: Function
    place: Place
    on_idle: Callable[["Worker"], None]
    on_end: Callable[["Worker"], None]
    stale: bool = False
    last_used: float = field(default_factory=time.monotonic)
    failure: str = ""
    _process: asyncio.subprocess.Process | None = None
    _runner: web.ServerRunner | None = None
    _asked: "asyncio.Future[Invocation] | None" = None
    _current: Invocation | None = None
    _timer: asyncio.TimerHandle | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _watcher: "asyncio.Task[None] | None" = None
    _is_stopped: bool = False

    async def start(self) -> bool:
        """Start the process; return whether it came as far as asking for its first event."""
        server = web.Server(self._serve, access_log=None, request_factory=_request)
        self._runner = web.ServerRunner(server, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._process = await self._spawn(self._runner.addresses[0][1])
        if self._is_stopped:
            self.kill()
        self._watcher = asyncio.create_task(self._watch(self._process))
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait(
            {ready, self._watcher}, timeout=INIT_SECONDS, return_when="FIRST_COMPLETED"
        )
        if self._ready.is_set():
            return True
        ready.cancel()
        self.failure = self.failure or "its code does not load"
        await self.stop()
        return False

    async def _spawn(self, port: int) -> asyncio.subprocess.Process:
        isolation = ["-S"] if self.place.is_isolated() else []
        return await asyncio.create_subprocess_exec(
            sys.executable,
            *isolation,
            "-m",
            "awslambdaric",
            self.place.handler(self.function),
            cwd=self.function.code,
            env=self._environment(port),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=LONGEST_LINE_BYTES,
            preexec_fn=dying_with_parent(signal.SIGKILL),
            start_new_session=True,
        )

    def _environment(self, port: int) -> dict[str, str]:
        """Return the whole environment: the template's, Lambda's and the endpoints'. No other."""
        function = self.function
        logging = {
            "AWS_LAMBDA_LOG_FORMAT": "JSON",
            "AWS_LAMBDA_LOG_LEVEL": function.log_level,
        }
        return {
            **function.environment,
            **self.place.variables,
            **(logging if function.log_level else {}),
            **self.place.timing(function),
            "PATH": os.environ.get("PATH", os.defpath),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": os.pathsep.join(self.place.python_path(function)),
            "PYTHONUNBUFFERED": "1",
            "LAMBDA_TASK_ROOT": str(function.code),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "_HANDLER": self.place.handler(function),
        }

    def run(self, invocation: Invocation) -> None:
        """Hand an event to the process, which must be idle."""
        assert self._asked is not None
        assert self._current is None
        self._current = invocation
        self._timer = asyncio.get_running_loop().call_later(
            self.function.timeout_seconds, self._time_out, invocation
        )
        self._asked.set_result(invocation)
        self._asked = None

    def _time_out(self, invocation: Invocation) -> None:
        seconds = self.function.timeout_seconds
        message = f"RequestId: {invocation.id} Error: Task timed out after {seconds:.2f} seconds"
        invocation.fail("Sandbox.Timedout", message)
        self.place.say(f"{self.function.name}: ended: longer than its {seconds} s")
        self.kill()

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.removeprefix(API)
        if path == "/invocation/next":
            return await self._next()
        body = await request.read()
        if path == "/init/error":
            self.failure = str(_object(body).get("errorMessage", "no reason given"))
        else:
            _, _, invocation_id, outcome = path.split("/", 3)
            self._finish(invocation_id, outcome, body)
        return web.Response(status=202)

    def _finish(self, invocation_id: str, outcome: str, body: bytes) -> None:
        invocation = self._current
        if invocation is None or invocation.id != invocation_id:
            return
        self._settle()
        if outcome == "response" and len(body) <= LARGEST_ANSWER_BYTES:
            invocation.succeed(body)
            return
        if outcome == "response":
            self.place.say(f"{self.function.name}: failed: its answer is too large")
            invocation.fail("Function.ResponseSizeTooLarge", TOO_LARGE)
            return
        words = _object(body)
        kind, message = str(words.get("errorType", "")), str(words.get("errorMessage", ""))
        if message != UNREMARKABLE:
            self.place.say(f"{self.function.name}: failed: {kind or 'Error'}")
        more = {
            key: each for key, each in words.items() if key not in ("errorType", "errorMessage")
        }
        invocation.fail(kind, message, **more)

    def _settle(self) -> None:
        self._current = None
        self.last_used = time.monotonic()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _next(self) -> web.StreamResponse:
        if self._is_stopped:  # its process has asked before it was killed, and nobody reads this
            return web.Response(status=410)
        self._asked = asyncio.get_running_loop().create_future()
        asked = self._asked
        if self._ready.is_set():
            self.on_idle(self)
        self._ready.set()
        invocation = await asked
        deadline_ms = time.time_ns() // 1_000_000 + self.function.timeout_seconds * 1_000
        return web.Response(
            body=invocation.payload,
            content_type="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Deadline-Ms": str(deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": (
                    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function.name}"
                ),
                "Lambda-Runtime-Trace-Id": f"{invocation.trace};Sampled=0",
            },
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Keep what the process prints; when it ends, so does what it was doing."""
        assert process.stdout is not None
        with (self.place.logs / f"{self.function.name}.log").open("ab") as log:
            async for line in _lines(process.stdout):
                log.write(line)
                log.flush()
                self._pass_on(line)
        status = await process.wait()
        if (invocation := self._current) is not None:
            self._settle()
            if not invocation.answer.done() and not self._is_stopped:
                self.place.say(f"{self.function.name}: its process ended, status {status}")
            message = (
                f"RequestId: {invocation.id} Error: Runtime exited with error: exit status {status}"
            )
            invocation.fail("Runtime.ExitError", message)
        self.on_end(self)

    def _pass_on(self, line: bytes) -> None:
        """Show errors and warnings on the console, one line each."""
        entry = _object(line)
        level = entry.get("level") or entry.get("log_level")
        # With a stack trace it is the runtime's own word on a failure that is shown anyway.
        if level in {"ERROR", "CRITICAL", "WARNING"} and "stackTrace" not in entry:
            about = entry.get("error") or entry.get("reason") or ""
            said = " ".join(f"{entry.get('message') or ''} {about}".split())
            self.place.say(f"{self.function.name}: {level}: {said}")

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def idle(self) -> bool:
        """Whether the process waits for an event."""
        return self._asked is not None and self._current is None

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """End the process and its Runtime API."""
        self._is_stopped = True
        self.kill()
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        if self._watcher is not None:
            await self._watcher
        # It waits for every request that is being answered, however long that takes.
        if self._runner is not None:
            await self._runner.cleanup()


def _request(
    message: Any, payload: Any, protocol: Any, writer: Any, task: "asyncio.Task[None]"
) -> web.BaseRequest:
    """Return a request that may be as large as an answer: by itself aiohttp takes 1 MB."""
    loop, largest = asyncio.get_running_loop(), 2 * LARGEST_ANSWER_BYTES
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=largest)


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield lines; one that is too long comes in pieces."""
    while True:
        try:
            line = await stream.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            if error.partial:
                yield error.partial
            return
        except asyncio.LimitOverrunError as error:
            line = await stream.readexactly(error.consumed)
        yield line


def _object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; an empty one where there is none."""
    with suppress(ValueError):
        parsed = json.loads(body)
        if isinstance(parsed, dict):
            return parsed
    return {}
