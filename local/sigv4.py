"""Signature version 4, as a service checks it. Written apart from the signer that ships.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import parse_qsl, quote

ALGORITHM = "AWS4-HMAC-SHA256"
ACCESS_KEY_ID = "local"
SECRET_KEY = "local"  # noqa: S105 - it guards nothing: only loopback reaches it
REGION = "us-east-1"
EXECUTE_API = "execute-api"
LAMBDA = "lambda"
SKEW_SECONDS = 300
MISSING = "MissingAuthenticationTokenException"
UNRECOGNIZED = "UnrecognizedClientException"
INVALID = "InvalidSignatureException"
STAMP = "%Y%m%dT%H%M%SZ"


class UnsignedError(Exception):
    """The request is not signed as it must be. ``kind`` is AWS's name of the error."""

    def __init__(self, kind: str, message: str) -> None:
        """Args: kind: exception's name. message: one line."""
        super().__init__(message)
        self.kind = kind


def verify(
    method: str,
    raw_path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    service: str = EXECUTE_API,
) -> None:
    """Check the signature of a request; ``raw_path`` is path and query as they were sent.

    Raises: UnsignedError.
    """
    authorization = headers.get("Authorization", "")
    if not authorization.startswith(ALGORITHM):
        raise UnsignedError(MISSING, "Missing Authentication Token")
    parts = _parts(authorization.removeprefix(ALGORITHM))
    names = parts.get("SignedHeaders", "").split(";")
    key_id, _, scope = parts.get("Credential", "").partition("/")
    stamp = headers.get("X-Amz-Date", "")
    if key_id != ACCESS_KEY_ID or scope != f"{stamp[:8]}/{REGION}/{service}/aws4_request":
        raise UnsignedError(UNRECOGNIZED, "The security token is not valid.")
    if not {"host", "x-amz-date"} <= set(names) or not _is_recent(stamp):
        raise UnsignedError(INVALID, "Signature expired or incomplete.")
    request = _canonical(method, raw_path, [(name, headers.get(name, "")) for name in names], body)
    hashed = hashlib.sha256(request.encode()).hexdigest()
    to_sign = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashed}"
    expected = hmac.new(_key(stamp[:8], service), to_sign.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, parts.get("Signature", "")):
        raise UnsignedError(INVALID, "The request signature does not match.")


def _parts(text: str) -> dict[str, str]:
    return dict(each.strip().split("=", 1) for each in text.split(",") if "=" in each)


def _canonical(method: str, raw_path: str, headers: list[tuple[str, str]], body: bytes) -> str:
    path, _, query = raw_path.partition("?")
    given = parse_qsl(query, keep_blank_values=True)
    pairs = sorted((quote(name, safe="-_.~"), quote(value, safe="-_.~")) for name, value in given)
    lines = (
        method,
        # What was sent, encoded once more: every service but S3 does so.
        quote(path, safe="/-_.~"),
        "&".join(f"{name}={value}" for name, value in pairs),
        *(f"{name}:{' '.join(value.split())}" for name, value in headers),
        "",
        ";".join(name for name, _ in headers),
        hashlib.sha256(body).hexdigest(),
    )
    return "\n".join(lines)


def _is_recent(stamp: str) -> bool:
    try:
        signed = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return False
    return abs((datetime.now(UTC) - signed).total_seconds()) <= SKEW_SECONDS


@lru_cache(maxsize=4)
def _key(day: str, service: str) -> bytes:
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (day, REGION, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
