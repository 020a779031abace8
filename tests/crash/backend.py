"""The functions of the template on ministack, in processes that die when a test says so."""

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.stage import ORIGIN, Stage
from local import template
from local.emulator import provision
from local.harness import ROOT, SECRET, ministack
from tests.crash.cloud import STAGE, Cloud, Watch
from tests.crash.machine import Crashed, Failed, Machine, Machines
from tests.crash.relay import Upstream
from tests.leaks import PLANTED_KEY, leaks

KEY_PARAMETER = "/wireside/model-keys/crash"
ASSISTANT = "assistant:demo"
CONNECTIONS_PER_USER = 2
DAY_MS = 24 * 60 * 60 * 1_000


@dataclass(slots=True)
class Backend:
    """All functions, a process each, and the clock of all of them.

    The clock begins a day ahead, so that no token is of the future, and goes on by a millisecond
    an invocation, and when somebody waits.
    """

    stage: Stage
    cloud: Cloud
    machines: Machines
    variant: str | None = None
    ahead_ms: int = 0
    began_ms: int = field(default_factory=lambda: int(time.time() * 1_000) + DAY_MS)
    _running: dict[str, Machine] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Return what a function answers; what it called asynchronously is called after it.

        Raises: Crashed, Failed.
        """
        try:
            return self._invoke(function, event)
        finally:
            while self.cloud.called:
                # Nobody waits for it, and nobody repeats it.
                with contextlib.suppress(Crashed, Failed):
                    self._invoke("FanoutFunction", self.cloud.called.pop(0))

    def _invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        machine = self._machine(function)
        self.cloud.begin(function, machine.pid)
        try:
            told = machine.invoke(event, self.began_ms + self.ahead_ms)
        finally:
            self.cloud.end()
        self.ahead_ms = max(self.ahead_ms, told["now_ms"] - self.began_ms) + 1
        if "failed" in told:
            raise Failed(told["failed"])
        return told["answer"]

    def _machine(self, function: str) -> Machine:
        machine = self._running.get(function)
        if machine is None or not machine.is_alive:
            code = self.stage.stack.functions[function].code
            machine = self.machines.start(function, code, self.variant)
            self._running[function] = machine
        return machine

    def client(self, service: str) -> Any:
        """Return a client of a service that no function uses, and no fault hits."""
        if service not in self._clients:
            self._clients[service] = self.stage.client(service)
        return self._clients[service]

    def wait(self, seconds: float) -> None:
        """Let time pass for all functions."""
        self.ahead_ms += int(seconds * 1_000)

    def restart(self, *functions: str) -> None:
        """End processes: those of these functions, or all. The next call has a new one."""
        for name in functions or tuple(self._running):
            machine = self._running.pop(name, None)
            if machine is not None and machine.is_alive:
                machine.kill()

    @contextmanager
    def broken(self, variant: str) -> Iterator[None]:
        """Have functions that are broken in a way of ``broken.py`` inside a block."""
        self.restart()
        self.variant = variant
        try:
            yield
        finally:
            self.restart()
            self.variant = None

    @contextmanager
    def watching(self, watch: Watch) -> Iterator[Watch]:
        """Count the calls of one function inside a block, and let one fail."""
        self.cloud.watch = watch
        try:
            yield watch
        finally:
            self.cloud.watch = None


@contextmanager
def backend() -> Iterator[Backend]:
    """Have everything inside a block. No log of it may hold what nobody's log may hold."""
    with tempfile.TemporaryDirectory() as directory, ministack(Path(directory)) as emulator:
        cloud = Cloud(Upstream(emulator.port))
        cloud.start()
        stack = template.load(ROOT, _parameters(cloud))
        provision(emulator, stack)
        for name, secret in (
            (str(stack.parameters["JwtSecretParameter"]), SECRET),
            (KEY_PARAMETER, PLANTED_KEY),
        ):
            emulator.client("ssm").put_parameter(Name=name, Value=secret, Type="SecureString")
        stage = Stage(emulator, stack, SECRET, cloud.url)
        machines = Machines(Path(directory) / "functions.log", _environment(stage, cloud))
        built = Backend(stage, cloud, machines)
        try:
            yield built
        finally:
            built.restart()
            machines.close()
            cloud.close()
        assert list(leaks(Path(directory))) == []


def _environment(stage: Stage, cloud: Cloud) -> dict[str, str]:
    """Return what functions find in their environment: the cloud, wherever they look.

    They share it: whatever one of them has of its own does no harm to the others.
    """
    variables = {
        name: value.replace(stage.emulator.url, cloud.url)
        for function in stage.stack.functions
        for name, value in stage.environment(function).items()
        if value
    }
    return {
        **variables,
        "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"{cloud.url}/{STAGE}",
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
    }


def _parameters(cloud: Cloud) -> dict[str, str]:
    assistant = {
        "name": ASSISTANT.removeprefix("assistant:"),
        "provider": "openai",
        "base_url": f"{cloud.url}/model",
        "api_key_parameter": KEY_PARAMETER,
        "tries": 2,
        "tools": ["current_time", "tests.crash.tools:pay"],
    }
    return {
        "AllowedOrigins": ORIGIN,
        "MessagesPerMinute": "100000",
        "ConnectionsPerUser": str(CONNECTIONS_PER_USER),
        "ConnectsPerMinute": "1000000",
        "FanoutListeners": "2",
        "ConversationTokensPerDay": "1000000000",  # never used up, and always counted
        "Assistants": json.dumps([assistant]),
    }
