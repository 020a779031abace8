"""The conversations of a client, of which the service has so many open and no more."""

from collections.abc import Callable, Iterator

from wireside_client.conversation import Conversation
from wireside_client.errors import Refused
from wireside_client.room import Phase

TOO_MANY = {"code": "too_many_open", "message": "As many conversations are open as may be."}


class Places:
    """Those that somebody follows, and those in which something waits to be sent.

    ``admit`` opens what waits for a place. What somebody asked for comes first; what is open only
    to send what waits there is closed afterwards, and makes room for the next.
    """

    def __init__(self, *, make: Callable[[str], Conversation], limit: Callable[[], int]) -> None:
        self._make, self._limit = make, limit
        self._conversations: dict[str, Conversation] = {}
        self._followed: set[str] = set()

    def __iter__(self) -> Iterator[Conversation]:
        """Yield all there are by now."""
        return iter([*self._conversations.values()])

    def get(self, id: str) -> Conversation | None:
        """Return a conversation that is here."""
        return self._conversations.get(id)

    def follow(self, id: str) -> Conversation:
        """Return what somebody asks for. Raises: Refused (``too_many_open``)."""
        others = (self._conversations[each] for each in self._followed - {id})
        if sum(not each.is_gone for each in others) >= self._limit():
            raise Refused(TOO_MANY)
        self._followed.add(id)
        return self.found(id)

    def found(self, id: str) -> Conversation:
        """Return a conversation that nobody need have asked for; one that is gone is made anew."""
        known = self._conversations.get(id)
        if known is None or known.is_gone:
            known = self._conversations[id] = self._make(id)
        return known

    def is_needed(self, conversation: Conversation) -> bool:
        """Whether somebody follows it, or something waits in it."""
        return conversation.id in self._followed or conversation.writer.is_busy

    def remove(self, conversation: Conversation) -> bool:
        """Follow it no longer; return whether it was here."""
        if self._conversations.get(conversation.id) is not conversation:
            return False
        del self._conversations[conversation.id]
        self._followed.discard(conversation.id)
        return True

    def admit(self) -> None:
        """Open what waits to be, as far as the service lets."""
        every = [*self]
        free = self._limit() - sum(each.room.takes_place for each in every)
        waiting = [each for each in every if each.room.phase is Phase.AWAY]
        waiting.sort(key=lambda each: each.id not in self._followed)
        for each in waiting[: max(0, free)]:
            each.room.open()

    @property
    def are_settled(self) -> bool:
        """Whether all that are open have caught up on the link of now."""
        return all(each.room.is_settled for each in self if each.room.takes_place)
