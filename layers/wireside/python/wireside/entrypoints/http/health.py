"""Signs of life, without token or prefix."""

from typing import Literal

from fastapi import APIRouter

from wireside.bootstrap import application

routes = APIRouter()


@routes.get("/healthz")
async def healthz() -> dict[str, Literal["ok"]]:
    """Say that the function runs."""
    return {"status": "ok"}


@routes.get("/readyz")
async def readyz() -> dict[str, Literal["ready"]]:
    """Say that the store answers."""
    await application().table.get({"pk": {"S": "READY"}, "sk": {"S": "READY"}})
    return {"status": "ready"}
