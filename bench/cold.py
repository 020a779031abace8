"""Cold starts under ``awslambdaric``, until the first event is answered.

Beside them, in turn with them in the same run, starts a function that only makes boto3's DynamoDB
client. A start counts in CPU time, of which the machine's other work takes nothing away.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3

from bench.report import Row, median
from bench.room import ARN, Room
from bench.stage import ORIGIN, ROOT, Stage, in_process, stage

ROUNDS = 9
LAYER = ROOT / ".build/layer/python"
INSTALLED = Path(boto3.__file__).parent.parent
"""boto3 as it is installed, with its bytecode: our layer's is cut down to what we use."""
BARE = """
import boto3
CLIENT = boto3.client("dynamodb")
def handler(event, context):
    return {"statusCode": 200}
"""
BARE_API = """
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/v1/conversations")
def listed() -> dict[str, str]:
    return {}
handler = Mangum(app, lifespan="off")
"""
BARE_FUNCTIONS = {"client": BARE, "api": BARE_API}
BUDGETS = {
    "authorize": 0.6,
    "connect": 1.3,
    "disconnect": 1.3,
    "message": 2.0,
    "reply": 2.0,
    "api": 2.5,
}


@dataclass(slots=True)
class RuntimeApi:
    """Lambda's Runtime API for one event.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
    """

    event: object
    answer: dict[str, Any] = field(default_factory=dict)
    answered: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def serving(self) -> Iterator[int]:
        """Serve inside this block; yields the port."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            self.over.set()
            server.shutdown()
            thread.join()
            server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                if api.answer:
                    api.answered.set()
                    api.over.wait()
                    self.close_connection = True
                    return
                self._send(200, json.dumps(api.event).encode())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                api.answer = {"path": self.path, "body": json.loads(body or b"null")}
                self._send(202, b"")

            def _send(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Lambda-Runtime-Aws-Request-Id", "cold")
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() + 60) * 1_000))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:local")
                self.send_header("Lambda-Runtime-Trace-Id", "Root=1-0-0;Sampled=0")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


@dataclass(frozen=True, slots=True)
class Start:
    """A function that is started for one event, of which the answer must contain ``told``."""

    name: str
    code: Path
    environment: Mapping[str, str]
    event: Callable[[], object]
    told: str = ""
    packages: Path = LAYER

    def run(self) -> tuple[float, float]:
        """Return CPU and time in milliseconds, from nothing to the answer."""
        api = RuntimeApi(self.event())
        with api.serving() as port:
            begun = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "-S", "-m", "awslambdaric", "app.handler"],
                cwd=self.code,
                env={**self.environment, **_runtime_variables(self, port)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            try:
                assert api.answered.wait(30), f"{self.name} does not answer"
                wall_ms = (time.perf_counter() - begun) * 1_000
            finally:
                os.kill(process.pid, signal.SIGKILL)
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = status
        said = json.dumps(api.answer)
        assert "/response" in said, f"{self.name} answers {said}"
        assert self.told in said, f"{self.name} answers {said}"
        return (used.ru_utime + used.ru_stime) * 1_000, wall_ms


def _runtime_variables(start: Start, port: int) -> dict[str, str]:
    ours, runtime = ROOT / "layers/wireside/python", ROOT / ".build/runtime"
    packages = (start.code, ours, start.packages, runtime)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, packages)),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_LAMBDA_FUNCTION_NAME": start.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_LOG_FORMAT": "JSON",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "_HANDLER": "app.handler",
    }


def starts(set_up: Stage, bare: Path, bare_api: Path) -> list[Start]:
    """Return what to start: the bare functions first."""
    room = Room(set_up)
    with in_process(set_up):
        room.enter("ana", "ben")
        connect, hello = room.event("ana", "$connect"), room.event("ana", "hello")
        send = room.message("ana", room.head() + 1)
    headers = {
        "Sec-WebSocket-Protocol": f"wireside.v1, wireside.auth.{set_up.token('ana')}",
        "Origin": ORIGIN,
    }
    shake = {"headers": headers, "methodArn": ARN, "requestContext": connect["requestContext"]}
    events = {
        "authorize": (lambda: shake, "Allow"),
        "connect": (lambda: {**connect, "headers": headers}, "wireside.v1"),
        "disconnect": (lambda: hello, "200"),
        "message": (lambda: send, "200"),
        "reply": (lambda: {"Records": [room.job(0)]}, '"batchItemFailures": []'),
        "api": (lambda: room.request("GET", "/v1/conversations", "ana"), room.id),
    }
    plain = set_up.environment("ConnectFunction")
    found = [
        Start("boto3 + DynamoDB client", bare, plain, dict, packages=INSTALLED),
        Start("FastAPI + Mangum alone, one route", bare_api, plain, events["api"][0], "200"),
    ]
    for name, (event, told) in events.items():
        environment = set_up.environment(f"{name.capitalize()}Function")
        found.append(Start(name, ROOT / "functions" / name, environment, event, told))
    return found


def rows() -> Iterator[Row]:
    """Measure; rounds go through all functions, so that the machine's moods meet all alike."""
    with tempfile.TemporaryDirectory() as temporary, stage() as set_up:
        bare = [_function(Path(temporary) / name, text) for name, text in BARE_FUNCTIONS.items()]
        all_of_them = starts(set_up, *bare)
        taken: dict[str, list[tuple[float, float]]] = {each.name: [] for each in all_of_them}
        for turn in range(ROUNDS + 1):
            for each in all_of_them:
                measured = each.run()
                if turn:  # the first one fills the machine's caches
                    taken[each.name].append(measured)
    cpu = {name: median([each for each, _ in runs]) for name, runs in taken.items()}
    wall = {name: median([each for _, each in runs]) for name, runs in taken.items()}
    base = all_of_them[0].name
    yield Row(f"{base}, the measure", f"{cpu[base]:.0f} ms CPU, {wall[base]:.0f} ms")
    yield _row(all_of_them[1].name, cpu, wall, base)
    for name, most in BUDGETS.items():
        times = cpu[name] / cpu[base]
        yield replace(_row(name, cpu, wall, base), budget=f"<= {most} x", kept=times <= most)


def _row(name: str, cpu: Mapping[str, float], wall: Mapping[str, float], base: str) -> Row:
    times = cpu[name] / cpu[base]
    return Row(name, f"{times:.2f} x ({cpu[name]:.0f} ms CPU, {wall[name]:.0f} ms)")


def _function(directory: Path, text: str) -> Path:
    """Return the directory of a function that is made of this text."""
    directory.mkdir()
    (directory / "app.py").write_text(text, encoding="utf-8")
    return directory
