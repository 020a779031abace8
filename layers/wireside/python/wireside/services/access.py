"""The one way into a conversation."""

from wireside.domain.conversation import Access, Conversation, Principal, System, User
from wireside.domain.errors import ErrorCode, Refused, not_found
from wireside.domain.events import ConversationId
from wireside.ports import Conversations


async def admit(
    conversations: Conversations, principal: Principal, conversation_id: ConversationId
) -> Access:
    """Return the conversation for somebody who may hold it. There is no other way to load one.

    Raises: Refused ``not_found`` for a person who is neither member nor the operator that holds
        it, whether it exists or not.
    """
    match principal:
        case User(id=user_id):
            access = await conversations.access(conversation_id, user_id)
            if access is None or access.conversation.deleted:
                raise not_found()
            if access.member is None and not access.is_operated_by(principal):
                raise not_found()
        case System():
            access = await conversations.access(conversation_id, None)
            if access is None or access.conversation.deleted:
                raise not_found()
    return access


async def find(
    conversations: Conversations, system: System, conversation_id: ConversationId
) -> Conversation | None:
    """Return a conversation that the service itself looks into; ``None``: it is not there."""
    try:
        access = await admit(conversations, system, conversation_id)
    except Refused as refused:
        if refused.code is ErrorCode.NOT_FOUND:
            return None
        raise
    return access.conversation
