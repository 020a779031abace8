"""Who calls the HTTP API: the bearer of a token, and the key under which they ask."""

from typing import Annotated

from fastapi import Depends, Header

from wireside.bootstrap import verifier
from wireside.domain.conversation import User
from wireside.domain.errors import unauthorized
from wireside.entrypoints.headers import BEARER
from wireside.protocol import NAME_PATTERN
from wireside.services import deeds


async def caller(authorization: Annotated[str | None, Header()] = None) -> User:
    """Return who asks.

    Raises: Refused ``unauthorized``.
    """
    if authorization is None or not authorization.lower().startswith(BEARER):
        raise unauthorized()
    return verifier().verify(authorization[len(BEARER) :].strip())


async def asked(
    user: Annotated[User, Depends(caller)],
    key: Annotated[str | None, Header(alias="Idempotency-Key", pattern=NAME_PATTERN)] = None,
) -> deeds.Request:
    """Return who asks, and under which key."""
    return deeds.Request(user, key)


type Caller = Annotated[User, Depends(caller)]
"""Whoever has a valid token."""
type Asked = Annotated[deeds.Request, Depends(asked)]
"""The same, with the key that makes repeating harmless."""
