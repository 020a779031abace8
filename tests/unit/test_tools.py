"""Functions as tools, and which of them an assistant has."""

import asyncio
import json
from dataclasses import replace
from types import ModuleType
from typing import Annotated, Any

import pytest
from pydantic import Field

from tests.builders import DEMO
from wireside.assistants import AssistantsError, read_assistants
from wireside.domain.errors import ToolRefused
from wireside.tools import Room, tool
from wireside.tools.toolbox import Toolbox, ToolsError, check


@tool(seconds=5)
async def order(
    room: Room, name: str, count: Annotated[int, Field(ge=1, description="How many")] = 1
) -> dict[str, Any]:
    """Order something."""
    return {"room": room is not None, "name": name, "count": count}


def test_a_model_is_told_of_a_function_by_its_types_and_words() -> None:
    spec = order.spec

    assert (spec.name, spec.description) == ("order", "Order something.")
    assert (spec.seconds, spec.needs_approval) == (5, False)
    assert spec.parameters == {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "count": {"type": "integer", "default": 1, "minimum": 1, "description": "How many"},
        },
        "required": ["name"],
        "additionalProperties": False,
    }


def test_what_is_no_text_becomes_json() -> None:
    room: Any = object()

    said = asyncio.run(order.call({"name": "tea"}, room))

    assert json.loads(said) == {"room": True, "name": "tea", "count": 1}


@pytest.mark.parametrize(
    "arguments", [{}, {"name": 1}, {"name": "tea", "count": 0}, {"name": "tea", "room": "other"}]
)
def test_what_does_not_fit_the_types_never_reaches_the_function(
    arguments: dict[str, object],
) -> None:
    with pytest.raises(ToolRefused, match="not what the tool takes"):
        order.check(arguments)


@pytest.mark.parametrize("amount", ["NaN", "inf", "-Infinity", "1e999"])
def test_no_string_is_an_endless_number(amount: str) -> None:
    @tool()
    async def pay(amount: Annotated[float, Field(gt=0)]) -> float:
        """Pay."""
        return amount

    with pytest.raises(ToolRefused, match="amount: "):
        pay.check({"amount": amount})


def plain() -> str:
    """Block."""
    return ""


async def silent() -> str:
    return ""


async def spoken() -> str:
    """Speak."""
    return ""


@pytest.mark.parametrize(
    ("function", "seconds", "why"),
    [(plain, 10, "asynchronous"), (silent, 10, "docstring"), (spoken, 61, "seconds")],
)
def test_what_cannot_be_a_tool_is_refused_where_it_is_written(
    function: Any, seconds: float, why: str
) -> None:
    with pytest.raises(TypeError, match=why):
        tool(seconds=seconds)(function)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return an operator's own module."""
    module: Any = ModuleType("shop")
    module.order, module.plain = order, plain
    monkeypatch.setitem(__import__("sys").modules, "shop", module)
    return module  # type: ignore[no-any-return]


@pytest.mark.usefixtures("shop")
def test_shipped_tools_and_own_ones_stand_beside_each_other() -> None:
    helper = replace(DEMO, tools=("current_time", "shop:order"))

    assert list(Toolbox().of(helper)) == ["current_time", "order"]


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(
    ("references", "why"),
    [
        (("shop:plain",), "shop:plain is no tool"),
        (("shop:nothing",), "shop:nothing is no tool"),
        (("nowhere:order",), "nowhere:order cannot be imported"),
    ],
)
def test_an_own_tool_that_is_not_there_is_named_at_the_start(
    references: tuple[str, ...], why: str
) -> None:
    with pytest.raises(ToolsError, match=why):
        check(Toolbox(), [replace(DEMO, tools=references)])


def test_two_tools_of_one_name_are_refused(shop: ModuleType) -> None:
    helper = replace(DEMO, tools=("shop:order", "shop:again"))
    shop.again = order  # type: ignore[attr-defined]

    with pytest.raises(ToolsError, match="same name"):
        Toolbox().of(helper)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"tools": "current_time"}, r"\[0\].tools must be a list"),
        ({"tools": ["rm"]}, r"\[0\].tools must be a list of search_conversation, current_time"),
        ({"tools": ["os:system()"]}, r"\[0\].tools must be a list"),
        ({"tools": ["current_time"] * 2}, "different tools"),
        ({"tools": [f"a:b{number}" for number in range(21)]}, "at most 20"),
        ({"tools": ["current_time"], "context_tokens": 3_000}, "context_tokens of at least 4000"),
        ({"tools": ["current_time"], "provider": "dify"}, "means nothing to the provider dify"),
    ],
)
def test_wrong_settings_of_tools_say_which_field(fields: dict[str, object], why: str) -> None:
    entry = {"name": "helper", "provider": "demo", **fields}

    with pytest.raises(AssistantsError, match=why):
        read_assistants(json.dumps([entry]))
