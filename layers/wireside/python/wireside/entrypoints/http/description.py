"""The description of the API, as OpenAPI. It is made when somebody asks for it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Union

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from wireside.domain.bodies import BODIES
from wireside.domain.events import Kind
from wireside.entrypoints.http.examples import EXAMPLES
from wireside.entrypoints.http.refusals import responses
from wireside.entrypoints.http.routing import makes_response
from wireside.frames import ErrorView

REFERENCE = "#/components/schemas/{model}"
ABOUT = """\
Conversations between people and AI assistants. What happens in them comes over a WebSocket:
this API is for everything around them.

Whatever changes something takes an `Idempotency-Key`, so that it can be repeated. Errors are
 `{"error": {"code", "message", "retryable", "retry_after_ms"?, "details"?}}`; what the gateway
in front of the service refuses itself, as 413 and 429, is `{"message"}`. Answers may have more
fields than are named here.
"""


def describe(app: FastAPI, routes: Sequence[APIRoute]) -> dict[str, Any]:
    """Return the OpenAPI description of these routes.

    FastAPI describes a second application, whose routes have models of what they answer: the one
    that answers requests makes none.
    """
    twin = FastAPI()
    for each in routes:
        _add(twin, each)
    described = get_openapi(
        title=app.title, version=app.version, description=ABOUT, routes=twin.routes
    )
    schemas = described["components"]["schemas"]
    schemas["ErrorView"] = _schema(ErrorView)
    _name_bodies(schemas)
    for parameter in _parameters(described):
        _drop_null(parameter["schema"])
    _forget_foreign(described)
    return described


def _add(twin: FastAPI, route: APIRoute) -> None:
    answers = None if makes_response(route.endpoint) else _answer(route.endpoint)
    status = route.status_code or 200
    said = {**responses(route), **route.responses}
    if answers in EXAMPLES:
        shown = {"application/json": {"example": EXAMPLES[answers]()}}
        said = {status: {"content": shown}, **said}
    twin.add_api_route(
        route.path,
        route.endpoint,
        methods=sorted(route.methods or ()),
        status_code=route.status_code,
        response_class=route.response_class,
        response_model=answers,
        response_description=route.response_description,
        responses=said,
        summary=route.description.split(".", 1)[0],
        description=route.description.split("\nRaises:", 1)[0].strip(),
        operation_id=route.name,
        tags=route.tags,
    )


def _answer(endpoint: Callable[..., Any]) -> Any:
    return endpoint.__annotations__["return"]


def _schema(shape: Any) -> dict[str, Any]:
    return TypeAdapter(shape).json_schema(mode="serialization", ref_template=REFERENCE)


def _forget_foreign(described: dict[str, Any]) -> None:
    """Leave out FastAPI's own answer to what is invalid: none of ours looks like it."""
    foreign = {"HTTPValidationError", "ValidationError"}
    for name in foreign:
        described["components"]["schemas"].pop(name, None)
    for route in _operations(described):
        content = route["responses"].get("422", {}).get("content", {}).get("application/json", {})
        if content.get("schema", {}).get("$ref", "").rpartition("/")[2] in foreign:
            del route["responses"]["422"]


def _name_bodies(schemas: dict[str, Any]) -> None:
    """Say which kinds of events there are, and what is in their bodies."""
    if "EventView" not in schemas:
        return
    shapes = tuple(dict.fromkeys(shape for each in BODIES.values() for shape in each))
    bodies = _schema(Union[shapes])  # noqa: UP007 - of shapes that are known only at run time
    schemas.update(bodies.pop("$defs"))
    fields = schemas["EventView"]["properties"]
    fields["kind"]["enum"] = [each.value for each in Kind]
    fields["body"] = {"title": "Body", "description": "One of these, by kind.", **bodies}


def _parameters(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for route in _operations(described):
        yield from route.get("parameters", ())


def _operations(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for methods in described["paths"].values():
        yield from methods.values()


def _drop_null(schema: dict[str, Any]) -> None:
    """Say of a parameter what it is where it is there: no address or header holds a null."""
    if "anyOf" in schema:
        (only,) = (each for each in schema.pop("anyOf") if each != {"type": "null"})
        schema.update({**only, **schema})
