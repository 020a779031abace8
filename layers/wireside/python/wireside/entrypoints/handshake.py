"""The authorizer. Every new connection waits for it: it imports no boto3, pydantic or asyncio."""

import json
from collections.abc import Mapping
from typing import Any

from wireside.bootstrap import door, settings
from wireside.domain.conversation import User
from wireside.domain.errors import Refused, unauthorized
from wireside.entrypoints.headers import BEARER, TOKEN_PREFIX, is_allowed, lower
from wireside.entrypoints.identity import context_of
from wireside.entrypoints.observability import Event, entrypoint, logger, websocket_keys


class Unauthorized(Exception):
    """API Gateway answers 401 when the authorizer fails with exactly this word.

    Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
    """


@entrypoint(keys=websocket_keys)
def authorize(event: Event) -> dict[str, Any]:
    """Let a handshake in, with its identity as context; 401 without a token, 403 by Origin."""
    headers = lower(event.get("headers"))
    try:
        user = door().who(token_of(headers))
    except Refused as refused:
        logger.info("refused", code=refused.code.value)
        raise Unauthorized("Unauthorized") from None  # noqa: EM101 - the word is the contract
    allowed = is_allowed(headers.get("origin"), settings().allowed_origins)
    return policy(user, str(event["methodArn"]), allowed=allowed)


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


def policy(user: User, arn: str, *, allowed: bool) -> dict[str, Any]:
    """Return the policy, with the identity as context."""
    effect = "Allow" if allowed else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": arn}
    return {
        "principalId": json.dumps(user.id)[1:-1],
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context_of(user),
    }
