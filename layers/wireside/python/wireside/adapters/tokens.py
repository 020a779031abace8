"""Checking tokens: JWTs with everything that the protocol wants of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from wireside.domain.conversation import Role, User
from wireside.domain.errors import ErrorCode, Refused, Unavailable, unauthorized
from wireside.domain.events import UserId, is_user_id

MIN_SECRET_BYTES = 32
MAX_TOKEN_BYTES = 8_192
MAX_NAME_CODE_POINTS = 100
REFUSED_HEADERS = frozenset({"jku", "x5u", "jwk", "x5c", "crit"})
"""Headers by which a token would bring, or point to, the key that it is to be checked with."""
MAX_EXPIRY = 253_402_300_799
"""The last second of the year 9999: beyond it no timestamp can be written."""


@dataclass(frozen=True, slots=True)
class Key:
    """What checks a signature, and the one algorithm that it does so with."""

    key: Any
    algorithm: str


@dataclass(frozen=True, slots=True)
class SharedSecret:
    """HS256. ``secret`` is asked for when the first token comes."""

    secret: Callable[[], str]

    def __call__(self, _header: Mapping[str, Any]) -> Key:
        """Return the secret, whatever the token says.

        Raises: Unavailable when it is too short to be one.
        """
        key = self.secret()
        if len(key.encode()) < MIN_SECRET_BYTES:
            message = f"The JWT secret has fewer than {MIN_SECRET_BYTES} bytes."
            raise Unavailable(message)
        return Key(key, "HS256")


@dataclass(frozen=True, slots=True)
class JwtVerifier:
    """Turns a token into a user. ``key_of`` returns the key for a token's header."""

    key_of: Callable[[Mapping[str, Any]], Key]
    issuer: str
    audience: str

    def verify(self, token: str) -> User:
        """Return who the token speaks for.

        Raises: Refused ``token_expired`` or ``unauthorized``, without a word of the token.
        Unavailable when there is no usable key.
        """
        try:
            return _user(self._claims(token))
        except jwt.ExpiredSignatureError:
            raise Refused(ErrorCode.TOKEN_EXPIRED, "The token has expired.") from None
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            # The cause's text may hold parts of the token: it is kept out of every log.
            raise unauthorized() from error.with_traceback(None)

    def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > MAX_TOKEN_BYTES or not token.isascii():
            message = "not a token"
            raise ValueError(message)
        header = jwt.get_unverified_header(token)
        if REFUSED_HEADERS & set(header):
            message = "the token brings its own key"
            raise ValueError(message)
        key = self.key_of(header)
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=[key.algorithm],
            issuer=self.issuer,
            audience=self.audience,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        return claims


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
