"""What this deployment cannot do, over HTTP."""

from fastapi import Request

from wireside.bootstrap import settings
from wireside.entrypoints.http.callers import Caller
from wireside.entrypoints.http.routing import router
from wireside.entrypoints.limitations import limitations
from wireside.pages import Limitations

routes = router("account")


@routes.get("/limitations")
async def limits(_user: Caller, request: Request) -> Limitations:
    """Say what this deployment does not do, or only so far."""
    paths = {str(getattr(each, "path", "")) for each in request.app.routes}
    return {"items": limitations(settings(), paths)}
