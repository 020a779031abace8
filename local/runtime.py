"""Lambda's runtime: real ``awslambdaric`` processes behind a Runtime API of ours.

Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

import asyncio
import json
import os
import signal
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from local.emulator import die_with_parent
from local.stack import ACCOUNT, REGION, Function

API = "/2018-06-01/runtime"
INIT_SECONDS = 30
END_SECONDS = 2


class FunctionError(Exception):
    """The function failed. ``answer``: what Lambda returns: errorMessage, errorType."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        """Args: answer: Lambda's own words."""
        super().__init__(answer.get("errorMessage", "failed"))
        self.answer = answer


@dataclass(frozen=True, slots=True)
class Place:
    """What surrounds every worker: endpoints and credentials, and where its packages lie."""

    root: Path
    logs: Path
    variables: Mapping[str, str]
    say: Callable[[str], None]

    def python_path(self, function: Function) -> list[str]:
        """Return the function's import path: its code, our layer's source, the layer's wheels."""
        sources = [str(each / "python") for each in function.layers if (each / "python").is_dir()]
        built = [str(self.root / ".build" / name) for name in ("layer", "layer/python", "runtime")]
        return [str(function.code), *sources, *(each for each in built if Path(each).is_dir())]


@dataclass(slots=True)
class Invocation:
    """One event on its way through a worker."""

    payload: bytes
    deadline_ms: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    answer: "asyncio.Future[bytes]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


@dataclass(slots=True, eq=False)
class Worker:
    """One execution environment: a process, and the Runtime API that it alone talks to."""

    function: Function
    place: Place
    stale: bool = False
    _process: asyncio.subprocess.Process | None = None
    _runner: web.ServerRunner | None = None
    _waiting: "asyncio.Queue[Invocation]" = field(default_factory=asyncio.Queue)
    _current: Invocation | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)
    _watcher: "asyncio.Task[None] | None" = None

    async def start(self) -> None:
        """Start the process and wait until it asks for its first event.

        Raises: FunctionError when the code cannot be imported.
        """
        server = web.Server(self._serve)
        self._runner = web.ServerRunner(server)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        port = self._runner.addresses[0][1]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "awslambdaric",
            self.function.handler,
            cwd=self.function.code,
            env=self._environment(port),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            limit=2**20,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),
            start_new_session=True,
        )
        self._watcher = asyncio.create_task(self._watch(self._process))
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait({ready, self._watcher}, timeout=INIT_SECONDS, return_when="FIRST_COMPLETED")
        if not self._ready.is_set():
            ready.cancel()
            await self.stop()
            raise FunctionError({"errorMessage": "the function could not start"})

    def _environment(self, port: int) -> dict[str, str]:
        function = self.function
        return {
            **function.environment,
            **self.place.variables,
            "PATH": os.environ.get("PATH", ""),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "PYTHONPATH": os.pathsep.join(self.place.python_path(function)),
            "PYTHONUNBUFFERED": "1",
            "LAMBDA_TASK_ROOT": str(function.code),
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_megabytes),
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "_HANDLER": function.handler,
        }

    async def invoke(self, payload: bytes) -> bytes:
        """Return the function's answer.

        Raises: FunctionError when it raises, crashes, or takes longer than its timeout.
        """
        seconds = self.function.timeout_seconds
        invocation = Invocation(payload, round((time.time() + seconds) * 1_000))
        self._current = invocation
        self._waiting.put_nowait(invocation)
        try:
            async with asyncio.timeout(seconds):
                return await invocation.answer
        except TimeoutError:
            self.kill()
            message = f"Task timed out after {seconds} seconds"
            raise FunctionError({"errorMessage": message, "errorType": "Sandbox.Timedout"}) from None
        finally:
            self._current = None

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.removeprefix(API)
        if path == "/invocation/next":
            return await self._next()
        body = await request.read()
        if path == "/init/error":
            self.place.say(f"{self.function.name}: cannot start: {_said(body)}")
        elif self._current is not None and not self._current.answer.done():
            if path.endswith("/response"):
                self._current.answer.set_result(body)
            else:
                self._current.answer.set_exception(FunctionError(_answer(body)))
        return web.Response(status=202)

    async def _next(self) -> web.StreamResponse:
        self._ready.set()
        invocation = await self._waiting.get()
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function.name}"
        return web.Response(
            body=invocation.payload,
            content_type="application/json",
            headers={
                "Lambda-Runtime-Aws-Request-Id": invocation.id,
                "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
                "Lambda-Runtime-Invoked-Function-Arn": arn,
                "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
            },
        )

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Keep what the process prints; when it ends, so does what it was doing."""
        assert process.stdout is not None
        with (self.place.logs / f"{self.function.name}.log").open("ab") as log:
            while line := await process.stdout.readline():
                log.write(line)
                log.flush()
                self._pass_on(line)
        await process.wait()
        if self._current is not None and not self._current.answer.done():
            error = {"errorMessage": "the function's process ended", "errorType": "Runtime.ExitError"}
            self._current.answer.set_exception(FunctionError(error))

    def _pass_on(self, line: bytes) -> None:
        """Show errors and warnings on the console, one line each."""
        entry = _answer(line)
        level = entry.get("level") or entry.get("log_level")
        if level in {"ERROR", "CRITICAL", "WARNING"}:
            about = entry.get("error") or entry.get("reason") or entry.get("errorMessage") or ""
            message = entry.get("message") or ""
            self.place.say(f"{self.function.name}: {level}: {message} {about}".rstrip())

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process is not None and self._process.returncode is None

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self) -> None:
        """End the process and its Runtime API."""
        self.kill()
        if self._watcher is not None:
            await self._watcher
        if self._runner is not None:
            await self._runner.cleanup()


def _answer(body: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        parsed = json.loads(body)
        if isinstance(parsed, dict):
            return parsed
    return {}


def _said(body: bytes) -> str:
    return str(_answer(body).get("errorMessage", "no reason given"))


@dataclass(slots=True)
class Pool:
    """A function's workers: as many as there are events at once, up to ``most``."""

    function: Function
    place: Place
    most: int
    _idle: list[Worker] = field(default_factory=list)
    _all: set[Worker] = field(default_factory=set)
    _free: asyncio.Condition = field(default_factory=asyncio.Condition)
    _starting: int = 0

    async def warm(self) -> None:
        """Have one worker ready."""
        await self._release(await self._acquire())

    async def invoke(self, event: object) -> Any:  # noqa: ANN401 - functions answer anything
        """Return the function's answer to an event.

        Raises: FunctionError.
        """
        payload = json.dumps(event, separators=(",", ":")).encode()
        worker = await self._acquire()
        try:
            answer = await worker.invoke(payload)
        except FunctionError as error:
            self.place.say(f"{self.function.name}: failed: {error.answer.get('errorType', '')}")
            raise
        finally:
            await self._release(worker)
        return json.loads(answer) if answer else None

    async def _acquire(self) -> Worker:
        async with self._free:
            while True:
                while self._idle:
                    worker = self._idle.pop()
                    if worker.alive and not worker.stale:
                        return worker
                    self._discard(worker)
                if len(self._all) + self._starting < self.most:
                    self._starting += 1
                    break
                await self._free.wait()
        return await self._start()

    async def _start(self) -> Worker:
        worker = Worker(self.function, self.place)
        started = time.perf_counter()
        try:
            await worker.start()
            self._all.add(worker)
            took_ms = (time.perf_counter() - started) * 1_000
            self.place.say(f"{self.function.name}: started in {took_ms:.0f} ms")
            return worker
        finally:
            async with self._free:
                self._starting -= 1
                self._free.notify()

    async def _release(self, worker: Worker) -> None:
        async with self._free:
            if worker.alive and not worker.stale:
                self._idle.append(worker)
            else:
                self._discard(worker)
            self._free.notify()

    def _discard(self, worker: Worker) -> None:
        self._all.discard(worker)
        worker.kill()
        _background(worker.stop())

    def retire(self) -> None:
        """Replace all workers: idle ones now, busy ones when they are done."""
        for worker in self._all:
            worker.stale = True
        while self._idle:
            self._discard(self._idle.pop())

    async def stop(self) -> None:
        """End all workers."""
        workers, self._all = list(self._all), set()
        await asyncio.gather(*(worker.stop() for worker in workers))


_tasks: set["asyncio.Task[None]"] = set()


def _background(work: Any) -> None:  # noqa: ANN401 - any coroutine
    task = asyncio.ensure_future(work)
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
