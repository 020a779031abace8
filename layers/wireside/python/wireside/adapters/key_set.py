"""The public keys of an identity provider, fetched from its JWKS and kept.

Source: https://www.rfc-editor.org/rfc/rfc7517
"""

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt

from wireside.adapters.aws.calls import connection_to
from wireside.domain.errors import Unavailable

TIMEOUT_SECONDS = 2.0
MAX_BYTES = 256 * 1024
FRESH_SECONDS = 600
PAUSE_SECONDS = 60
"""A set is asked for at most so often, whatever tokens say of their keys."""
MIN_RSA_BITS = 2_048
ALGORITHMS: Mapping[tuple[str, str | None], str] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
}
"""The one algorithm of each type of key: a key's use is never what a token says."""


@dataclass(slots=True)
class KeySet:
    """Keys by their ids. ``now`` returns seconds that never go back.

    A set that cannot be fetched leaves the keys that are known as they are.
    """

    url: str
    now: Callable[[], float] = time.monotonic
    _keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    _fetched_at: float | None = None
    _asked_at: float | None = None

    def key(self, key_id: str) -> jwt.PyJWK | None:
        """Return a key; one that is not known may have been added since, and is asked for.

        Raises: Unavailable when no key is known and the set cannot be had.
        """
        if key_id not in self._keys or self._is_stale():
            self._ask()
        return self._keys.get(key_id)

    def _is_stale(self) -> bool:
        return self._fetched_at is None or self.now() - self._fetched_at >= FRESH_SECONDS

    def _ask(self) -> None:
        if self._asked_at is not None and self.now() - self._asked_at < PAUSE_SECONDS:
            return self._complain_without_keys()
        self._asked_at = self.now()
        try:
            self._keys = usable(json.loads(fetch(self.url)))
        except (OSError, ValueError):
            return self._complain_without_keys()
        self._fetched_at = self.now()
        return None

    def _complain_without_keys(self) -> None:
        if self._fetched_at is None:
            message = "The keys that sign tokens cannot be had."
            raise Unavailable(message)


def fetch(url: str) -> bytes:
    """Return what is there, without following it elsewhere, within 2 s and 256 KB.

    Raises: OSError, ValueError.
    """
    parts = urlsplit(url)
    deadline = time.monotonic() + TIMEOUT_SECONDS
    connection = connection_to(url, timeout_seconds=TIMEOUT_SECONDS)
    try:
        path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
        connection.request("GET", path, headers={"Accept": "application/json"})
        response = connection.getresponse()
        if response.status != http.client.OK:
            message = f"HTTP {response.status}"
            raise ValueError(message)
        return _read(response, deadline)
    except http.client.HTTPException as error:
        raise ValueError(type(error).__name__) from error
    finally:
        connection.close()


def _read(response: http.client.HTTPResponse, deadline: float) -> bytes:
    body = b""
    while piece := response.read1(MAX_BYTES + 1 - len(body)):
        body += piece
        if len(body) > MAX_BYTES or time.monotonic() > deadline:
            message = "too much, or too slow"
            raise ValueError(message)
    return body


def usable(key_set: object) -> dict[str, jwt.PyJWK]:
    """Return the keys of a set that can check signatures; the others are left out.

    Raises: ValueError where it is no set.
    """
    listed = key_set.get("keys") if isinstance(key_set, dict) else None
    if not isinstance(listed, list):
        message = "not a key set"
        raise ValueError(message)  # noqa: TRY004 - what came, not what was passed, is wrong
    found = ((each, _usable(each)) for each in listed if isinstance(each, dict))
    return {each["kid"]: key for each, key in found if key is not None}


def _usable(described: Mapping[str, Any]) -> jwt.PyJWK | None:
    algorithm = ALGORITHMS.get((str(described.get("kty")), described.get("crv")))
    wanted = (
        isinstance(described.get("kid"), str)
        and described.get("use", "sig") == "sig"
        and described.get("alg", algorithm) == algorithm
    )
    if not wanted or algorithm is None:
        return None
    try:
        key = jwt.PyJWK(dict(described), algorithm=algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    weak = algorithm == "RS256" and key.key.key_size < MIN_RSA_BITS
    return None if weak else key
