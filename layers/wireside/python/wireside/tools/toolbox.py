"""Which tools an assistant has: the shipped ones by name, others as ``module:function``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from wireside.domain.conversation import Assistant
from wireside.ports import Tool
from wireside.tools.functions import FunctionTool

SHIPPED = "wireside.tools.shipped"


class ToolsError(ValueError):
    """A tool that an assistant is given cannot be had. ``str()`` is one line that names it."""


@dataclass(frozen=True)
class Toolbox:
    """``ports.Toolbox`` from the names in the settings. A tool is imported when it is first had."""

    _known: dict[str, FunctionTool] = field(default_factory=dict)

    def of(self, assistant: Assistant) -> Mapping[str, Tool]:
        """Return the assistant's tools.

        Raises: ToolsError.
        """
        tools = {each.name: each for each in map(self._tool, assistant.tools)}
        if len(tools) < len(assistant.tools):
            message = f"Two tools of {assistant.name} have the same name."
            raise ToolsError(message)
        return tools

    def _tool(self, reference: str) -> FunctionTool:
        if reference not in self._known:
            self._known[reference] = _imported(reference)
        return self._known[reference]


def check(toolbox: Toolbox, assistants: Sequence[Assistant]) -> None:
    """Look, at the start, whether all own tools of all assistants are there.

    Raises: ToolsError.
    """
    for each in assistants:
        if any(":" in reference for reference in each.tools):
            toolbox.of(each)


def _imported(reference: str) -> FunctionTool:
    module, _, name = reference.rpartition(":")
    try:
        found = getattr(import_module(module or SHIPPED), name, None)
    except ImportError as error:
        message = f"The tool {reference} cannot be imported: {error}"
        raise ToolsError(message) from error
    if not isinstance(found, FunctionTool):
        message = f"{reference} is no tool: a function made one by wireside.tools.tool is."
        raise ToolsError(message)
    return found
