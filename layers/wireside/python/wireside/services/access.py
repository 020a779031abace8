"""The one way into a conversation."""

from wireside.domain.conversation import Access, Conversation, Principal, Roster, System, User
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
    user_id = principal.id if isinstance(principal, User) else None
    return _let_in(principal, await conversations.access(conversation_id, user_id))


async def admit_to_whole(
    conversations: Conversations, principal: Principal, conversation_id: ConversationId
) -> tuple[Access, Roster]:
    """Return the conversation as ``admit`` does, and all who are in it, in one read.

    Raises: Refused ``not_found``.
    """
    whole = await conversations.whole(conversation_id)
    if whole is None:
        raise not_found()
    user_id = principal.id if isinstance(principal, User) else None
    member = next((each for each in whole.roster.members if each.user_id == user_id), None)
    return _let_in(principal, Access(whole.conversation, member)), whole.roster


def _let_in(principal: Principal, access: Access | None) -> Access:
    if access is None or access.conversation.deleted:
        raise not_found()
    match principal:
        case User():
            if access.member is None and not access.is_operated_by(principal):
                raise not_found()
        case System():
            pass
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
