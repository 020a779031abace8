"""Conversations and their logs."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from wireside import wire
from wireside.bootstrap import application
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.bodies import CreateBody, PatchBody
from wireside.entrypoints.http.callers import Asked, Caller
from wireside.protocol import MAX_SEQ
from wireside.services import deeds
from wireside.services.conversations import NewConversation

MAX_PAGE = 300

routes = APIRouter()


@routes.post("/conversations", status_code=201)
async def create(body: CreateBody, request: Asked) -> wire.Json:
    """Create a conversation. The caller is its owner."""
    new = NewConversation(body.title, tuple(body.members), body.model, body.reply_policy)
    return await application().conversations.create(request, new)


@routes.get("/conversations")
async def mine(
    user: Caller,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=1_000)] = None,
) -> wire.Json:
    """List my conversations, most recent activity first."""
    items, more = await application().conversations.mine(user, limit=limit, cursor=cursor)
    return {"items": items} | ({"cursor": more} if more else {})


@routes.get("/conversations/{conversation_id}")
async def read(conversation_id: str, user: Caller) -> wire.Json:
    """Read a conversation."""
    return await application().conversations.view(user, ConversationId(conversation_id))


@routes.patch("/conversations/{conversation_id}")
async def patch(conversation_id: str, body: PatchBody, request: Asked) -> wire.Json:
    """Set title, model or reply policy."""
    change = deeds.Patch(body.title, body.model, body.reply_policy)
    return await application().conversations.patch(request, ConversationId(conversation_id), change)


@routes.delete("/conversations/{conversation_id}", status_code=204)
async def delete(conversation_id: str, request: Asked) -> Response:
    """Delete a conversation, for everybody and for good. Owners only."""
    await application().deletion.by_owner(request, ConversationId(conversation_id))
    return Response(status_code=204)


@routes.get("/conversations/{conversation_id}/events")
async def events(
    conversation_id: str,
    user: Caller,
    after_seq: Annotated[int | None, Query(ge=0, le=MAX_SEQ)] = None,
    before_seq: Annotated[int | None, Query(ge=1, le=MAX_SEQ)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
) -> wire.Json:
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


@routes.post("/conversations/{conversation_id}/end")
async def end(conversation_id: str, request: Asked) -> wire.Json:
    """End a conversation. Its owner does, or the operator who holds it."""
    return await application().operators.end(request, ConversationId(conversation_id))
