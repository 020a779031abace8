"""The HTTP API, as far as clients need it."""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp

from wireside_client.errors import Refused
from wireside_client.timing import Backoff, SystemClock

type Json = dict[str, Any]

TRIES = 3
LONGEST_WAIT_SECONDS = 5.0
SERVER_FAULT = 500
UNREACHABLE = {
    "code": "unavailable",
    "message": "The service cannot be reached.",
    "retryable": True,
}


@dataclass(slots=True)
class Api:
    """Requests to one service. ``token`` is asked for every one of them.

    Every method raises Refused; what may be tried again was tried three times by then, under the
    same ``Idempotency-Key``.
    """

    session: aiohttp.ClientSession
    base_url: str
    token: Callable[[], Awaitable[str]]

    async def create(
        self,
        title: str | None = None,
        members: tuple[str, ...] = (),
        *,
        model: str | None = None,
        reply_policy: str | None = None,
    ) -> Json:
        """Create a conversation with people's user ids; return it."""
        also = {"title": title, "model": model, "reply_policy": reply_policy}
        said = {name: value for name, value in also.items() if value}
        return await self.ask("POST", "/conversations", {"members": [*members], **said})

    async def conversations(self) -> list[Json]:
        """Return up to 100 conversations, the most recent activity first."""
        found = await self.ask("GET", "/conversations?limit=100")
        return list(found["items"])

    async def conversation(self, conversation_id: str) -> Json:
        """Return one conversation."""
        return await self.ask("GET", f"/conversations/{_part(conversation_id)}")

    async def change(self, conversation_id: str, **changes: str) -> Json:
        """Set ``title``, ``model`` or ``reply_policy``; return the conversation."""
        return await self.ask("PATCH", f"/conversations/{_part(conversation_id)}", changes)

    async def end(self, conversation_id: str) -> Json:
        """End a conversation for good."""
        return await self.ask("POST", f"/conversations/{_part(conversation_id)}/end")

    async def delete(self, conversation_id: str) -> None:
        """Delete a conversation, for everybody and for good."""
        await self.ask("DELETE", f"/conversations/{_part(conversation_id)}")

    async def delete_me(self) -> Json:
        """Delete everything of this person, for good; return how far it is: ``under_way``."""
        return await self.ask("DELETE", "/me")

    async def add_member(self, conversation_id: str, user_id: str, name: str | None = None) -> Json:
        """Let somebody in; return the conversation."""
        body = {"user_id": user_id} | ({"name": name} if name else {})
        return await self.ask("POST", f"/conversations/{_part(conversation_id)}/members", body)

    async def remove_member(self, conversation_id: str, user_id: str) -> None:
        """Remove somebody, or leave."""
        path = f"/conversations/{_part(conversation_id)}/members/{_part(user_id)}"
        await self.ask("DELETE", path)

    async def invite(self, conversation_id: str) -> Json:
        """Make an invitation: ``token``, ``expires_at``."""
        return await self.ask("POST", f"/conversations/{_part(conversation_id)}/invites")

    async def join(self, token: str) -> Json:
        """Come in by an invitation; return the conversation."""
        return await self.ask("POST", "/conversations/join", {"token": token})

    async def share(self, conversation_id: str) -> Json:
        """Make the link to what there is now: ``token``, ``through_seq``, ``created_at``."""
        return await self.ask("POST", f"/conversations/{_part(conversation_id)}/share")

    async def unshare(self, conversation_id: str) -> None:
        """Withdraw the link."""
        await self.ask("DELETE", f"/conversations/{_part(conversation_id)}/share")

    async def search(self, words: str, limit: int = 20) -> Json:
        """Find messages of my conversations, newest first: ``items``, and ``complete``."""
        return await self.ask("GET", f"/search?q={quote(words, safe='')}&limit={limit}")

    async def events(self, conversation_id: str, where: Mapping[str, int], limit: int) -> Json:
        """Return a page: ``events`` ascending, ``head``, ``epoch``.

        ``where`` has ``after_seq`` or ``before_seq``.
        """
        query = "&".join(f"{name}={value}" for name, value in where.items())
        path = f"/conversations/{_part(conversation_id)}/events?{query}&limit={limit}"
        return await self.ask("GET", path)

    async def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """Send one request; return what is answered."""
        key, backoff, tried = uuid.uuid4().hex, Backoff(SystemClock()), 0
        while True:
            tried += 1
            try:
                return await self._try(method, path, body, key)
            except Refused as refused:
                waiting = refused.retry_after_ms
                seconds = backoff.next() if waiting is None else waiting / 1_000
                if not refused.retryable or tried == TRIES or seconds > LONGEST_WAIT_SECONDS:
                    raise
            await asyncio.sleep(seconds)

    async def _try(self, method: str, path: str, body: Json | None, key: str) -> Json:
        headers = {"Authorization": f"Bearer {await self.token()}"}
        if method != "GET":
            headers["Idempotency-Key"] = key
        url = f"{self.base_url}/v1{path}"
        try:
            async with self.session.request(method, url, json=body, headers=headers) as answer:
                told = await _json(answer)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Refused(UNREACHABLE) from error
        if answer.ok:
            return told
        message, is_theirs = f"HTTP {answer.status}", answer.status >= SERVER_FAULT
        unknown = {"code": "unavailable", "message": message, "retryable": is_theirs}
        raise Refused(told.get("error") or unknown)


def _part(id: str) -> str:
    """Return an id as a part of a path: nothing in it leads elsewhere."""
    return quote(id, safe="").replace(".", "%2E")


async def _json(answer: aiohttp.ClientResponse) -> Json:
    """Return the body; empty where something on the way answered in another way."""
    try:
        told = await answer.json(content_type=None)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
