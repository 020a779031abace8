"""Amazon Bedrock's ConverseStream: one try at one answer, with a key or the role's signature.

botocore knows no asyncio: a thread of its own asks and reads, and hands over what comes.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from botocore import UNSIGNED
from botocore.config import Config

from wireside.adapters.aws.clients import client
from wireside.adapters.llm.bedrock_events import ConverseEvents
from wireside.adapters.llm.bedrock_failures import meant
from wireside.adapters.llm.bedrock_thread import END, Reading
from wireside.adapters.llm.failures import failed
from wireside.adapters.llm.keys import Keys
from wireside.domain.conversation import Assistant
from wireside.domain.dialogue import as_dialogue
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.tools import Round, ToolSpec
from wireside.ports import Finished, Piece, Question, TextPiece

CLIENTS = 32
"""So many are kept: one for each assistant, and a few more where keys change."""


@dataclass(frozen=True, slots=True)
class BedrockProvider:
    """``ports.Provider`` for one assistant."""

    assistant: Assistant
    keys: Keys

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once. The end is missing where the model did not say why it ends.

        Raises: ModelFailed.
        """
        events = ConverseEvents()
        reading = await self._reading(question)
        reading.start()
        try:
            seconds = self.assistant.patience.first_byte_seconds
            while (event := await _next(reading, seconds)) is not END:
                if text := events.feed(event):
                    yield TextPiece(text)
                seconds = self.assistant.patience.chunk_seconds
        except ModelFailed as failure:
            # Once the model has said why it ends, only the usage can still be missing.
            if events.reason is None:
                self.keys.note(self.assistant.api_key_parameter, failure)
                raise
        finally:
            reading.leave()
        if events.reason == "stop":
            for call in events.calls.whole():
                yield call
        if events.reason:
            yield Finished(events.reason, events.usage)

    async def _reading(self, question: Question) -> Reading:
        name = self.assistant.api_key_parameter
        key = None if name is None else await self.keys.value(name)
        return Reading(lambda: _client(self.assistant, key), request(self.assistant, question))


def request(assistant: Assistant, question: Question) -> dict[str, Any]:
    """Return the call's parameters. What is not configured is left to the model."""
    dialogue = as_dialogue(question.system_prompt, question.messages, question.rounds)
    told: list[dict[str, Any]] = [
        {"role": each.role, "content": [{"text": each.text}]} for each in dialogue.messages
    ]
    told += [message for each in dialogue.rounds for message in _told(each)]
    asked: dict[str, Any] = {"modelId": question.model, "messages": told}
    if dialogue.system_prompt.strip():
        asked["system"] = [{"text": dialogue.system_prompt}]
    limits = {"maxTokens": assistant.max_output_tokens, "temperature": assistant.temperature}
    if known := {name: value for name, value in limits.items() if value is not None}:
        asked["inferenceConfig"] = known
    if question.tools:
        # There is no way to say that none may be called any more; the calls are not carried out.
        asked["toolConfig"] = {"tools": [_described(each) for each in question.tools]}
    return asked


def _described(spec: ToolSpec) -> dict[str, Any]:
    """Return a tool as the service wants it.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use.html
    """
    schema = {"json": dict(spec.parameters)}
    about = {"name": spec.name, "description": spec.description, "inputSchema": schema}
    return {"toolSpec": about}


def _told(round_: Round) -> list[dict[str, Any]]:
    """Return a round as two messages: the calls in the model's, the results in the user's."""
    said: list[dict[str, Any]] = [{"text": round_.text}] if round_.text else []
    calls = [
        {"toolUse": {"toolUseId": each.id, "name": each.name, "input": dict(each.arguments)}}
        for each in round_.uses
    ]
    results = [
        {"toolResult": {"toolUseId": each.id, "content": [{"text": each.result}]}}
        for each in round_.uses
    ]
    return [
        {"role": "assistant", "content": [*said, *calls]},
        {"role": "user", "content": results},
    ]


@lru_cache(maxsize=CLIENTS)
def _client(assistant: Assistant, key: str | None) -> Any:
    """Return the assistant's client. It tries once: who answers tries again.

    What the environment says of addresses is about other services.
    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html
    """
    patience = assistant.patience
    options: dict[str, Any] = {
        "ignore_configured_endpoint_urls": True,
        "signature_version": None if key is None else UNSIGNED,
    }
    made = client(
        "bedrock-runtime",
        assistant.region,
        read_timeout_seconds=max(patience.first_byte_seconds, patience.chunk_seconds),
        attempts=1,
        endpoint_url=assistant.base_url or None,
        special=Config(**options),
    )
    if key is not None:
        made.meta.events.register("before-call.bedrock-runtime", _bearing(key))
    return made


def _bearing(key: str) -> Callable[..., None]:
    """Return what puts the key on a request."""

    def put(params: dict[str, Any], **_: Any) -> None:
        params["headers"]["Authorization"] = f"Bearer {key}"

    return put


async def _next(reading: Reading, seconds: float) -> Any:
    """Return the next event, or ``END``.

    Raises: ModelFailed.
    """
    try:
        async with asyncio.timeout(seconds):
            came = await reading.came.get()
    except TimeoutError as error:
        raise failed(RunErrorCode.MODEL_TIMEOUT, "no more came") from error
    if isinstance(came, Exception):
        raise meant(came) from came
    return came
