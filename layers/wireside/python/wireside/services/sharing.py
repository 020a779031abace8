"""Sharing: owners make a link, whoever holds it reads; every member may withdraw it.

What a link shows is frozen where it was made: later messages and edits are not in it. Deletions
are, whenever they come.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wireside import wire
from wireside.domain.conversation import Access, System, title_from
from wireside.domain.errors import ErrorCode, Refused, Unavailable, not_found
from wireside.domain.events import ConversationId, Event, Kind
from wireside.domain.invites import kept_key
from wireside.domain.links import MAX_TOKEN, SharedLink, link_id, token_of
from wireside.pages import SharedMessage, SharedPage, ShareMade
from wireside.ports import Clock, Conversations, Ids, Links, Log
from wireside.services.access import admit
from wireside.services.conversations import ENOUGH_BYTES
from wireside.services.deeds import Request, key_reused, remembered_as
from wireside.services.transcripts import Version, versions

TRIES = 5
SHOWN = ("reply_to", "regenerates", "finish_reason", "items")
"""What a shared message has of its body, besides its text."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """The use cases behind ``/share`` and ``/shared``."""

    conversations: Conversations
    log: Log
    links: Links
    clock: Clock
    ids: Ids

    async def share(self, request: Request, conversation_id: ConversationId) -> ShareMade:
        """Make the conversation's link, in place of the one it has; a repeat returns the same.

        Raises: Refused ``not_found``, ``not_allowed``, ``client_id_reused``; Unavailable.
        """
        for _ in range(TRIES):
            access = await admit(self.conversations, request.user, conversation_id)
            if not access.is_owner:
                raise Refused(ErrorCode.NOT_ALLOWED, "Only owners share a conversation.")
            known = await self._done_before(request, conversation_id, "share")
            if known is not None:
                return _made(token_of(known["seed"], request.key or ""), known)
            made = await self._share(request, access)
            if made is not None:
                return made
        raise _busy()

    async def _share(self, request: Request, access: Access) -> ShareMade | None:
        conversation, seed = access.conversation, self.ids.new()
        newest = await self.log.before(conversation.id, None, limit=1)
        token = token_of(seed, request.key or self.ids.new())
        made_from = conversation.title_seq
        link = SharedLink(
            id=link_id(token),
            conversation_id=conversation.id,
            through_seq=newest[-1].seq if newest else 0,
            created_at_ms=self.clock.now_ms(),
            veil=self.ids.new(),
            by=request.user.id,
            title=conversation.title if made_from is None else None,
            title_seq=made_from,
        )
        told = {
            "seed": seed,
            "through_seq": str(link.through_seq),
            "created_at_ms": str(link.created_at_ms),
        }
        remember = remembered_as(_hidden(request), "", "share", told)
        shared = await self.links.put(link, remember, former=_link_of(access))
        return _made(token, told) if shared else None

    async def withdraw(self, request: Request, conversation_id: ConversationId) -> None:
        """Share it no more; nothing happens where it is not, nor by a repeat.

        Raises: Refused ``not_found``, ``client_id_reused``; Unavailable.
        """
        remember = remembered_as(_hidden(request), "", "unshare", {})
        for _ in range(TRIES):
            access = await admit(self.conversations, request.user, conversation_id)
            if await self._done_before(request, conversation_id, "unshare") is not None:
                return
            if await self.links.withdraw(
                conversation_id,
                remember,
                former=_link_of(access),
                now_ms=self.clock.now_ms(),
            ):
                return
        raise _busy()

    async def _done_before(
        self, request: Request, conversation_id: ConversationId, what: str
    ) -> Mapping[str, str] | None:
        remember = remembered_as(_hidden(request), "", what, {})
        if remember is None:
            return None
        known = await self.conversations.remembered(request.user.id, remember.key, conversation_id)
        if known is not None and known.fingerprint != remember.fingerprint:
            raise key_reused()
        return known.result if known else None

    async def read(self, token: str, *, after_seq: int, limit: int) -> SharedPage:
        """Return what a link shows after ``after_seq``, out of at most ``limit`` events.

        Raises: Refused ``not_found``, whether it never was, was withdrawn or deleted.
        """
        link = await self._link(token)
        wanted = min(limit, link.through_seq - after_seq)
        events: Sequence[Event] = ()
        if wanted > 0:
            events = await self.log.after(
                link.conversation_id, after_seq, limit=wanted, enough_bytes=ENOUGH_BYTES
            )
        page = await self._page(link, events)
        await self._still_shared(link)
        return page

    async def _link(self, token: str) -> SharedLink:
        link = await self.links.read(link_id(token)) if len(token) <= MAX_TOKEN else None
        if link is None:
            raise not_found()
        return link

    async def _still_shared(self, link: SharedLink) -> None:
        """Look after all that is shown was read, else what is withdrawn meanwhile leaks."""
        access = await admit(self.conversations, System("share"), link.conversation_id)
        if _link_of(access) != link.id:
            raise not_found()

    async def _page(self, link: SharedLink, events: Sequence[Event]) -> SharedPage:
        messages = [each for each in events if each.kind is Kind.MESSAGE]
        read = await self._versions(link, messages)
        items: list[SharedMessage] = []
        size, last = 0, events[-1].seq if events else link.through_seq
        for each in messages:
            items.append(_message(link, each, read[each.seq]))
            size += len(wire.encode(items[-1]))
            if size >= ENOUGH_BYTES:
                last = each.seq
                break
        page: SharedPage = {
            "title": await self._title(link),
            "created_at": wire.timestamp(link.created_at_ms),
            "through_seq": link.through_seq,
            "items": items,
        }
        if last < link.through_seq:
            page["cursor"] = str(last)
        return page

    async def _versions(self, link: SharedLink, messages: Sequence[Event]) -> Mapping[int, Version]:
        return await versions(
            self.log, link.conversation_id, messages, through_seq=link.through_seq
        )

    async def _title(self, link: SharedLink) -> str | None:
        """Return the title of then, but no word of a message that was deleted or changed."""
        if link.title_seq is None:
            return link.title
        source = await self.log.read(link.conversation_id, link.title_seq)
        if source is None:
            return None
        return title_from((await self._versions(link, [source]))[source.seq].text)


def _hidden(request: Request) -> Request:
    """Return the request as it is remembered: its own key and what is kept make the token."""
    return Request(request.user, kept_key(request.key) if request.key else None)


def _made(token: str, told: Mapping[str, str]) -> ShareMade:
    return {
        "token": token,
        "through_seq": int(told["through_seq"]),
        "created_at": wire.timestamp(int(told["created_at_ms"])),
    }


def _link_of(access: Access) -> str | None:
    shared = access.conversation.shared
    return shared.link_id if shared else None


def _message(link: SharedLink, event: Event, version: Version) -> SharedMessage:
    sender = event.sender
    seen: SharedMessage = {
        "seq": event.seq,
        "at": wire.timestamp(event.at_ms),
        "sender": {
            "key": link.key_of(sender.id),
            "name": sender.name,
            "type": sender.type.value,
        },
        "text": version.text,
    }
    if version.deleted:
        seen["deleted"] = True
        return seen
    if version.edited:
        seen["edited"] = True
    shown = {name: event.body[name] for name in SHOWN if name in event.body}
    return {**seen, **shown}  # type: ignore[typeddict-item]


def _busy() -> Unavailable:
    message = "The conversation is too busy."
    return Unavailable(message)
