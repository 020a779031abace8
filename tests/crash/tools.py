"""What the crashed functions' assistant may call."""

from wireside.tools import tool


@tool(approval="required")
async def pay() -> str:
    """Pay."""
    return "paid"
