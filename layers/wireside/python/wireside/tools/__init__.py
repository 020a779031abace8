'''Tools that assistants may call.

A tool is an asynchronous function with types, whose docstring tells a model what it does::

    from typing import Annotated

    from pydantic import Field
    from wireside.tools import tool


    @tool(approval="required", seconds=5)
    async def refund(order: str, cents: Annotated[int, Field(ge=1, le=10_000)]) -> str:
        """Pay back an order, or a part of it."""
        ...

A first parameter of the type ``Room`` is given the conversation in which the tool is called; no
model sees it, or can name another. See ``docs/assistants.md``.
'''

from wireside.domain.errors import ToolRefused
from wireside.ports import Room, Said
from wireside.tools.functions import tool

__all__ = ["Room", "Said", "ToolRefused", "tool"]
