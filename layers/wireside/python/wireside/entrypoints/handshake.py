"""The authorizer. It imports neither boto3 nor pydantic: every new connection waits for it."""

import json
from collections.abc import Mapping
from typing import Any

from wireside.adapters.tokens import unauthorized
from wireside.bootstrap import settings, verifier
from wireside.domain.conversation import Role, User
from wireside.domain.errors import Refused
from wireside.domain.events import UserId
from wireside.entrypoints.observability import Event, entrypoint, logger, websocket_keys

SUBPROTOCOL = "wireside.v1"
TOKEN_PREFIX = "wireside.auth."  # noqa: S105 - what stands before a token
BEARER = "bearer "


class Unauthorized(Exception):
    """API Gateway answers 401 when the authorizer fails with exactly this word.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """


@entrypoint(keys=websocket_keys)
async def authorize(event: Event) -> dict[str, Any]:
    """Let a handshake in, with its identity as context; 401 without a token, 403 by Origin."""
    headers = lower(event.get("headers"))
    try:
        user = verifier().verify(token_of(headers))
    except Refused as refused:
        logger.info("refused", code=refused.code.value)
        raise Unauthorized("Unauthorized") from None  # noqa: EM101 - the word is the contract
    allowed = _origin_allowed(headers.get("origin"))
    return policy(user, str(event["methodArn"]), allowed=allowed)


def lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers under lower-case names."""
    return {name.lower(): value for name, value in (headers or {}).items()}


def token_of(headers: Mapping[str, str]) -> str:
    """Return the token from ``Authorization`` or from the subprotocols.

    Raises: Refused ``unauthorized`` where there is none.
    """
    authorization = headers.get("authorization", "")
    if authorization.lower().startswith(BEARER):
        return authorization[len(BEARER) :].strip()
    offered = [each.strip() for each in headers.get("sec-websocket-protocol", "").split(",")]
    for each in offered:
        if each.startswith(TOKEN_PREFIX):
            return each.removeprefix(TOKEN_PREFIX)
    raise unauthorized()


def _origin_allowed(origin: str | None) -> bool:
    return origin is None or origin in settings().allowed_origins


def policy(user: User, arn: str, *, allowed: bool) -> dict[str, Any]:
    """Return the policy. Context values must be texts; ASCII is safe in every header."""
    identity = {
        "sub": user.id,
        "name": user.name,
        "roles": sorted(role.value for role in user.roles),
        "exp": user.expires_at,
    }
    effect = "Allow" if allowed else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {
        "principalId": json.dumps(user.id)[1:-1],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"identity": json.dumps(identity, separators=(",", ":"))},
    }


def identity_of(event: Event) -> User:
    """Return the user that the authorizer let in."""
    known = json.loads(event["requestContext"]["authorizer"]["identity"])
    return User(
        id=UserId(known["sub"]),
        name=known["name"],
        roles=frozenset(Role(each) for each in known["roles"]),
        expires_at=known["exp"],
    )
