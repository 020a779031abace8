"""Coroutines as handlers: they run on the one loop of the process."""

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from wireside.bootstrap import event_loop
from wireside.entrypoints.observability import Answering, Event


def on_loop(function: Callable[[Event], Coroutine[Any, Any, Any]]) -> Answering:
    """Run a coroutine function to its end: Lambda calls plain functions."""

    @wraps(function)
    def run(event: Event) -> Any:
        return event_loop().run_until_complete(function(event))

    return run
