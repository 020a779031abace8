"""What operators do."""

from wireside.bootstrap import application
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.callers import Asked
from wireside.entrypoints.http.places import ConversationPath
from wireside.entrypoints.http.routing import refuses, router
from wireside.frames import ConversationView

routes = router("operators")


@routes.post(
    "/admin/conversations/{conversation_id}/takeover",
    openapi_extra=refuses(
        ErrorCode.NOT_ALLOWED, ErrorCode.ALREADY_TAKEN_OVER, ErrorCode.CONVERSATION_ENDED
    ),
)
async def take_over(conversation_id: ConversationPath, request: Asked) -> ConversationView:
    """Take a conversation over: no assistant writes in it until it is handed back."""
    return await application().operators.take_over(request, ConversationId(conversation_id))


@routes.post(
    "/admin/conversations/{conversation_id}/release",
    openapi_extra=refuses(ErrorCode.NOT_ALLOWED, ErrorCode.ALREADY_TAKEN_OVER),
)
async def release(conversation_id: ConversationPath, request: Asked) -> ConversationView:
    """Hand a conversation back."""
    return await application().operators.release(request, ConversationId(conversation_id))
