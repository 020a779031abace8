"""The local run for tests: a process of its own on a free port, with state of its own."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.emulator import COMMAND, Emulator, client_of, dying_with_parent, free_port
from local.tokens import mint

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a secret for tests that has at least 32 bytes"  # noqa: S105 - of tests only
READY_SECONDS = 60
PRIVATE = ("OPENAI_", "ANTHROPIC_", "DIFY_", "AWS_", "WIRESIDE_", "LOCAL_")
"""What a developer has set for runs of their own: no test may ask their model."""
STOP_SECONDS = 20
PAUSE_SECONDS = 0.03
READY_LINE = "Wireside is ready"


@dataclass(slots=True)
class Running:
    """A local run. ``log`` holds what it printed, from ``begun`` on since its last start."""

    port: int
    data: Path
    process: "subprocess.Popen[bytes]"
    begun: int = 0

    @property
    def http_url(self) -> str:
        """Return where page and HTTP API are."""
        return f"http://localhost:{self.port}"

    @property
    def websocket_url(self) -> str:
        """Return where WebSockets are answered."""
        return f"ws://localhost:{self.port}/ws"

    @property
    def log(self) -> str:
        """Return what was printed so far."""
        return (self.data / "console.log").read_text(encoding="utf-8")

    def token(self, sub: str, name: str | None = None, roles: Sequence[str] = ("user",)) -> str:
        """Return a token for somebody."""
        return mint(SECRET, sub, name or sub.title(), roles)[0]

    def client(self, service: str) -> Any:
        """Return a boto3 client of one of ministack's services."""
        port = (self.data / "ministack" / "port").read_text(encoding="ascii")
        return client_of(service, f"http://127.0.0.1:{port}")

    def management(self, stage: str) -> Any:
        """Return a boto3 client of the gateway's management API."""
        return client_of("apigatewaymanagementapi", f"{self.http_url}/{stage}")

    def wait_until_ready(self) -> None:
        """Wait until it answers.

        Raises: RuntimeError with what it printed when it ends, or is not ready within a minute.
        """
        deadline = time.monotonic() + READY_SECONDS
        while not _is_ready(self):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.process.kill()
                raise RuntimeError(self.log)
            time.sleep(PAUSE_SECONDS)

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return _ended(self.process)


def start(
    data: Path, variables: Mapping[str, str] | None = None, *, root: Path | None = None
) -> Running:
    """Start the local run, of the template in ``root`` if it is given, and wait until it is ready.

    Raises: RuntimeError with what it printed when it ends, or is not ready within a minute.
    """
    running = launch(data, variables, root=root)
    running.wait_until_ready()
    return running


def launch(
    data: Path,
    variables: Mapping[str, str] | None = None,
    *,
    root: Path | None = None,
    port: int | None = None,
) -> Running:
    """Start the local run, on a free port unless one is given.

    It ends with the thread that launches it: on Linux a thread is what a process has for a parent.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(PRIVATE)},
        "PORT": str(port),
        "DATA_DIR": str(data),
        "WIRESIDE_JWT_SECRET": SECRET,
        **({"LOCAL_ROOT": str(root)} if root else {}),
        **(variables or {}),
    }
    begun = len((data / "console.log").read_bytes()) if (data / "console.log").exists() else 0
    with (data / "console.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "run"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            # It ends in order even where the tests do not.
            preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - before any thread
        )
    return Running(port, data, process, begun)


def _is_ready(running: Running) -> bool:
    """Whether it said so, and, where the template has ``/readyz``, whether that says so too."""
    if READY_LINE not in running.log[running.begun :]:
        return False
    with closing(http.client.HTTPConnection("localhost", running.port, timeout=5)) as connection:
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status in {200, 404}
        except OSError:
            return False


def _ended(process: "subprocess.Popen[bytes]") -> int:
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise


@contextmanager
def local_run(
    data: Path, variables: Mapping[str, str] | None = None, *, root: Path | None = None
) -> Iterator[Running]:
    """Have the local run inside a block; it is stopped in order at its end."""
    running = start(data, variables, root=root)
    try:
        yield running
    finally:
        running.stop()


@contextmanager
def ministack(data: Path) -> Iterator[Emulator]:
    """Have ministack alone inside a block: empty, its clients by ``client(service)``.

    Raises: RuntimeError when it does not start.
    """
    emulator = Emulator(data)
    process = subprocess.Popen(
        COMMAND,
        env=emulator.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=dying_with_parent(signal.SIGTERM),  # noqa: PLW1509 - before any thread
    )
    try:
        _listening(emulator.port, process)
        yield emulator
    finally:
        process.terminate()
        _ended(process)


def _listening(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            message = "ministack did not start"
            raise RuntimeError(message)
        time.sleep(PAUSE_SECONDS)
