"""What a process has once: its settings, its loop, and its ways to the world outside."""

import os
from functools import cache
from typing import TYPE_CHECKING

from wireside.bootstrap.store import Store
from wireside.settings import Settings

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from wireside.adapters.aws.secrets import ParameterStore
    from wireside.ports import FanOut, JobQueue, Lines


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return Settings.from_environment(os.environ)


@cache
def event_loop() -> "AbstractEventLoop":
    """Return the one loop of this process: pooled connections live on it between invocations."""
    import asyncio

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    return loop


@cache
def secrets() -> "ParameterStore":
    """Return the secrets that the settings name."""
    from wireside.adapters.aws.secrets import ParameterStore

    known = settings()
    return ParameterStore(known.ssm_endpoint, known.region)


@cache
def store() -> Store:
    """Return all that is in the table."""
    from wireside.adapters.aws.clients import client
    from wireside.adapters.dynamodb.table import Table

    known = settings()
    return Store(Table(client("dynamodb", known.region, read_timeout_seconds=3), known.table_name))


@cache
def lines() -> "Lines":
    """Return the way to connections."""
    from wireside.adapters.aws.credentials import lambda_credentials
    from wireside.adapters.aws.lines import ManagementLines
    from wireside.adapters.aws.sigv4 import Scope, Signer

    known = settings()
    signer = Signer(Scope(known.region, "execute-api"), lambda_credentials)
    return ManagementLines(known.management_endpoint, signer)


@cache
def fan_out() -> "FanOut | None":
    """Return who takes the rest of a large fan-out, if anybody does."""
    from wireside.adapters.aws.credentials import lambda_credentials
    from wireside.adapters.aws.fanout import LambdaFanOut
    from wireside.adapters.aws.sigv4 import Scope, Signer

    known = settings()
    if known.fanout_function is None:
        return None
    signer = Signer(Scope(known.region, "lambda"), lambda_credentials)
    return LambdaFanOut(known.lambda_endpoint, known.fanout_function, signer)


@cache
def jobs() -> "JobQueue":
    """Return the reply queue."""
    return queue(settings().reply_queue_url)


def queue(url: str) -> "JobQueue":
    """Return a queue of jobs. Its client is made for the first job."""
    from wireside.adapters.aws.clients import client
    from wireside.adapters.aws.reply_queue import SqsJobQueue

    region = settings().region
    return SqsJobQueue(lambda: client("sqs", region, read_timeout_seconds=5), url)
