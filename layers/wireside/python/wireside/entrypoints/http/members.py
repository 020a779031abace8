"""Who belongs to a conversation, and invitations to it."""

from fastapi import Response

from wireside import wire
from wireside.bootstrap import application
from wireside.domain.errors import ErrorCode
from wireside.domain.events import ConversationId
from wireside.entrypoints.http.bodies import JoinBody, MemberBody
from wireside.entrypoints.http.callers import Asked
from wireside.entrypoints.http.places import ConversationPath, UserPath
from wireside.entrypoints.http.routing import refuses, router
from wireside.frames import ConversationView
from wireside.pages import Invitation

routes = router("members")


@routes.post(
    "/conversations/join",
    openapi_extra=refuses(
        ErrorCode.NOT_FOUND, ErrorCode.CONVERSATION_ENDED, ErrorCode.CONVERSATION_FULL
    ),
)
async def join(body: JoinBody, request: Asked) -> ConversationView:
    """Become a member by an invitation."""
    return await application().invitations.join(request, body.token)


@routes.post(
    "/conversations/{conversation_id}/members",
    status_code=201,
    openapi_extra=refuses(ErrorCode.CONVERSATION_ENDED, ErrorCode.CONVERSATION_FULL),
)
async def add_member(
    conversation_id: ConversationPath, body: MemberBody, request: Asked
) -> ConversationView:
    """Add a member."""
    return await application().conversations.add(
        request, ConversationId(conversation_id), body.user_id, body.name
    )


@routes.delete(
    "/conversations/{conversation_id}/members/{user_id:path}",
    status_code=204,
    openapi_extra=refuses(ErrorCode.NOT_ALLOWED),
)
async def remove_member(
    conversation_id: ConversationPath, user_id: UserPath, request: Asked
) -> Response:
    """Remove a member, or leave."""
    await application().conversations.remove(request, ConversationId(conversation_id), user_id)
    return Response(status_code=204)


@routes.post(
    "/conversations/{conversation_id}/invites",
    status_code=201,
    openapi_extra=refuses(ErrorCode.CONVERSATION_ENDED),
)
async def invite(conversation_id: ConversationPath, request: Asked) -> Invitation:
    """Make an invitation that everybody who has it may use for 7 days."""
    token, until = await application().invitations.invite(request, ConversationId(conversation_id))
    return {"token": token, "expires_at": wire.timestamp(until * 1_000)}
