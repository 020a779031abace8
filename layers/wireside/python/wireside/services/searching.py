"""Searching: the conversations of one person, most recently active first, block by block.

Where the index says "perhaps", the log is read, and after it whether the person is a member: so
former members find nothing, new ones the whole log, and nobody what was deleted since.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wireside import wire
from wireside.domain.conversation import Conversation, User
from wireside.domain.errors import ErrorCode, Refused
from wireside.domain.events import ConversationId, Event, Kind
from wireside.domain.searches import Found, Query, Signature, query, snippet, texts_of
from wireside.frames import FoundView
from wireside.ports import Clock, Conversations, Log, SearchIndex
from wireside.services.access import admit
from wireside.services.indexing import block_events

PAGE = 100
MAX_LOOKS = 300
"""How many blocks of logs, and lists of blocks, one search reads at most."""
MAX_SECONDS = 10
LIST_LAG_MS = 120_000
"""How much younger than its place in the list a conversation's last message may be."""


@dataclass(frozen=True, slots=True)
class _Hit:
    """A message that has all words, and the line of its newest text in which they are."""

    message: Event
    snippet: str


@dataclass(slots=True)
class _Search:
    """One search, as far as it has come."""

    query: Query
    limit: int
    until_ms: int
    looks: int = 0
    found: list[Found] = field(default_factory=list)

    def has_enough(self, up_to_ms: int) -> bool:
        """Whether nothing that was written up to then belongs to the newest ones."""
        return len(self.found) >= self.limit and self.found[-1].at_ms > up_to_ms

    def take(self, found: Iterable[Found]) -> None:
        """Keep the newest."""
        self.found += found
        self.found.sort(key=lambda each: (each.at_ms, each.seq), reverse=True)
        del self.found[self.limit :]


class _Exhausted(Exception):
    """The search has read as much as it may."""


@dataclass(frozen=True, slots=True)
class Searching:
    """The search over one's conversations."""

    conversations: Conversations
    log: Log
    index: SearchIndex
    clock: Clock

    async def search(self, user: User, text: str, *, limit: int) -> tuple[list[FoundView], bool]:
        """Return messages that have all words, newest first, and whether all was looked through.

        Raises: Refused ``invalid_field`` where there is nothing to look for.
        """
        sought = query(text)
        if not sought.sought:
            message = "There is no word in it."
            raise Refused(ErrorCode.INVALID_FIELD, message, details={"field": "q"})
        search = _Search(sought, limit, self.clock.now_ms() + MAX_SECONDS * 1_000)
        is_complete = True
        try:
            await self._run(user, search)
        except _Exhausted:
            is_complete = False
        return [_view(each) for each in search.found], is_complete

    async def _run(self, user: User, search: _Search) -> None:
        cursor = None
        while True:
            page, cursor = await self.conversations.listed(user.id, limit=PAGE, cursor=cursor)
            firsts = await self.index.first_blocks([each.id for each in page])
            for each in page:
                if search.has_enough(each.at_ms + LIST_LAG_MS):
                    return
                if each.id in firsts:
                    await self._look_into(user, each.id, firsts[each.id], search)
            if cursor is None:
                return
            self._may_go_on(search)

    def _may_go_on(self, search: _Search) -> None:
        self._in_time(search)
        if search.looks >= MAX_LOOKS:
            raise _Exhausted

    def _in_time(self, search: _Search) -> None:
        """Look at the clock before each text: a block may have 20 MB of them."""
        if self.clock.now_ms() >= search.until_ms:
            raise _Exhausted

    async def _look_into(
        self, user: User, conversation_id: ConversationId, first: Signature, search: _Search
    ) -> None:
        """Look into one conversation, block by block, newest first."""
        for block in await self._blocks(conversation_id, first, search):
            self._look(search)
            events = await block_events(self.log, conversation_id, block)
            hits: list[_Hit] = []
            for each in events:
                self._in_time(search)
                hits += await self._hits(conversation_id, each, search)
            if hits and not await self._keep(user, conversation_id, hits, search):
                return
            if events and search.has_enough(events[0].at_ms):
                return

    def _look(self, search: _Search) -> None:
        self._may_go_on(search)
        search.looks += 1

    async def _blocks(
        self, conversation_id: ConversationId, first: Signature, search: _Search
    ) -> list[int]:
        further: tuple[Signature, ...] = ()
        if first.is_full:
            self._look(search)
            further = await self.index.further_blocks(conversation_id)
        terms = search.query.terms
        return [each.block for each in (*further, first) if each.may_have(terms)]

    async def _hits(
        self, conversation_id: ConversationId, event: Event, search: _Search
    ) -> Sequence[_Hit]:
        """Return the event as a hit: a message in its own words, or in its newest edit's."""
        places = [search.query.place(text) for text in texts_of(event)]
        place = next((each for each in places if each is not None), None)
        if place is None:
            return ()
        message = event
        if event.kind is Kind.EDITED:
            self._look(search)
            target = await self.log.read(conversation_id, _target(event))
            if target is None or target.is_deleted or max(target.edits, default=0) != event.seq:
                return ()
            message = target
        return (_Hit(message, snippet(event.text, place)),)

    async def _keep(
        self,
        user: User,
        conversation_id: ConversationId,
        hits: Sequence[_Hit],
        search: _Search,
    ) -> bool:
        """Keep hits for who is a member, by a read after the log's; ``False``: they are not."""
        try:
            access = await admit(self.conversations, user, conversation_id)
        except Refused as refused:
            if refused.code is not ErrorCode.NOT_FOUND:
                raise
            return False
        if access.member is None:
            return False
        search.take(_found(access.conversation, each) for each in hits)
        return True


def _target(event: Event) -> int:
    target = event.body.get("target_seq")
    return target if isinstance(target, int) else 0


def _found(conversation: Conversation, hit: _Hit) -> Found:
    message = hit.message
    return Found(
        conversation.id,
        conversation.title,
        message.seq,
        message.at_ms,
        message.sender,
        hit.snippet,
    )


def _view(found: Found) -> FoundView:
    sender = found.sender
    return {
        "conversation_id": found.conversation_id,
        "title": found.title,
        "seq": found.seq,
        "at": wire.timestamp(found.at_ms),
        "sender": {"id": sender.id, "name": sender.name, "type": sender.type.value},
        "snippet": found.snippet,
    }
