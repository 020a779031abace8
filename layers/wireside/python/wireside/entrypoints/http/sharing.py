"""Sharing over HTTP: the link, and what whoever holds it reads without a token of their own."""

from typing import Annotated

from fastapi import Query, Response

from wireside.bootstrap import application
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.callers import Asked
from wireside.entrypoints.http.places import ConversationPath, TokenPath
from wireside.entrypoints.http.routing import refuses, router
from wireside.pages import SharedPage, ShareMade

MAX_SHARED = 100

routes = router("sharing")


@routes.post(
    "/conversations/{conversation_id}/share",
    status_code=201,
    openapi_extra=refuses(ErrorCode.NOT_ALLOWED),
)
async def share(conversation_id: ConversationPath, request: Asked) -> ShareMade:
    """Make the link by which everybody who has it reads what there is now. Owners only."""
    return await application().sharing.share(request, ConversationId(conversation_id))


@routes.delete("/conversations/{conversation_id}/share", status_code=204)
async def withdraw(conversation_id: ConversationPath, request: Asked) -> Response:
    """Withdraw the link. Every member may."""
    await application().sharing.withdraw(request, ConversationId(conversation_id))
    return Response(status_code=204)


@routes.get("/shared/{token}")
async def shared(
    token: TokenPath,
    limit: Annotated[int, Query(ge=1, le=MAX_SHARED)] = 50,
    cursor: Annotated[str, Query(pattern="^[0-9]{1,12}$")] = "0",
) -> SharedPage:
    """Read what is shared, oldest first. Needs no token but that of the link."""
    return await application().sharing.read(token, after_seq=int(cursor), limit=limit)
