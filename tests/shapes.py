"""Checks what was received against the shapes that the service promises."""

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints, is_typeddict

from pydantic import TypeAdapter, ValidationError

from wireside import frames
from wireside.domain import bodies
from wireside.domain.bodies import BODIES
from wireside.domain.events import Kind

GATEWAYS_OWN = {"message", "connectionId", "requestId"}
STRICT = {"extra": "forbid", "strict": True}


def check_frame(frame: dict[str, Any]) -> None:
    """Fail unless the frame, and every event in it, is what ``wireside.frames`` says.

    Where a function dies, API Gateway answers in its own words.
    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """
    if frame.keys() == GATEWAYS_OWN:
        return
    shape = _shapes().get(frame.get("type", ""))
    assert shape is not None, f"nobody promised a frame {frame.get('type')}"
    _check(shape, frame)
    for event in _events(frame):
        check_body(event["kind"], event["body"])


def check_body(kind: str, body: dict[str, Any]) -> None:
    """Fail unless the body is one of those of its kind."""
    shapes = BODIES[Kind(kind)]
    wrong = [problem for each in shapes if (problem := _problem(each, body))]
    assert len(wrong) < len(shapes), "\n".join(wrong)


def _events(frame: dict[str, Any]) -> list[dict[str, Any]]:
    return [frame["event"]] if frame["type"] == "event" else frame.get("events", [])


def _check(shape: Any, value: object) -> None:
    problem = _problem(shape, value)
    assert problem is None, problem


def _problem(shape: Any, value: object) -> str | None:
    try:
        _adapter(shape).validate_python(value)
    except ValidationError as error:
        return str(error)
    return None


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    for each in _all_shapes():
        # Pydantic reads this from the class; the shapes that ship know nothing of Pydantic.
        each.__pydantic_config__ = STRICT
    return TypeAdapter(shape)


def _all_shapes() -> Iterator[Any]:
    for module in (frames, bodies):
        yield from (each for each in vars(module).values() if is_typeddict(each))


@cache
def _shapes() -> dict[str, Any]:
    return {
        get_args(get_type_hints(each)["type"])[0]: each
        for each in get_args(frames.ServerFrame.__value__)
    }
