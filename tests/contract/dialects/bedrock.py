"""Amazon Bedrock's ConverseStream; for tests alone."""

from tests.contract.dialects.dialect import Break, Dialect, Recording, Refusal
from tests.event_stream import (
    CONTENT_TYPE,
    START,
    USAGE,
    breaks,
    happens,
    happens_raw,
    refuses,
    stops,
)
from wireside.adapters.http import HttpClient
from wireside.adapters.llm.bedrock import BedrockProvider
from wireside.adapters.llm.keys import Keys
from wireside.domain.conversation import Assistant

LONG = "Input is too long for requested model."


def make(assistant: Assistant, _http: HttpClient, keys: Keys) -> BedrockProvider:
    """Return a provider: it has clients of its own."""
    return BedrockProvider(assistant, keys)


BEDROCK = Dialect(
    "bedrock",
    "https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html",
    make,
    piece=b'{"contentBlockIndex": 0, "delta": {"text": "Q"}}',
    frame=lambda payload: happens_raw("contentBlockDelta", payload),
    error=breaks,
    begin=[START],
    end=[happens("contentBlockStop", contentBlockIndex=0), stops(), USAGE],
    ends={
        "length": [stops("max_tokens"), USAGE],
        "filtered": [stops("guardrail_intervened"), USAGE],
        "usage": [stops()],
    },
    noise=[
        happens("contentBlockDelta", delta={"reasoningContent": {"text": "planted"}}),
        happens("contentBlockStart", start={"toolUse": {"toolUseId": "t", "name": "planted"}}),
        happens("contentBlockDelta", delta={"toolUse": {"input": "planted"}}),
        happens("ofTomorrow", text="planted"),
    ],
    headers={"Content-Type": CONTENT_TYPE},
    refuses=refuses,
    refusals=[
        Refusal(429, "ThrottlingException", "model_rate_limited", again=True),
        Refusal(400, "ServiceQuotaExceededException", "model_rate_limited", again=True),
        Refusal(400, "ValidationException", "model_rejected", again=False),
        Refusal(403, "AccessDeniedException", "model_rejected", again=False),
        Refusal(404, "ResourceNotFoundException", "model_rejected", again=False),
        Refusal(408, "ModelTimeoutException", "model_timeout", again=True),
        Refusal(424, "ModelErrorException", "model_unavailable", again=True),
        Refusal(429, "ModelNotReadyException", "model_unavailable", again=True),
        Refusal(500, "InternalServerException", "model_unavailable", again=True),
        Refusal(503, "ServiceUnavailableException", "model_unavailable", again=True),
        Refusal(418, "Unknown", "model_rejected", again=False),
    ],
    breaks=[
        Break("throttlingException", "model_rate_limited", again=True),
        Break("validationException", "model_rejected", again=False),
        Break("modelStreamErrorException", "model_unavailable", again=True),
        Break("internalServerException", "model_unavailable", again=True),
        Break("serviceUnavailableException", "model_unavailable", again=True),
    ],
    recordings=[
        Recording("bedrock/whole.bin", "Hello from the fake upstream.", (11, 7)),
        Recording("bedrock/tool.bin", "", (11, 7)),
    ],
    fields={"region": "eu-west-1"},
    cannot={
        "lines": "Frames are binary, with their lengths.",
        "longest line": "botocore says how long a frame may be: 24 MB.",
        "whole": "ConverseStream answers in frames alone.",
        "error as answer": "An error inside the stream has a frame of its own.",
        "bytes": "botocore breaks off where a frame is no UTF-8.",
        "refusals of no kind": "botocore breaks off where a refusal is JSON and no object.",
        "refusals by halves": "botocore reads a refusal to its end, or to the time-out.",
        "dead connections": "botocore looks at a connection before it asks over it.",
    },
)
