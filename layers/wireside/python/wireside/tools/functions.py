"""Functions as tools: what models are told of them, and how they are called."""

import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, get_type_hints

from wireside.domain.errors import ToolRefused
from wireside.domain.tools import ToolSpec
from wireside.ports import Room

if TYPE_CHECKING:
    from pydantic import BaseModel

type ToolFunction = Callable[..., Awaitable[object]]

LONGEST_SECONDS = 60
MAX_PROBLEMS = 5


@dataclass(frozen=True)
class FunctionTool:
    """``ports.Tool`` for a function. Pydantic is imported for the first one that is looked at."""

    function: ToolFunction
    needs_approval: bool
    seconds: float
    name: str = field(init=False)

    def __post_init__(self) -> None:
        """Refuse what cannot be a tool, where it is written.

        Raises: TypeError.
        """
        if not inspect.iscoroutinefunction(self.function):
            message = "A tool is an asynchronous function."
            raise TypeError(message)
        if not inspect.getdoc(self.function):
            message = "A tool has a docstring: it is what models are told of it."
            raise TypeError(message)
        if not 0 < self.seconds <= LONGEST_SECONDS:
            message = f"A tool has at most {LONGEST_SECONDS} seconds."
            raise TypeError(message)
        object.__setattr__(self, "name", self.function.__name__)

    @cached_property
    def spec(self) -> ToolSpec:
        """What models are told."""
        return ToolSpec(
            name=self.name,
            description=inspect.getdoc(self.function) or "",
            parameters=_plain(self._model.model_json_schema()),
            needs_approval=self.needs_approval,
            seconds=self.seconds,
        )

    def check(self, arguments: Mapping[str, object]) -> None:
        """Look whether the arguments are what the function's types say.

        Raises: ToolRefused.
        """
        self._checked(arguments)

    async def call(self, arguments: Mapping[str, object], room: Room) -> str:
        """Call the function; what is no text already becomes JSON.

        Raises: ToolRefused.
        """
        from pydantic_core import to_json

        checked = self._checked(arguments)
        named = {each: getattr(checked, each) for each in type(checked).model_fields}
        given = {self._room: room} if self._room is not None else {}
        result = await self.function(**given, **named)
        return result if isinstance(result, str) else to_json(result).decode()

    def _checked(self, arguments: Mapping[str, object]) -> "BaseModel":
        from pydantic import ValidationError

        try:
            return self._model.model_validate(arguments)
        except ValidationError as error:
            raise ToolRefused(_in_words(error.errors(include_url=False))) from error

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.function, include_extras=True)

    @cached_property
    def _room(self) -> str | None:
        """The name of the parameter that is given the conversation, if there is one."""
        first = next(iter(inspect.signature(self.function).parameters), None)
        return first if first is not None and self._hints.get(first) is Room else None

    @cached_property
    def _model(self) -> "type[BaseModel]":
        from pydantic import ConfigDict, create_model

        fields: dict[str, Any] = {
            name: (self._hints[name], ... if each.default is each.empty else each.default)
            for name, each in inspect.signature(self.function).parameters.items()
            if name != self._room
        }
        # A string may name infinity: no bound that a tool forgot lets it in.
        config = ConfigDict(extra="forbid", allow_inf_nan=False)
        return create_model(self.name, __config__=config, **fields)


def tool(
    *, approval: Literal["none", "required"] = "none", seconds: float = 10
) -> Callable[[ToolFunction], FunctionTool]:
    """Make a function a tool.

    Args:
        approval: with ``required`` a person of the conversation has to approve every call.
        seconds: how long one call may take; at most 60.
    """

    def decorate(function: ToolFunction) -> FunctionTool:
        return FunctionTool(function, approval == "required", seconds)

    return decorate


def _plain(schema: dict[str, Any]) -> dict[str, Any]:
    """Leave out the titles that repeat every name."""
    properties = {
        name: {key: value for key, value in each.items() if key != "title"}
        for name, each in schema.get("properties", {}).items()
    }
    return {key: value for key, value in schema.items() if key != "title"} | {
        "properties": properties
    }


def _in_words(problems: list[Any]) -> str:
    """Return what is wrong, without repeating what came."""
    said = (
        f"{'.'.join(str(part) for part in each['loc']) or 'arguments'}: {each['msg']}"
        for each in problems[:MAX_PROBLEMS]
    )
    return f"The arguments are not what the tool takes. {'; '.join(said)}"
