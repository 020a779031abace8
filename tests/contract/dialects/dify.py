"""Dify's chat messages; for tests alone."""

import json

from tests.contract.asking_dify import remembering
from tests.contract.dialects.dialect import Break, Dialect, Refusal
from tests.dify_server import CONVERSATION, END, PING, declines, error, piece, tells
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.dify import DifyProvider
from wireside.adapters.llm.keys import Keys
from wireside.domain.conversation import Assistant


def make(assistant: Assistant, http: HttpClient, keys: Keys) -> DifyProvider:
    """Return a provider that remembers nothing."""
    return DifyProvider(assistant, http, keys, remembering())


FILTERED = tells("message_replace", answer="planted", reason="output_moderation")
WHOLE = {
    "event": "message",
    "mode": "chat",
    "conversation_id": CONVERSATION,
    "answer": "all",
    "metadata": {"usage": {"prompt_tokens": 3, "completion_tokens": 5}},
}

DIFY = Dialect(
    "dify",
    "https://docs.dify.ai/api-reference/chat/send-chat-message",
    make,
    piece=json.dumps({"event": "message", "conversation_id": CONVERSATION, "answer": "Q"}).encode(),
    error=lambda words: error(*words),
    begin=[tells("workflow_started", data={"inputs": {"sys.query": "planted"}})],
    end=[piece(""), END],
    ends={"filtered": [FILTERED, piece("never"), END], "usage": [tells("message_end")]},
    noise=[
        tells("node_started", data={}),
        tells("agent_thought", thought="planted", observation="planted"),
        PING,
        tells("ping"),
        tells("node_retry"),
        tells("loop_started"),
        tells("agent_log"),
        tells("message_file", url="https://planted.example"),
        tells("tts_message", audio="planted"),
        tells("message", answer=None),
        tells("something_new", answer="planted"),
        tells("workflow_finished", data={"outputs": {"answer": "planted"}}),
    ],
    whole=json.dumps(WHOLE).encode(),
    refuses=declines,
    refusals=[
        Refusal(400, "invalid_param", "model_rejected", again=False),
        Refusal(400, "app_unavailable", "model_rejected", again=False),
        Refusal(400, "provider_not_initialize", "model_rejected", again=False),
        Refusal(400, "provider_quota_exceeded", "model_rate_limited", again=False),
        Refusal(400, "completion_request_error", "model_unavailable", again=True),
        Refusal(401, "unauthorized", "model_rejected", again=False),
        Refusal(403, "forbidden", "model_rejected", again=False),
        Refusal(404, "not_found", "model_rejected", again=False),
        Refusal(413, "file_too_large", "context_too_long", again=False),
        Refusal(429, "too_many_requests", "model_rate_limited", again=True),
        Refusal(500, "internal_server_error", "model_unavailable", again=True),
        Refusal(502, "bad_gateway", "model_unavailable", again=True),
        Refusal(504, "timeout", "model_timeout", again=True),
        Refusal(307, "elsewhere", "model_rejected", again=False),
    ],
    breaks=[
        Break(("completion_request_error", 400), "model_unavailable", again=True),
        Break(("internal_server_error", 500), "model_unavailable", again=True),
        Break(("rate_limit_error", 429), "model_rate_limited", again=True),
        Break(("provider_quota_exceeded", 400), "model_rate_limited", again=False),
        Break(("invalid_param", 400), "model_rejected", again=False),
        Break(("planted words", 400), "model_rejected", again=False),
    ],
    cannot={"length": "Dify does not tell why its model ended."},
)
