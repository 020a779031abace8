"""Conversations and their logs."""

from typing import Annotated

from fastapi import Query, Response

from wireside import wire
from wireside.bootstrap import application
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.bodies import CreateBody, PatchBody
from wireside.entrypoints.http.callers import Asked, Caller
from wireside.entrypoints.http.places import ConversationPath
from wireside.entrypoints.http.routing import refuses, router
from wireside.frames import ConversationView
from wireside.pages import ConversationList, LogPage
from wireside.protocol import MAX_SEQ
from wireside.services import deeds
from wireside.services.conversations import NewConversation

MAX_PAGE = 300
CURSOR = {"format": "cursor"}

routes = router("conversations")


@routes.post(
    "/conversations",
    status_code=201,
    openapi_extra=refuses(ErrorCode.UNKNOWN_MODEL, ErrorCode.CONVERSATION_FULL),
)
async def create(body: CreateBody, request: Asked) -> ConversationView:
    """Create a conversation. The caller is its owner."""
    new = NewConversation(body.title, tuple(body.members), body.model, body.reply_policy)
    return await application().conversations.create(request, new)


@routes.get("/conversations")
async def mine(
    user: Caller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000, json_schema_extra=CURSOR)] = None,
) -> ConversationList:
    """List my conversations, most recent activity first."""
    items, more = await application().conversations.mine(user, limit=limit, cursor=cursor)
    return {"items": items, "cursor": more} if more else {"items": items}


@routes.get("/conversations/{conversation_id}")
async def read(conversation_id: ConversationPath, user: Caller) -> ConversationView:
    """Read a conversation."""
    return await application().conversations.view(user, ConversationId(conversation_id))


@routes.patch(
    "/conversations/{conversation_id}",
    openapi_extra=refuses(ErrorCode.UNKNOWN_MODEL, ErrorCode.CONVERSATION_ENDED),
)
async def patch(
    conversation_id: ConversationPath, body: PatchBody, request: Asked
) -> ConversationView:
    """Set title, model or reply policy."""
    change = deeds.Patch(body.title, body.model, body.reply_policy)
    return await application().conversations.patch(request, ConversationId(conversation_id), change)


@routes.delete(
    "/conversations/{conversation_id}",
    status_code=204,
    openapi_extra=refuses(ErrorCode.NOT_ALLOWED),
)
async def delete(conversation_id: ConversationPath, request: Asked) -> Response:
    """Delete a conversation, for everybody and for good. Owners only."""
    await application().deletion.by_owner(request, ConversationId(conversation_id))
    return Response(status_code=204)


@routes.get("/conversations/{conversation_id}/events")
async def events(
    conversation_id: ConversationPath,
    user: Caller,
    after_seq: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
    before_seq: Annotated[int | None, Query(ge=1, le=MAX_SEQ)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> LogPage:
    """Read a page of the log, ascending; without a seq the newest."""
    place, window = await application().conversations.events(
        user,
        ConversationId(conversation_id),
        after_seq=after_seq,
        before_seq=before_seq,
        limit=limit,
    )
    return {
        "events": [wire.event_json(event) for event in window.events],
        "head": window.head.seq if window.head else 0,
        "epoch": place.epoch,
    }


@routes.post("/conversations/{conversation_id}/end", openapi_extra=refuses(ErrorCode.NOT_ALLOWED))
async def end(conversation_id: ConversationPath, request: Asked) -> ConversationView:
    """End a conversation. Its owner does, or the operator who holds it."""
    return await application().operators.end(request, ConversationId(conversation_id))
