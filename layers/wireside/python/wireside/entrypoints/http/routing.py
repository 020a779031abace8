"""How routes are declared: what they answer, and what they refuse.

A route's return type is for readers, for the type checker, and for the description of the API. It
is no model that answers are checked against at run time: making one for each would be a good part
of the function's cold start.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.routing import APIRoute

from wireside import wire
from wireside.domain.errors import ErrorCode

REFUSALS = "x-refusals"


class PlainRoute(APIRoute):
    """A route that encodes what its endpoint returns as it is."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Take an answer for JSON unless the endpoint makes a response of its own."""
        if not makes_response(endpoint):
            options["response_model"] = wire.Json
        super().__init__(path, endpoint, **options)


def router(noun: str, prefix: str = "/v1") -> APIRouter:
    """Return what the routes of one noun are added to."""
    return APIRouter(prefix=prefix, tags=[noun], route_class=PlainRoute)


def makes_response(endpoint: Callable[..., Any]) -> bool:
    """Whether an endpoint returns a response, and not what is in it."""
    answer = endpoint.__annotations__.get("return")
    return isinstance(answer, type) and issubclass(answer, Response)


def refuses(*codes: ErrorCode) -> dict[str, list[str]]:
    """Return a route's ``openapi_extra``: the codes that it may refuse with.

    Not named are those that follow from what the route takes: see ``refusals.py``.
    """
    return {REFUSALS: [each.value for each in codes]}
