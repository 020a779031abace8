"""Who calls the HTTP API: the bearer of a token, and the key under which they ask."""

from typing import Annotated

from fastapi import Depends, Header
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from wireside.bootstrap import verifier
from wireside.domain.conversation import User
from wireside.domain.errors import unauthorized
from wireside.protocol import NAME_PATTERN
from wireside.services import deeds

BEARER = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    bearerFormat="JWT",
    description="A token of the identity provider: its `sub` is the user's id.",
)
type Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)]
type Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=NAME_PATTERN,
        description="A repeat under the same key is carried out once; the `client_id` of events.",
        examples=["k3F-1"],
    ),
]


async def caller(bearer: Bearer) -> User:
    """Return who asks.

    Raises: Refused ``unauthorized``.
    """
    if bearer is None:
        raise unauthorized()
    return verifier().verify(bearer.credentials.strip())


async def asked(
    user: Annotated[User, Depends(caller)],
    key: Key = None,
) -> deeds.Request:
    """Return who asks, and under which key."""
    return deeds.Request(user, key)


type Caller = Annotated[User, Depends(caller)]
"""Whoever has a valid token."""
type Asked = Annotated[deeds.Request, Depends(asked)]
"""The same, with the key that makes repeating harmless."""
