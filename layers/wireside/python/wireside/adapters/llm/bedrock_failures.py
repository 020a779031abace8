"""What it means that botocore raised something.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from typing import Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EventStreamError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
    SSLError,
)

from wireside.adapters.llm.failures import broken_off, failed, refused, retry_after
from wireside.domain.errors import ModelFailed, RunErrorCode

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
UNSENT = (
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    SSLError,
)
"""Before these nothing was asked."""
TOO_LONG = ("input is too long", "too many input tokens", "prompt is too long")


def meant(error: Exception) -> ModelFailed:
    """Return what an error of botocore, or of what it stands on, means."""
    if isinstance(error, ClientError):
        return _refusal(error)
    is_late = isinstance(error, ReadTimeoutError | ConnectTimeoutError)
    code = RunErrorCode.MODEL_TIMEOUT if is_late else RunErrorCode.MODEL_UNAVAILABLE
    return failed(code, type(error).__name__, is_refusal=isinstance(error, UNSENT))


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
    is_refusal = known.is_refusal and code is not RunErrorCode.MODEL_TIMEOUT
    return failed(code, known.detail, retry_after_seconds=wait, is_refusal=is_refusal)
