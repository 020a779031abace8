"""Tokens for the local run: what an identity provider does elsewhere."""

import secrets
import time
from collections.abc import Sequence
from pathlib import Path

import jwt

MIN_SECRET_BYTES = 32
HOURS = 8
ISSUER = "wireside-local"
AUDIENCE = "wireside"


class SecretError(ValueError):
    """The secret cannot be used. ``str()`` is one line."""


def secret_of(data: Path, given: str | None) -> str:
    """Return the secret that was given, or the one kept in ``data``, made when there is none.

    Raises: SecretError.
    """
    if given is not None:
        if len(given.encode()) < MIN_SECRET_BYTES:
            message = f"WIRESIDE_JWT_SECRET must have at least {MIN_SECRET_BYTES} bytes"
            raise SecretError(message)
        return given
    kept = data / "jwt-secret"
    if not kept.exists():
        data.mkdir(parents=True, exist_ok=True)
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return kept.read_text(encoding="ascii").strip()


def mint(
    secret: str, sub: str, name: str, roles: Sequence[str], *, seconds: int = HOURS * 3_600
) -> tuple[str, int]:
    """Return a token and when it ends, in seconds since the epoch."""
    now = int(time.time())
    claims = {
        "sub": sub,
        "name": name,
        "roles": list(roles),
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + seconds,
    }
    return jwt.encode(claims, secret, algorithm="HS256"), claims["exp"]  # type: ignore[return-value]
