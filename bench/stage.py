"""The functions' surroundings for a benchmark.

They are ministack, the template's resources in it, a loopback stand-in for the connection
management API, and the environment that points at all of them.
"""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stub import stub
from local import template
from local.emulator import CREDENTIALS, Emulator, provision
from local.harness import ministack
from local.model import REGION
from local.stack import Stack
from local.tokens import mint

ROOT = Path(__file__).resolve().parent.parent
ORIGIN = "http://localhost:8000"


@dataclass(frozen=True, slots=True)
class Stage:
    """ministack with the template's resources in it, and what its functions read."""

    emulator: Emulator
    stack: Stack
    secret: str
    management: str

    def client(self, service: str) -> Any:
        """Return a boto3 client that no benchmark counts."""
        return self.emulator.client(service)

    def token(self, sub: str) -> str:
        """Return a token for somebody."""
        return mint(self.secret, sub, sub.title(), ("user",))[0]

    def environment(self, function: str) -> dict[str, str]:
        """Return what a function of the template finds in its environment here."""
        declared = {
            name: value.replace("{ministack}", self.emulator.url)
            for name, value in self.stack.functions[function].environment.items()
        }
        return {
            **declared,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": CREDENTIALS["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": CREDENTIALS["aws_secret_access_key"],
            "AWS_SESSION_TOKEN": "local",
            "AWS_ENDPOINT_URL": self.emulator.url,
            # One connection sends here what thousands would.
            "WIRESIDE_FRAMES_PER_TEN_SECONDS": "0",
            # Metrics go to the log, which is where the rows are printed.
            "POWERTOOLS_METRICS_DISABLED": "true",
            "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI": f"{self.management}/live",
        }


@contextmanager
def stage(delay_ms: float = 0) -> Iterator[Stage]:
    """Set everything up; the management API answers after ``delay_ms``."""
    stack = template.load(ROOT, {"AllowedOrigins": ORIGIN})
    secret = secrets.token_urlsafe(32)
    with (
        tempfile.TemporaryDirectory() as data,
        ministack(Path(data)) as emulator,
        stub(delay_ms) as management,
    ):
        provision(emulator, stack)
        emulator.client("ssm").put_parameter(
            Name=str(stack.parameters["JwtSecretParameter"]), Value=secret, Type="SecureString"
        )
        yield Stage(emulator, stack, secret, management)


@contextmanager
def in_process(set_up: Stage, function: str = "MessageFunction") -> Iterator[None]:
    """Make this process one of the functions' for the length of a block."""
    before = dict(os.environ)
    os.environ.update(set_up.environment(function))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
