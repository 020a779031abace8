"""How routes are declared: what they answer, and what they refuse.

A route's return type is for readers, for the type checker, and for the description of the API. It
is no model that answers are checked against at run time: making one for each would be a good part
of the function's cold start.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from wireside import wire
from wireside.domain.errors import ErrorCode
from wireside.protocol import strict_json

REFUSALS = "x-refusals"


class StrictRequest(Request):
    """A request whose JSON has no key twice and no ``NaN``: nobody reads it in two ways."""

    async def json(self) -> object:
        """Return what the body says.

        Raises: ValueError; RecursionError.
        """
        return strict_json((await self.body()).decode())


class PlainRoute(APIRoute):
    """A route that encodes what its endpoint returns as it is."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Take an answer for JSON unless the endpoint makes a response of its own."""
        if not makes_response(endpoint):
            options["response_model"] = wire.Json
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request whose body is read strictly."""
        answer = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await answer(StrictRequest(request.scope, request.receive))

        return handle


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
