"""NLWeb, in both generations of its protocol; for tests alone. Neither counts tokens."""

import json
from dataclasses import replace

from tests import nlweb_server as server
from tests.contract.dialects.dialect import Break, Dialect, Recording, Refusal
from tests.openai_server import event
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.keys import Keys
from wireside.adapters.llm.nlweb import NlwebProvider
from wireside.domain.conversation import Assistant

REFUSALS = (
    Refusal(400, {"code": "INVALID_REQUEST"}, "model_rejected", again=False),
    Refusal(404, {"code": "planted words"}, "model_rejected", again=False),
    Refusal(429, {"code": "planted words"}, "model_rate_limited", again=True),
    Refusal(500, {"code": "INTERNAL_ERROR"}, "model_unavailable", again=True),
    Refusal(504, None, "model_timeout", again=True),
)
CANNOT = {
    "empty": "Nothing found is an answer, which says so.",
    "length": "NLWeb does not tell why its model ended.",
    "filtered": "NLWeb does not tell what its model refused.",
    "usage": "NLWeb does not count tokens.",
}


def newer(assistant: Assistant, http: HttpClient, keys: Keys) -> NlwebProvider:
    """Return the provider for a server of the newer generation."""
    search = replace(assistant.search, generation="json")
    return NlwebProvider(replace(assistant, search=search), http, keys)


NLWEB = Dialect(
    "nlweb",
    "https://github.com/nlweb-ai/NLWeb/blob/main/docs/nlweb-rest-api.md",
    NlwebProvider,
    piece=b'{"message_type": "summary", "message": "Q", "query_id": "q"}',
    error=lambda error: event({"message_type": "error", **error}),
    begin=server.HEADS,
    end=[server.COMPLETE],
    noise=[
        *server.HEADS,
        server.batch(server.found(1)),
        server.batch(),
        server.frame("result_batch", results="planted"),
        server.frame("nlws", answer=None, items=7),
        server.frame("intermediate_message", message="planted"),
        server.frame("chart_result", html="<script>planted()</script>"),
        server.frame("of_tomorrow", message="planted"),
        event({"message_type": ["summary"], "message": "planted"}),
        event({"of": "tomorrow", "text": "planted"}),
    ],
    whole=json.dumps({"results": [server.found(1)], "summary": {"message": "all"}}).encode(),
    reported=None,
    refusals=REFUSALS,
    breaks=[
        Break({"error": "planted words", "status": 500}, "model_unavailable", again=True),
        Break({"error": "planted words"}, "model_unavailable", again=True),
        Break({"message": "planted words"}, "model_unavailable", again=True),
        Break({"error": "planted words", "status": 429}, "model_rate_limited", again=True),
        Break({"error": {"code": "rate_limited"}}, "model_rate_limited", again=True),
    ],
    cannot=CANNOT,
)
NLWEB_JSON = Dialect(
    "nlweb-json",
    "https://github.com/nlweb-ai/website/blob/main/NLWEBSPEC.md",
    newer,
    piece=b'{"results": [{"@type": "Summary", "text": "Q"}]}',
    error=lambda error: server.told(response_type="Failure") + event({"error": error}),
    begin=[server.told()],
    end=[],
    noise=[
        server.told(decontextualized_query="planted"),
        server.results(server.thing(1)),
        server.results(),
        event({"results": ["", 7, None, {}, {"text": "planted"}, {"@type": "Summary"}]}),
        event({"elicitation": "planted"}),
        event({"of": "tomorrow", "text": "planted"}),
    ],
    whole=json.dumps({"_meta": {}, "results": [{"@type": "Summary", "text": "all"}]}).encode(),
    reported=None,
    refusals=REFUSALS,
    breaks=[
        Break({"code": "INTERNAL_ERROR", "message": "planted"}, "model_unavailable", again=True),
        Break({"code": "INVALID_REQUEST", "message": "planted"}, "model_rejected", again=False),
        Break({"code": "rate_limited", "message": "planted"}, "model_rate_limited", again=True),
        Break("planted words", "model_unavailable", again=True),
    ],
    recordings=[
        Recording("nlweb/stream_list_summarize.sse", 'Fake summary: café "quoted" text.'),
        Recording("nlweb/context_prev.sse", ""),
        Recording(
            "nlweb/elicitation_stream.sse",
            'Fake question: café "quoted" text.\n\n- Where are you located?',
        ),
    ],
    cannot=CANNOT | {"end marker": "The end of the stream is the end of the answer."},
)
