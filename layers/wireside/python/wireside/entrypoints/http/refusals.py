"""What routes refuse with, for the description of the API."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from wireside import wire
from wireside.domain.errors import HTTP_STATUS, RETRYABLE, ErrorCode, Refused
from wireside.entrypoints.http.callers import asked, caller
from wireside.entrypoints.http.routing import REFUSALS

EXAMPLES = {
    ErrorCode.INVALID_FIELD: Refused(
        ErrorCode.INVALID_FIELD,
        "A field is missing, unknown or not what it should be.",
        details={"field": "title"},
    ),
    ErrorCode.RATE_LIMITED: Refused(
        ErrorCode.RATE_LIMITED, "Too many connections.", retry_after_ms=30_000
    ),
    ErrorCode.UNAVAILABLE: Refused(ErrorCode.UNAVAILABLE, "The store is busy.", retry_after_ms=500),
    ErrorCode.NOT_FOUND: Refused(
        ErrorCode.NOT_FOUND, "There is no such conversation, or it is not yours."
    ),
}
HEADERS = {
    "Retry-After": {
        "description": "Whole seconds after which the same request may go well.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    }
}


def codes(route: APIRoute) -> Iterator[ErrorCode]:
    """Yield what a route may refuse with: what it says itself, and what follows from its form."""
    yield from map(ErrorCode, (route.openapi_extra or {}).get(REFUSALS, ()))
    yield ErrorCode.INTERNAL
    yield ErrorCode.UNAVAILABLE
    calls = set(_calls(route.dependant))
    if caller in calls:
        yield from (ErrorCode.UNAUTHORIZED, ErrorCode.TOKEN_EXPIRED)
    if asked in calls:
        yield ErrorCode.CLIENT_ID_REUSED
    if route.dependant.path_params:
        yield ErrorCode.NOT_FOUND
    if route.body_field:
        yield ErrorCode.MALFORMED_FRAME
    if asked in calls or any(_fields(route.dependant)) or route.body_field:
        yield ErrorCode.INVALID_FIELD


def _calls(dependant: Dependant) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


def _fields(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.path_params
    yield from dependant.query_params


def responses(route: APIRoute) -> dict[int | str, dict[str, Any]]:
    """Return a route's refusals as OpenAPI has them, by status."""
    by_status: dict[int, set[ErrorCode]] = defaultdict(set)
    for each in codes(route):
        by_status[HTTP_STATUS[each]].add(each)
    return {status: _response(sorted(by_status[status])) for status in sorted(by_status)}


def _response(known: list[ErrorCode]) -> dict[str, Any]:
    names = [each.value for each in known]
    error = {
        "allOf": [
            {"$ref": "#/components/schemas/ErrorView"},
            {"properties": {"code": {"enum": names}}},
        ]
    }
    body = {"type": "object", "required": ["error"], "properties": {"error": error}}
    examples = {each.value: {"value": _example(each)} for each in known}
    headers = {"headers": HEADERS} if set(known) & RETRYABLE - {ErrorCode.INTERNAL} else {}
    return {
        "description": " or ".join(f"`{each}`" for each in names),
        "content": {"application/json": {"schema": body, "examples": examples}},
        **headers,
    }


def _example(code: ErrorCode) -> wire.Json:
    words = f"{code.value.replace('_', ' ').capitalize()}."
    return {"error": wire.error_json(EXAMPLES.get(code) or Refused(code, words))}
