"""Signs of life, without token or prefix."""

from wireside.bootstrap import application
from wireside.entrypoints.http.routing import router
from wireside.pages import Health, Readiness

routes = router("health", prefix="")


@routes.get("/healthz")
async def healthz() -> Health:
    """Say that the function runs."""
    return {"status": "ok"}


@routes.get("/readyz")
async def readyz() -> Readiness:
    """Say that the store answers."""
    await application().table.get({"pk": {"S": "READY"}, "sk": {"S": "READY"}})
    return {"status": "ready"}
