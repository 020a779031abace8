"""What the service does today is part of what version 1 promises, field by field."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from wireside import frames
from wireside.domain.bodies import BODIES, DeletedCall, DeletedEdit, Deletion
from wireside.domain.errors import HTTP_STATUS, ErrorCode, RunErrorCode
from wireside.entrypoints.http import build
from wireside.protocol import MODELS, Frame

PAGE = (Path(__file__).resolve().parent.parent.parent / "docs" / "protocol.md").read_text("utf-8")
REMAINS = {Deletion, DeletedEdit, DeletedCall}
CODE = re.compile(r"`([^`]+)`")


def section(heading: str) -> str:
    """Return the text beneath a heading of the contract, which begins after the generated part."""
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def promised(heading: str) -> dict[str, str]:
    """Return the rows of a section's tables by each name of their first cell."""
    rows = [line.strip("| ").split(" | ") for line in section(heading).splitlines()]
    return {name: row[1] for row in rows if len(row) > 1 for name in CODE.findall(row[0])}


def wanted(shape: Any, *, but: set[str]) -> Iterator[str]:
    for name in get_type_hints(shape):
        if name not in but:
            yield name if name in shape.__required_keys__ else f"{name}?"


def sent() -> Iterator[tuple[str, Any]]:
    for shape in get_args(frames.ServerFrame.__value__):
        yield get_args(get_type_hints(shape)["type"])[0], shape


@pytest.mark.parametrize("action", MODELS)
def test_every_frame_that_is_answered_has_the_promised_fields(action: str) -> None:
    names = set(CODE.findall(promised("Client frames")[action]))

    for name, field in MODELS[action].model_fields.items():
        if name not in {"action", *Frame.model_fields}:
            assert {name, f"{name}?"} & names, name
            if field.is_required():
                assert name in names, f"{name} may be left out by contract"


@pytest.mark.parametrize(("kind", "shape"), list(sent()), ids=[kind for kind, _ in sent()])
def test_every_frame_that_is_sent_has_the_promised_fields(kind: str, shape: Any) -> None:
    names = set(CODE.findall(promised("Server frames")[kind]))

    assert set(wanted(shape, but={"type", "ref"})) <= names


@pytest.mark.parametrize("kind", BODIES)
def test_every_event_that_is_written_has_the_promised_body(kind: str) -> None:
    names = set(CODE.findall(promised("Server frames")[kind]))

    for shape in next(shapes for each, shapes in BODIES.items() if each == kind):
        if shape not in REMAINS:
            assert set(wanted(shape, but=set())) <= names


def test_what_is_left_of_a_deletion_is_what_is_promised() -> None:
    (promise,) = (
        line
        for line in section("Server frames").splitlines()
        if line.startswith("A deleted message stays as")
    )

    for field in get_type_hints(Deletion):
        assert field in promise
    assert set(get_type_hints(DeletedEdit)) - set(get_type_hints(Deletion)) == {"target_seq"}


def test_every_error_has_the_promised_status() -> None:
    table = section("Error codes")

    for code in ErrorCode:
        row = next(line for line in table.splitlines() if f"`{code.value}`" in line)
        assert row.startswith(f"| {HTTP_STATUS[code]} |"), row
    assert all(f"`{code.value}`" in table for code in RunErrorCode)


def test_every_route_is_promised() -> None:
    # The last row but one names three paths that begin alike by their ends.
    heads = "/admin/conversations/{id}"
    table = section("HTTP").replace("`/release`", f"`{heads}/release`")

    for path, methods in build().openapi()["paths"].items():
        shown = path.removeprefix("/v1").replace("{conversation_id}", "{id}")
        rows = [line for line in table.splitlines() if f"`{shown}`" in line]
        for method in methods:
            assert any(method.upper() in row for row in rows), (method, path)
