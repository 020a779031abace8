"""Who belongs to a conversation, and invitations to it."""

from fastapi import APIRouter, Response

from wireside import wire
from wireside.bootstrap import application
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.bodies import JoinBody, MemberBody
from wireside.entrypoints.http.callers import Asked

routes = APIRouter()


@routes.post("/conversations/join")
async def join(body: JoinBody, request: Asked) -> wire.Json:
    """Become a member by an invitation."""
    return await application().invitations.join(request, body.token)


@routes.post("/conversations/{conversation_id}/members", status_code=201)
async def add_member(conversation_id: str, body: MemberBody, request: Asked) -> wire.Json:
    """Add a member."""
    return await application().conversations.add(
        request, ConversationId(conversation_id), body.user_id, body.name
    )


@routes.delete("/conversations/{conversation_id}/members/{user_id}", status_code=204)
async def remove_member(conversation_id: str, user_id: str, request: Asked) -> Response:
    """Remove a member, or leave."""
    await application().conversations.remove(request, ConversationId(conversation_id), user_id)
    return Response(status_code=204)


@routes.post("/conversations/{conversation_id}/invites", status_code=201)
async def invite(conversation_id: str, request: Asked) -> wire.Json:
    """Make an invitation that everybody who has it may use for 7 days."""
    token, until = await application().invitations.invite(request, ConversationId(conversation_id))
    return {"token": token, "expires_at": wire.timestamp(until * 1_000)}
