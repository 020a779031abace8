"""What belongs to the caller alone, and what everybody may know."""

from typing import Annotated

from fastapi import Header

from wireside import views, wire
from wireside.bootstrap import application, settings
from wireside.domain.errors import ErrorCode, Refused
from wireside.entrypoints.headers import is_allowed
from wireside.entrypoints.http.callers import Caller
from wireside.entrypoints.http.routing import refuses, router
from wireside.pages import ModelList, Ticket

routes = router("account")


@routes.post(
    "/tickets",
    status_code=201,
    openapi_extra=refuses(ErrorCode.NOT_ALLOWED, ErrorCode.RATE_LIMITED),
)
async def ticket(user: Caller, origin: Annotated[str | None, Header()] = None) -> Ticket:
    """Sell a ticket for one handshake or one refresh. It tells a browser, too, why it is refused.

    Raises: Refused ``unauthorized``, ``token_expired``, ``not_allowed`` for a foreign Origin.
    """
    if not is_allowed(origin, settings().allowed_origins):
        raise Refused(ErrorCode.NOT_ALLOWED, "This origin may not connect.")
    presented, until = await application().box_office.sell(user)
    return {"ticket": presented, "expires_at": wire.timestamp(until * 1_000)}


@routes.get("/models")
async def models(_user: Caller) -> ModelList:
    """List what may be chosen as a conversation's model."""
    return {"items": views.models_json(application().conversations.assistants)}
