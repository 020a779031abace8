"""Signature version 4, as small as our calls need it.

Signing one post through botocore costs more than everything else in the call; here the payload's
hash is computed once a message and the day's key once a day.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit


@dataclass(frozen=True, slots=True)
class Credentials:
    """What signs. ``token`` is the session token of temporary credentials."""

    access_key: str
    secret_key: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Which service in which region a request is for."""

    region: str
    service: str


def payload_hash(payload: bytes) -> str:
    """Return the hash that goes into the signature of a request with this body."""
    return hashlib.sha256(payload).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs requests to one service. ``credentials`` is asked for every request: they rotate."""

    scope: Scope
    credentials: Callable[[], Credentials]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)

    def headers(
        self,
        method: str,
        url: str,
        hashed_payload: str,
        *,
        extra: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Return the headers that the request needs; ``url`` has no query, its path is encoded."""
        parts = urlsplit(url)
        credentials = self.credentials()
        stamp = self.now().strftime("%Y%m%dT%H%M%SZ")
        signed = {"host": parts.netloc, "x-amz-date": stamp}
        signed |= {name.lower(): value for name, value in (extra or {}).items()}
        if credentials.token:
            signed["x-amz-security-token"] = credentials.token
        names = sorted(signed)
        # Every service but S3 has the path encoded once more in what is signed.
        canonical = "\n".join(
            (
                method,
                quote(parts.path or "/", safe="/-_.~"),
                "",
                *(f"{name}:{signed[name]}" for name in names),
                "",
                ";".join(names),
                hashed_payload,
            )
        )
        signature = self._signature(credentials, stamp, canonical)
        area = f"{stamp[:8]}/{self.scope.region}/{self.scope.service}/aws4_request"
        authorization = (
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{area}, "
            f"SignedHeaders={';'.join(names)}, Signature={signature}"
        )
        return signed | {"authorization": authorization}

    def _signature(self, credentials: Credentials, stamp: str, canonical: str) -> str:
        area = f"{stamp[:8]}/{self.scope.region}/{self.scope.service}/aws4_request"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        to_sign = f"AWS4-HMAC-SHA256\n{stamp}\n{area}\n{hashed}"
        key = _signing_key(credentials.secret_key, stamp[:8], self.scope)
        return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, day: str, scope: Scope) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key
