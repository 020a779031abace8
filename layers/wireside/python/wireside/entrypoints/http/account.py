"""What belongs to the caller alone, and what everybody may know."""

from typing import Annotated

from fastapi import APIRouter, Header

from wireside import views, wire
from wireside.bootstrap import application, settings
from wireside.domain.errors import ErrorCode, Refused
from wireside.entrypoints.headers import is_allowed
from wireside.entrypoints.http.callers import Caller

routes = APIRouter()


@routes.post("/tickets", status_code=201)
async def ticket(user: Caller, origin: Annotated[str | None, Header()] = None) -> wire.Json:
    """Sell a ticket for one handshake or one refresh. It tells a browser, too, why it is refused.

    Raises: Refused ``unauthorized``, ``token_expired``, ``not_allowed`` for a foreign Origin.
    """
    if not is_allowed(origin, settings().allowed_origins):
        raise Refused(ErrorCode.NOT_ALLOWED, "This origin may not connect.")
    presented, until = await application().box_office.sell(user)
    return {"ticket": presented, "expires_at": wire.timestamp(until * 1_000)}


@routes.get("/models")
async def models(_user: Caller) -> wire.Json:
    """List what may be chosen as a conversation's model."""
    return {"items": views.models_json(application().conversations.assistants)}
