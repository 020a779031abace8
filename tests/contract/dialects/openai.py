"""OpenAI's chat completions, which many other servers speak; for tests alone."""

import json
from typing import Any

from tests.contract.dialects.dialect import Break, Dialect, Recording, Refusal
from tests.openai_server import DONE, USAGE, chunk, event
from wireside.adapters.llm.openai import OpenAiProvider

REFUSALS = (
    Refusal(400, {"code": "context_length_exceeded"}, "context_too_long", again=False),
    Refusal(400, {"code": "content_filter", "type": None}, "content_filtered", again=False),
    Refusal(
        400,
        {"type": "invalid_request_error", "code": "content_policy_violation"},
        "content_filtered",
        again=False,
    ),
    Refusal(404, {"code": "model_not_found"}, "model_rejected", again=False),
    Refusal(
        429,
        {"code": "insufficient_quota", "type": "insufficient_quota"},
        "model_rate_limited",
        again=False,
    ),
    Refusal(400, {"type": "invalid_request_error"}, "model_rejected", again=False),
    Refusal(401, {"type": "authentication_error"}, "model_rejected", again=False),
    Refusal(402, {"type": "billing_error"}, "model_rejected", again=False),
    Refusal(404, {"type": "not_found_error"}, "model_rejected", again=False),
    Refusal(413, {"type": "request_too_large"}, "context_too_long", again=False),
    Refusal(429, {"type": "rate_limit_error"}, "model_rate_limited", again=True),
    Refusal(500, {"type": "api_error"}, "model_unavailable", again=True),
    Refusal(504, {"type": "timeout_error"}, "model_timeout", again=True),
    Refusal(529, {"type": "overloaded_error"}, "model_unavailable", again=True),
)
"""The words of OpenAI and Anthropic, which proxies mix."""
BREAKS = (
    Break(
        {"message": "planted words", "type": "server_error", "code": None},
        "model_unavailable",
        again=True,
    ),
    Break(
        {"message": "planted words", "type": None, "param": None, "code": "500"},
        "model_unavailable",
        again=True,
    ),
    Break({"code": 429}, "model_rate_limited", again=True),
    Break({"type": "rate_limit_error"}, "model_rate_limited", again=True),
    Break({"code": "context_length_exceeded"}, "context_too_long", again=False),
    Break({"type": "invalid_request_error"}, "model_rejected", again=False),
    Break({"code": "content_filter"}, "content_filtered", again=False),
    Break({"type": "overloaded_error"}, "model_unavailable", again=True),
    Break({"type": "api_error"}, "model_unavailable", again=True),
    Break({"type": "timeout_error"}, "model_timeout", again=True),
    Break({"type": "not_found_error"}, "model_rejected", again=False),
    Break({"type": "request_too_large"}, "context_too_long", again=False),
    Break("planted words", "model_unavailable", again=True),
)


def whole(finish: str = "stop") -> dict[str, Any]:
    """Return a completion that is not streamed."""
    said = {"role": "assistant", "content": "all"}
    return {
        "choices": [{"message": said, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5},
    }


OPENAI = Dialect(
    "openai",
    "https://platform.openai.com/docs/api-reference/chat-streaming",
    OpenAiProvider,
    piece=b'{"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "Q"}}]}',
    error=lambda error: event({"error": error}),
    end=[chunk(finish="stop"), USAGE, DONE],
    ends={
        "length": [chunk(finish="length"), USAGE, DONE],
        "filtered": [chunk(finish="content_filter"), USAGE, DONE],
        "usage": [chunk(finish="stop"), DONE],
    },
    noise=[
        event({"choices": [{"index": 0}]}),
        event({"choices": [{"delta": {"content": None, "role": "assistant"}}]}),
        event({"choices": [{"delta": {"reasoning_content": "planted words"}}]}),
        event({"choices": "none", "usage": {"prompt_tokens": "many", "completion_tokens": -1}}),
        event({"of": "tomorrow", "text": "planted words"}),
    ],
    whole=json.dumps(whole()).encode(),
    refusals=REFUSALS,
    breaks=BREAKS,
    recordings=[
        Recording("openai/openai.sse", "Hello café, 👩\u200d👩 \n\n42.", (9, 7)),
        Recording("openai/proxy.sse", "Hello café from a mocked model, in a few words.", (8, 12)),
        Recording("openai/azure.sse", "Paris.", (11, 2)),
        Recording("openai/reasoning.sse", "Four.", (5, 30)),
    ],
)
