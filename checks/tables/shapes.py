"""Server frames and event bodies, from the typed dictionaries that what builds them returns."""

import types
from collections.abc import Iterator
from typing import (
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from checks.tables.markdown import code, table
from wireside import frames
from wireside.domain.bodies import BODIES


def server_frames() -> str:
    """Return type, fields and meaning of every frame that the service sends."""
    rows = [(code(kind), _fields(shape, but={"type"}), _meaning(shape)) for kind, shape in _sent()]
    return table(("type", "fields", "means"), rows)


def views() -> str:
    """Return the objects inside frames."""
    inner = [each for each in vars(frames).values() if is_typeddict(each)]
    sent = {shape for _, shape in _sent()}
    rows = [
        (each.__name__.removesuffix("View").lower(), _fields(each), _meaning(each))
        for each in inner
        if each not in sent and each is not frames.Answer and each.__module__ == frames.__name__
    ]
    return table(("object", "fields", "means"), rows)


def event_bodies() -> str:
    """Return kind and body of every event that is written."""
    rows = [
        (code(kind.value), _fields(shape), _meaning(shape))
        for kind, shapes in BODIES.items()
        for shape in shapes
    ]
    return table(("kind", "body", "means"), rows)


def _sent() -> Iterator[tuple[str, Any]]:
    for shape in get_args(frames.ServerFrame.__value__):
        yield get_args(get_type_hints(shape)["type"])[0], shape


def _meaning(shape: Any) -> str:
    return " ".join(str(shape.__doc__).replace("``", "`").split())


def _fields(shape: Any, *, but: frozenset[str] | set[str] = frozenset()) -> str:
    """Name the fields; ``?`` marks what may be left out, braces show what is inside."""
    hints = get_type_hints(shape)
    names = [name for name in hints if name not in {"ref", *but}]
    return ", ".join(
        code(name if name in shape.__required_keys__ else f"{name}?") + _inside(hints[name])
        for name in names
    )


def _inside(hint: Any) -> str:
    """Tell what a field may say, where its name does not."""
    match get_origin(hint), get_args(hint):
        case _ if is_typeddict(hint):
            return " {" + _fields(hint) + "}" if hint.__module__ != frames.__name__ else ""
        case origin, values if origin is Literal:
            return " (" + ", ".join(code(each) for each in values) + ")"
        case origin, (inner,) if origin is list and is_typeddict(inner):
            return f" [{_inside(inner).strip() or '…'}]"
        case origin, inner if origin in {Union, types.UnionType} and type(None) in inner:
            return " or `null`"
        case _:
            return ""
