"""Servers of NLWeb: one question to ``/ask`` and what it finds, in two generations of the protocol.

NLWeb searches, and keeps nothing of a conversation: what was asked before goes along each time.
Sources: https://github.com/nlweb-ai/NLWeb/blob/main/docs/nlweb-rest-api.md
https://github.com/nlweb-ai/website/blob/main/NLWEBSPEC.md
"""

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from wireside.adapters.http import HttpClient
from wireside.adapters.llm.exchange import Exchange
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.nlweb_answers import AnswerEvents
from wireside.adapters.llm.nlweb_messages import MessageFrames
from wireside.domain.conversation import Assistant
from wireside.domain.errors import ModelFailed
from wireside.domain.items import Item
from wireside.ports import Piece, Question

QUERY_BYTES = 3_000
PREVIOUS_BYTES = 3_000
ANSWERS_BYTES = 1_500
"""Of an address, as it is sent: servers take 8 KB with what surrounds them.

Source: https://docs.aiohttp.org/en/stable/web_reference.html (``max_line_size``)
"""
PREVIOUS_TEXT_BYTES = 16_000
"""Of a body, whose length nobody minds: what people asked before."""


@dataclass(frozen=True, slots=True)
class NlwebProvider:
    """``ports.Provider`` for one assistant."""

    assistant: Assistant
    http: HttpClient
    keys: Keys

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once. The end is missing where the server did not mark it.

        Raises: ModelFailed.
        """
        search = self.assistant.search
        heard = (MessageFrames if search.generation == "query" else AnswerEvents)(search.mode)
        exchange = await self._exchange(question)
        try:
            async with aclosing(exchange.events()) as events:
                async for event in events:
                    for piece in heard.feed(event.data, event.name):
                        yield piece
                    if heard.is_done:
                        break
            for piece in heard.end():
                yield piece
        except ModelFailed as failure:
            self.keys.note(self.assistant.api_key_parameter, failure)
            raise

    async def _exchange(self, question: Question) -> Exchange:
        query, body = request_of(self.assistant, question)
        return Exchange(
            http=self.http,
            url=f"{self.assistant.base_url}/ask",
            headers=await self.keys.bearer(self.assistant.api_key_parameter),
            body=body,
            patience=self.assistant.patience,
            query=query,
        )


def request_of(
    assistant: Assistant, question: Question
) -> tuple[Mapping[str, str], Mapping[str, Any] | None]:
    """Return the parameters of the address, and the body; without one it is a GET."""
    if assistant.search.generation == "json":
        return {}, json_body(assistant, question)
    asked = parameters(assistant, question)
    if _quoted_bytes(asked["query"]) <= QUERY_BYTES:
        return asked, None
    # Too long for an address; newer servers read the same names in a body too.
    return {}, asked


def parameters(assistant: Assistant, question: Question) -> dict[str, str]:
    """Return what is asked, by the names of the older generation; lists are JSON in themselves."""
    search, previous = assistant.search, _previous(question)
    asked = {"query": _query(question), "streaming": "true", "generate_mode": search.mode}
    if search.site is not None:
        asked["site"] = search.site
    if kept := _newest(previous, PREVIOUS_BYTES, _listed_bytes):
        asked["prev"] = json.dumps(kept, ensure_ascii=False)
    if answers := _last_answers(question):
        asked["last_ans"] = json.dumps(answers, ensure_ascii=False)
    return asked


def json_body(assistant: Assistant, question: Question) -> dict[str, Any]:
    """Return what is asked, as the newer generation wants it: unknown fields are refused."""
    search = assistant.search
    query: dict[str, Any] = {"text": _query(question)}
    if search.site is not None:
        query["site"] = search.site
    body: dict[str, Any] = {"query": query, "prefer": {"streaming": True, "mode": search.mode}}
    if kept := _newest(_previous(question), PREVIOUS_TEXT_BYTES, lambda text: len(text.encode())):
        body["context"] = {"prev": kept}
    return body


def _query(question: Question) -> str:
    """Return what people say in this turn, without their names: it is searched for."""
    said = [each for each in question.messages if each.is_of_person and each.role == "user"]
    turn = [each for each in said if each.seq >= question.turn_from] or said[-1:]
    return "\n".join(each.text for each in turn)


def _previous(question: Question) -> list[str]:
    """Return what people said before this turn, whoever they are."""
    said = [each for each in question.messages if each.is_of_person and each.role == "user"]
    turn = [each for each in said if each.seq >= question.turn_from] or said[-1:]
    return [each.text for each in said if each not in turn]


def _newest(texts: Iterable[str], at_most: int, measure: Callable[[str], int]) -> list[str]:
    """Return the last texts, whole and in their order, of which so much has room."""
    kept: list[str] = []
    for text in reversed(list(texts)):
        at_most -= measure(text) + measure('", "')
        if at_most < 0:
            break
        kept.insert(0, text)
    return kept


def _last_answers(question: Question) -> list[dict[str, str]]:
    """Return titles and addresses of what the assistant's last answer found."""
    own = [each.items for each in question.messages if each.role == "assistant" and each.items]
    answers: list[dict[str, str]] = []
    left = ANSWERS_BYTES
    for each in map(_named, own[-1] if own else ()):
        left -= _listed_bytes(each)
        if left < 0:
            break
        answers.append(each)
    return answers


def _named(item: Item) -> dict[str, str]:
    return {"title": item.name} if item.url is None else {"title": item.name, "url": item.url}


def _listed_bytes(told: object) -> int:
    """Return what something takes of an address as JSON, whose own escapes are escaped again."""
    return _quoted_bytes(json.dumps(told, ensure_ascii=False))


def _quoted_bytes(text: str) -> int:
    return len(quote(text, safe="", errors="replace"))
