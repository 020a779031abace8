"""Amazon Bedrock's ConverseStream: one try at one answer, signed by the function's own role.

botocore knows no asyncio: a thread of its own asks and reads, and hands over what comes.
Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EventStreamError,
    ReadTimeoutError,
)

from wireside.adapters.aws.clients import client
from wireside.adapters.llm.bedrock_thread import END, Reading
from wireside.adapters.llm.failures import broken_off, failed, refused, retry_after
from wireside.adapters.llm.reading import CallPieces, JoinedText, token_usage
from wireside.domain.conversation import Assistant
from wireside.domain.dialogue import as_dialogue
from wireside.domain.errors import ModelFailed, RunErrorCode
from wireside.domain.tools import Round, ToolSpec
from wireside.ports import Finished, Piece, Question, TextPiece, Usage

REASONS: dict[str, Literal["length", "filtered"]] = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "filtered",
    "content_filtered": "filtered",
}
"""What a ``stopReason`` means; every other one is a stop."""

CODES = {
    "throttlingexception": RunErrorCode.MODEL_RATE_LIMITED,
    "servicequotaexceededexception": RunErrorCode.MODEL_RATE_LIMITED,
    "modelnotreadyexception": RunErrorCode.MODEL_UNAVAILABLE,
    "modeltimeoutexception": RunErrorCode.MODEL_TIMEOUT,
    "serviceunavailableexception": RunErrorCode.MODEL_UNAVAILABLE,
    "internalserverexception": RunErrorCode.MODEL_UNAVAILABLE,
    "modelerrorexception": RunErrorCode.MODEL_UNAVAILABLE,
    "modelstreamerrorexception": RunErrorCode.MODEL_UNAVAILABLE,
    "validationexception": RunErrorCode.MODEL_REJECTED,
    "accessdeniedexception": RunErrorCode.MODEL_REJECTED,
    "resourcenotfoundexception": RunErrorCode.MODEL_REJECTED,
}
"""What the service's exceptions mean. Inside a stream their names begin in lower case."""
TOO_LONG = ("input is too long", "too many input tokens", "prompt is too long")


@dataclass(slots=True)
class ConverseEvents:
    """Reads event after event. ``reason`` is set once the model has said why it ends."""

    reason: Literal["stop", "length", "filtered"] | None = None
    usage: Usage | None = None
    calls: CallPieces = field(default_factory=CallPieces)
    _text: JoinedText = field(default_factory=JoinedText)

    def feed(self, event: dict[str, Any]) -> str:
        """Return the text that one event adds; reasoning, calls and unknown events add none.

        Raises: ModelFailed for what was no JSON: botocore reads it as an event without anything.
        """
        self._call(event)
        if stop := event.get("messageStop"):
            self.reason = REASONS.get(stop.get("stopReason", ""), "stop")
        reported = event.get("metadata", {}).get("usage", {})
        known = {
            "prompt_tokens": reported.get("inputTokens"),
            "completion_tokens": reported.get("outputTokens"),
        }
        self.usage = token_usage(known) or self.usage
        block = event.get("contentBlockDelta", {"delta": {}})
        if "delta" not in block:
            raise failed(RunErrorCode.MODEL_UNAVAILABLE, "a chunk is no JSON")
        text = block["delta"].get("text")
        return self._text.add(text) if isinstance(text, str) else ""

    def _call(self, event: dict[str, Any]) -> None:
        """Take the beginning of a call, or a piece of its input."""
        block: dict[str, Any] = event.get("contentBlockStart") or {}
        if begun := block.get("start", {}).get("toolUse"):
            index = block.get("contentBlockIndex")
            self.calls.add(index, begun.get("toolUseId"), begun.get("name"), None)
        block = event.get("contentBlockDelta") or {}
        if piece := block.get("delta", {}).get("toolUse"):
            self.calls.add(block.get("contentBlockIndex"), None, None, piece.get("input"))


@dataclass(frozen=True, slots=True)
class BedrockProvider:
    """``ports.Provider`` for one assistant."""

    assistant: Assistant

    async def answer(self, question: Question) -> AsyncIterator[Piece]:
        """Ask once. The end is missing where the model did not say why it ends.

        Raises: ModelFailed.
        """
        events = ConverseEvents()
        reading = Reading(lambda: _client(self.assistant), request(self.assistant, question))
        reading.start()
        try:
            seconds = self.assistant.patience.first_byte_seconds
            while (event := await _next(reading, seconds)) is not END:
                if text := events.feed(event):
                    yield TextPiece(text)
                seconds = self.assistant.patience.chunk_seconds
        except ModelFailed:
            # Once the model has said why it ends, only the usage can still be missing.
            if events.reason is None:
                raise
        finally:
            reading.leave()
        if events.reason == "stop":
            for call in events.calls.whole():
                yield call
        if events.reason:
            yield Finished(events.reason, events.usage)


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


@cache
def _client(assistant: Assistant) -> Any:
    """Return the assistant's client. It tries once: the service itself tries again."""
    patience = assistant.patience
    return client(
        "bedrock-runtime",
        assistant.region,
        read_timeout_seconds=max(patience.first_byte_seconds, patience.chunk_seconds),
        attempts=1,
        endpoint_url=assistant.base_url or None,
    )


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
        raise _meant(came) from came
    return came


def _meant(error: Exception) -> ModelFailed:
    """Return what an error of botocore, or of what it stands on, means."""
    if isinstance(error, ClientError):
        return _refusal(error)
    is_late = isinstance(error, ReadTimeoutError | ConnectTimeoutError)
    code = RunErrorCode.MODEL_TIMEOUT if is_late else RunErrorCode.MODEL_UNAVAILABLE
    return failed(code, type(error).__name__)


def _refusal(error: ClientError) -> ModelFailed:
    """Return what an exception of the service means, before the stream or inside it."""
    said: Any = error.response.get("Error", {})
    head: Any = error.response.get("ResponseMetadata", {})
    name, message = str(said.get("Code", "")), str(said.get("Message", "")).lower()
    wait = retry_after(head.get("HTTPHeaders", {}).get("retry-after"))
    if isinstance(error, EventStreamError):
        known = broken_off({"code": name})
    else:
        status = int(head.get("HTTPStatusCode", 500))
        # Where the service names no exception, botocore gives the status as its name.
        named = None if name == str(status) else {"code": name}
        known = refused(status, named, retry_after_seconds=wait)
    code = CODES.get(name.lower(), known.code)
    if code is RunErrorCode.MODEL_REJECTED and any(each in message for each in TOO_LONG):
        code = RunErrorCode.CONTEXT_TOO_LONG
    return failed(code, known.detail, retry_after_seconds=wait)
