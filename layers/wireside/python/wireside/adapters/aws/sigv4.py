"""Signature version 4, as small as our calls need it.

Signing one post through botocore costs more than everything else in the call; here the payload's
hash is computed once a message, the day's key once a day, and what the posts of one second share
once a second.
Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from urllib.parse import quote


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
    """Signs requests to one service. ``credentials`` is asked for every request: they rotate.

    ``now`` returns seconds since the epoch.
    """

    scope: Scope
    credentials: Callable[[], Credentials]
    now: Callable[[], float] = time.time

    def headers(
        self,
        method: str,
        url: str,
        hashed_payload: str,
        *,
        extra: Mapping[str, str] | None = None,
    ) -> dict[str, str]:
        """Return the headers that the request needs; ``url`` has no query, its path is encoded."""
        host, path = _parts(url)
        extras = tuple((extra or {}).items())
        common = _common(self.scope, self.credentials(), host, int(self.now()), extras)
        # Every service but S3 has the path encoded once more in what is signed.
        canonical = f"{method}\n{quote(path, safe='/-_.~')}\n\n{common.canonical}\n{hashed_payload}"
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        signature = hmac.digest(common.key, f"{common.to_sign}\n{hashed}".encode(), "sha256").hex()
        return common.headers | {"authorization": f"{common.authorization}{signature}"}


def _parts(url: str) -> tuple[str, str]:
    """Return host, with port if it has one, and path."""
    host, slash, path = url.partition("://")[2].partition("/")
    return host, f"{slash}{path}" or "/"


@dataclass(frozen=True, slots=True)
class _Common:
    """What all requests of one second to one host share in their signatures."""

    headers: dict[str, str]
    canonical: str
    to_sign: str
    authorization: str
    key: bytes


@lru_cache(maxsize=8)
def _common(
    scope: Scope,
    credentials: Credentials,
    host: str,
    second: int,
    extra: tuple[tuple[str, str], ...],
) -> _Common:
    stamp = datetime.fromtimestamp(second, UTC).strftime("%Y%m%dT%H%M%SZ")
    signed = {"host": host, "x-amz-date": stamp}
    signed |= {name.lower(): value for name, value in extra}
    if credentials.token:
        signed["x-amz-security-token"] = credentials.token
    names = sorted(signed)
    listed = ";".join(names)
    area = f"{stamp[:8]}/{scope.region}/{scope.service}/aws4_request"
    return _Common(
        headers=signed,
        canonical="\n".join((*(f"{name}:{signed[name]}" for name in names), "", listed)),
        to_sign=f"AWS4-HMAC-SHA256\n{stamp}\n{area}",
        authorization=(
            f"AWS4-HMAC-SHA256 Credential={credentials.access_key}/{area}, "
            f"SignedHeaders={listed}, Signature="
        ),
        key=_signing_key(credentials.secret_key, stamp[:8], scope),
    )


@lru_cache(maxsize=8)
def _signing_key(secret_key: str, day: str, scope: Scope) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
