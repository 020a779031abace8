"""The one decorator around every handler: correlation, log keys, the error boundary."""

import logging
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger

from wireside.adapters.journal import described

logger = Logger()

CHATTY = ("aiohttp", "asyncio", "boto3", "botocore", "urllib3")
for _name in CHATTY:
    # At DEBUG they would write whole requests into the log: texts, tokens and tickets.
    logging.getLogger(_name).setLevel(logging.INFO)

type Event = Mapping[str, Any]
type Handler = Callable[[Event, object], Any]
type Answering = Callable[[Event], Any]


def entrypoint(
    *, keys: Callable[[Event], Mapping[str, str]], failed: Callable[[Event], Any] | None = None
) -> Callable[[Answering], Handler]:
    """Make a Lambda handler of a function that answers events.

    ``keys`` picks what a log line may say of the event: ids and route, never a text or a token.
    ``failed`` makes the answer to an error that nobody expected; without it the error goes on to
    Lambda, which retries.
    """

    def decorate(function: Answering) -> Handler:
        @wraps(function)
        def handler(event: Event, context: object) -> Any:
            started = time.perf_counter()
            logger.append_keys(request_id=getattr(context, "aws_request_id", None), **keys(event))
            try:
                answer = function(event)
            except Exception as error:
                # Not `exception`: its text and trace may quote what people wrote.
                logger.error("failed", error=described(error))  # noqa: TRY400
                if failed is None:
                    raise
                return failed(event)
            else:
                logger.debug("done", duration_ms=round((time.perf_counter() - started) * 1_000, 1))
                return answer
            finally:
                logger.clear_state()

        return handler

    return decorate


def websocket_keys(event: Event) -> Mapping[str, str]:
    """Return the log keys of a WebSocket event."""
    about = event.get("requestContext", {})
    return {
        "connection_id": str(about.get("connectionId")),
        "route": str(about.get("routeKey")),
    }
