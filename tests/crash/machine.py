"""Where functions run: a process for each, which can be killed at any moment.

A killed process is the whole of a crash: no ``finally`` runs, no cache survives, nothing says
goodbye. To have a new one within milliseconds, one process imports everything once and forks.
``Machines`` is this side of it; ``python -m tests.crash.machine`` is the other.
"""

import asyncio
import gc
import json
import os
import runpy
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWER_SECONDS = 60
LARGEST_ORDER_BYTES = 2**16


class Crashed(Exception):
    """The process died before it answered."""


class Failed(Exception):
    """The handler raised; Lambda tells the caller no more than that."""


@dataclass(slots=True)
class Machine:
    """One process of one function."""

    function: str
    pid: int
    line: socket.socket
    answers: Any = field(init=False)
    is_alive: bool = True

    def __post_init__(self) -> None:
        self.line.settimeout(ANSWER_SECONDS)
        self.answers = self.line.makefile("rb")

    def invoke(self, event: Mapping[str, Any], now_ms: int) -> dict[str, Any]:
        """Return what the handler returned, and what time it is for it by then.

        Raises: Crashed.
        """
        try:
            self.line.sendall(json.dumps({"event": event, "now_ms": now_ms}).encode() + b"\n")
            answer = self.answers.readline()
        except ConnectionError:
            answer = b""
        if not answer:
            self._hang_up()
            raise Crashed(self.function)
        told: dict[str, Any] = json.loads(answer)
        return told

    def kill(self) -> None:
        """End it at once; it must be alive."""
        os.kill(self.pid, signal.SIGKILL)
        self._hang_up()

    def _hang_up(self) -> None:
        self.is_alive = False
        self.answers.close()
        self.line.close()


@dataclass(slots=True)
class Machines:
    """Makes machines. ``close`` it."""

    log: Path
    environment: Mapping[str, str]
    _control: socket.socket = field(init=False)
    _mother: "subprocess.Popen[bytes]" = field(init=False)

    def __post_init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with self.log.open("ab") as log:
            self._mother = subprocess.Popen(
                [sys.executable, "-m", "tests.crash.machine", str(theirs.fileno())],
                cwd=ROOT,
                env={
                    "PATH": os.environ["PATH"],
                    "PYTHONPATH": f"{ROOT}:{ROOT / 'layers/wireside/python'}",
                    **self.environment,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
            )
        theirs.close()

    def start(self, function: str, code: Path, variant: str | None = None) -> Machine:
        """Return a new process of a function; ``variant`` names how it is broken, if it is."""
        ours, theirs = socket.socketpair()
        order = {"code": str(code), "variant": variant}
        socket.send_fds(self._control, [json.dumps(order).encode()], [theirs.fileno()])
        theirs.close()
        pid = self._control.recv(32)
        if not pid:
            message = f"no machine for {function}; see {self.log}"
            raise RuntimeError(message)
        return Machine(function, int(pid), ours)

    def close(self) -> None:
        """End the one that forks; its children end when nobody is at the other end of the line."""
        self._control.close()
        self._mother.wait(ANSWER_SECONDS)


# ---------------------------------------------------------------- the other side


class Clock:
    """The machine's own clock. Who sleeps moves it on, and nobody really waits.

    SDK and product sleep between tries, a turn until its window ends; all of them mean this clock.
    It knows nothing of real time: what a worker does every 400 ms would be done more often on a
    slow machine, a window would be over before its turn begins, and a play would make other calls
    each time.
    """

    now_ns = time.time_ns()

    def install(self) -> None:
        """Take the place of the operating system's clock in this process."""
        time.time = lambda: self.now_ns / 1_000_000_000
        time.time_ns = lambda: self.now_ns
        time.sleep = self.sleep
        yielding = asyncio.sleep

        async def sleep(seconds: float) -> None:
            self.sleep(seconds)
            await yielding(0)

        asyncio.sleep = sleep

    def sleep(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1_000_000_000)


def warm_up() -> None:
    """Make what every process makes before its first call: no call is made, no socket stays."""
    for app in sorted((ROOT / "functions").glob("*/app.py")):
        runpy.run_path(str(app))
    import wireside.adapters.llm.openai  # noqa: F401
    from wireside import bootstrap
    from wireside.adapters.aws.clients import client

    client("sqs", bootstrap.settings().region, read_timeout_seconds=1)
    bootstrap.application()
    bootstrap.runs()
    bootstrap.dead_letters()
    bootstrap.sweeping()
    bootstrap.share_delivery()
    bootstrap.door()
    _ask_http()


def _ask_http() -> None:
    """Ask what asks nobody: FastAPI makes its routes for the first request."""
    from wireside import bootstrap
    from wireside.entrypoints.http import api

    about = {"method": "GET", "path": "/healthz", "sourceIp": "127.0.0.1", "userAgent": ""}
    asked = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/healthz",
        "rawQueryString": "",
        "headers": {},
        "requestContext": {"http": {**about, "protocol": "HTTP/1.1"}},
        "isBase64Encoded": False,
    }
    assert api(asked, None)["statusCode"] == HTTPStatus.OK
    bootstrap.event_loop().close()
    bootstrap.event_loop.cache_clear()


def serve(line: socket.socket, order: Mapping[str, Any]) -> None:
    """Be one function until nobody is at the other end."""
    from wireside import bootstrap

    clock = Clock()
    clock.install()
    handler = runpy.run_path(str(Path(order["code"]) / "app.py"))["handler"]
    bootstrap.event_loop()
    if order["variant"]:
        from tests.crash import broken

        getattr(broken, order["variant"])()
    for asked in line.makefile("rb"):
        told = json.loads(asked)
        clock.now_ns = told["now_ms"] * 1_000_000
        answer = _answer(handler, told["event"])
        answer["now_ms"] = -(-clock.now_ns // 1_000_000)
        line.sendall(json.dumps(answer).encode() + b"\n")


def _answer(handler: Any, event: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": handler(event, None)}
    except Exception as error:
        return {"failed": type(error).__name__}


def main(arguments: Sequence[str]) -> None:
    """Fork a machine for every order that comes over the line."""
    control = socket.socket(fileno=int(arguments[0]))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    warm_up()
    gc.freeze()  # or every collection in a child copies what they all share
    while True:
        order, handed, _, _ = socket.recv_fds(control, LARGEST_ORDER_BYTES, 1)
        if not order:
            return
        pid = os.fork()
        if not pid:
            control.close()
            serve(socket.socket(fileno=handed[0]), json.loads(order))
            os._exit(0)
        os.close(handed[0])
        control.sendall(str(pid).encode())


if __name__ == "__main__":
    main(sys.argv[1:])
