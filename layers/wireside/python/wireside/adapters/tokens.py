"""Checking tokens: HS256 JWTs with everything that the protocol wants of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from wireside.domain.conversation import Role, User
from wireside.domain.errors import Unavailable, unauthorized
from wireside.domain.events import UserId, is_user_id

ALGORITHMS = ("HS256",)
MIN_SECRET_BYTES = 32
MAX_TOKEN_BYTES = 8_192
MAX_NAME_CODE_POINTS = 100
REFUSED_HEADERS = frozenset({"jku", "x5u", "jwk", "x5c", "crit"})
"""Headers by which a token would bring, or point to, the key that it is to be checked with."""
MAX_EXPIRY = 253_402_300_799
"""The last second of the year 9999: beyond it no timestamp can be written."""


@dataclass(frozen=True, slots=True)
class JwtVerifier:
    """Turns a token into a user. ``secret`` is asked for when the first token comes."""

    secret: Callable[[], str]
    issuer: str
    audience: str

    def verify(self, token: str) -> User:
        """Return who the token speaks for.

        Raises: Refused ``unauthorized``, without a word of the token. Unavailable when there is
        no usable secret.
        """
        try:
            return _user(self._claims(token))
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            # The cause's text may hold parts of the token: it is kept out of every log.
            raise unauthorized() from error.with_traceback(None)

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            message = "not a token"
            raise ValueError(message)
        if REFUSED_HEADERS & set(jwt.get_unverified_header(token)):
            message = "the token brings its own key"
            raise ValueError(message)
        claims: dict[str, Any] = jwt.decode(
            token,
            self._key(),
            algorithms=ALGORITHMS,
            issuer=self.issuer,
            audience=self.audience,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        return claims

    def _key(self) -> str:
        key = self.secret()
        if len(key.encode()) < MIN_SECRET_BYTES:
            message = f"The JWT secret has fewer than {MIN_SECRET_BYTES} bytes."
            raise Unavailable(message)
        return key


def _user(claims: Mapping[str, Any]) -> User:
    user_id, name = claims["sub"], claims.get("name")
    if not is_user_id(user_id):
        message = "not a user id"
        raise ValueError(message)
    return User(
        id=UserId(user_id),
        name=_name(name) if isinstance(name, str) and name.strip() else user_id,
        roles=_roles(claims.get("roles")),
        expires_at=min(int(claims["exp"]), MAX_EXPIRY),
    )


def _name(name: str) -> str:
    return name.encode("utf-8", "replace").decode().replace("\x00", "")[:MAX_NAME_CODE_POINTS]


def _roles(roles: object) -> frozenset[Role]:
    known = {role.value for role in Role}
    named = roles if isinstance(roles, list) else []
    found = {Role(each) for each in named if isinstance(each, str) and each in known}
    return frozenset(found | {Role.USER})
