"""What operators do."""

from fastapi import APIRouter

from wireside import wire
from wireside.bootstrap import application
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.callers import Asked

routes = APIRouter()


@routes.post("/admin/conversations/{conversation_id}/takeover")
async def take_over(conversation_id: str, request: Asked) -> wire.Json:
    """Take a conversation over: no assistant writes in it until it is handed back."""
    return await application().operators.take_over(request, ConversationId(conversation_id))


@routes.post("/admin/conversations/{conversation_id}/release")
async def release(conversation_id: str, request: Asked) -> wire.Json:
    """Hand a conversation back."""
    return await application().operators.release(request, ConversationId(conversation_id))
