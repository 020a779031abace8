"""The stack as the local run needs it: plain values, no intrinsics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NewType

FunctionId = NewType("FunctionId", str)
"""A function's logical id."""


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function. `name` is short (the directory of its code), `function_name` what AWS calls it."""

    id: FunctionId
    name: str
    function_name: str
    arn: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    timeout_seconds: int
    memory_mb: int
    log_group: str
    log_level: str


@dataclass(frozen=True, slots=True)
class Authorizer:
    """The REQUEST authorizer of `$connect`. All of `identity_sources` must be present, else 401 without asking."""

    function: FunctionId
    identity_sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WebSocketRoute:
    """One route. The function's answer reaches the client only where `two_way`."""

    function: FunctionId
    two_way: bool


@dataclass(frozen=True, slots=True)
class WebSocketApi:
    """The WebSocket API and its one stage."""

    api_id: str
    stage: str
    selection: str
    routes: Mapping[str, WebSocketRoute]
    authorizer: Authorizer | None


@dataclass(frozen=True, slots=True)
class HttpRoute:
    """One route of the HTTP API, such as `ANY /v1/{proxy+}`."""

    method: str
    path: str
    function: FunctionId


@dataclass(frozen=True, slots=True)
class Cors:
    """What the HTTP API answers to other origins."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]
    exposed: tuple[str, ...]
    max_age_seconds: int
    credentials: bool


@dataclass(frozen=True, slots=True)
class HttpApi:
    """The HTTP API; its stage is `$default`."""

    api_id: str
    routes: tuple[HttpRoute, ...]
    cors: Cors | None


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table; `definition` is the input of CreateTable."""

    name: str
    definition: Mapping[str, Any]
    ttl_attribute: str | None
    has_stream: bool


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue; `attributes` are those of CreateQueue."""

    name: str
    arn: str
    url: str
    attributes: Mapping[str, str]

    @property
    def is_fifo(self) -> bool:
        """Whether the queue keeps the order of each message group."""
        return self.name.endswith(".fifo")


@dataclass(frozen=True, slots=True)
class QueueSource:
    """An event source mapping from a queue."""

    function: FunctionId
    queue: Queue
    batch_size: int
    window_seconds: float
    reports_failures: bool
    filters: tuple[Mapping[str, Any], ...]
    maximum_concurrency: int | None


@dataclass(frozen=True, slots=True)
class StreamSource:
    """An event source mapping from a table's stream. `retries` and `record_age_seconds` are None for no limit."""

    id: str
    function: FunctionId
    table: Table
    starting_position: str
    batch_size: int
    window_seconds: float
    retries: int | None
    record_age_seconds: int | None
    bisects: bool
    reports_failures: bool
    filters: tuple[Mapping[str, Any], ...]
    failure_queue: Queue | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """A function that is called every so often; `input` replaces the event if set."""

    rule_arn: str
    function: FunctionId
    every_seconds: int
    input: str | None


@dataclass(frozen=True, slots=True)
class Stack:
    """Everything of the template that runs locally."""

    name: str
    account: str
    region: str
    parameters: Mapping[str, str]
    functions: Mapping[FunctionId, Function]
    websocket: WebSocketApi | None
    http: HttpApi | None
    tables: tuple[Table, ...]
    queues: tuple[Queue, ...]
    buckets: tuple[str, ...]
    queue_sources: tuple[QueueSource, ...]
    stream_sources: tuple[StreamSource, ...]
    schedules: tuple[Schedule, ...]
    page_headers: Mapping[str, str]
