"""What a template declares, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REGION = "us-east-1"
ACCOUNT = "000000000000"
STACK = "wireside"
RUNTIME = "python3.13"


@dataclass(frozen=True, slots=True)
class Function:
    """One Lambda function as the template declares it."""

    name: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_megabytes: int
    runtime: str = RUNTIME
    log_group: str = ""
    log_level: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """An event source mapping. ``source`` is an ARN; ``settings`` are CloudFormation's names."""

    name: str
    function: str
    source: str
    settings: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Authorizer:
    """Asked at ``$connect``. One missing identity source means 401 without asking."""

    function: str
    identity_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """The WebSocket API: which function answers which route."""

    id: str
    stage: str
    selection: str
    routes: Mapping[str, str]
    authorizer: Authorizer | None


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """A route of the HTTP API. ``method`` may be ANY, ``path`` may end in ``{proxy+}``."""

    method: str
    path: str
    function: str

    @property
    def key(self) -> str:
        """Return the route key."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Cors:
    """What the HTTP API tells browsers of other origins."""

    origins: frozenset[str]
    methods: str
    headers: str
    exposed: str
    max_age_seconds: int


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that is called every so often; ``input`` replaces the event if it is set."""

    arn: str
    function: str
    every_seconds: int
    input: str | None
