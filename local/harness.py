"""The local run for tests: a process of its own on a free port, with state of its own."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.emulator import free_port
from local.tokens import mint

ROOT = Path(__file__).resolve().parent.parent
SECRET = "a secret for tests that has at least 32 bytes"  # noqa: S105
READY_SECONDS = 60
STOP_SECONDS = 20


@dataclass(slots=True)
class Running:
    """A local run. ``log`` holds what it printed."""

    port: int
    data: Path
    process: "subprocess.Popen[bytes]"

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

    def stop(self) -> int:
        """Stop it as Ctrl-C does; return its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP_SECONDS)


def start(data: Path, variables: Mapping[str, str] | None = None) -> Running:
    """Start the local run and wait until it is ready.

    Raises: RuntimeError with what it printed when it ends, or is not ready within a minute.
    """
    data.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {
        **os.environ,
        "PORT": str(port),
        "DATA_DIR": str(data),
        "WIRESIDE_JWT_SECRET": SECRET,
        **(variables or {}),
    }
    with (data / "console.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "local", "run"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    running = Running(port, data, process)
    deadline = time.monotonic() + READY_SECONDS
    while not _is_ready(running):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise RuntimeError(running.log)
        time.sleep(0.1)
    return running


def _is_ready(running: Running) -> bool:
    try:
        with urllib.request.urlopen(f"{running.http_url}/readyz", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError):
        return False


@contextmanager
def local_run(data: Path, variables: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Have the local run inside a block."""
    running = start(data, variables)
    try:
        yield running
    finally:
        running.stop()
