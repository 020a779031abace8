"""Who is let in. The authorizer pays for this and no more."""

from functools import cache
from typing import TYPE_CHECKING

from wireside.adapters.lean import without
from wireside.adapters.system import SystemClock
from wireside.bootstrap.process import secrets, settings

if TYPE_CHECKING:
    from wireside.adapters.tokens import JwtVerifier
    from wireside.services.identities import Door


@cache
def verifier() -> "JwtVerifier":
    """Return the check of tokens. It needs neither boto3 nor pydantic."""
    known = settings()
    if known.jwks_url is not None:
        return _verifier_of_public_keys(known.jwks_url)
    # HS256 needs no cryptography, and PyJWT does without it where it is not installed: it would
    # be a third of the authorizer's cold start.
    with without("cryptography"):
        from wireside.adapters.tokens import JwtVerifier, SharedSecret

    secret = SharedSecret(lambda: secrets().read(known.jwt_secret_parameter))
    return JwtVerifier(secret, known.jwt_issuer, known.jwt_audience)


def _verifier_of_public_keys(url: str) -> "JwtVerifier":
    from wireside.adapters.key_set import KeySet
    from wireside.adapters.public_keys import PublicKeys
    from wireside.adapters.tokens import JwtVerifier

    known = settings()
    return JwtVerifier(PublicKeys(KeySet(url)), known.jwt_issuer, known.jwt_audience)


@cache
def door() -> "Door":
    """Return who is let in. It needs neither boto3 nor an event loop."""
    from wireside.adapters.aws.calls import JsonService
    from wireside.adapters.aws.sigv4 import Scope
    from wireside.adapters.dynamodb.tickets import TicketTaker
    from wireside.services.identities import Door

    known = settings()
    scope = Scope(known.region, "dynamodb")
    service = JsonService(known.dynamodb_endpoint, scope, "DynamoDB_20120810", "1.0")
    return Door(verifier(), TicketTaker(service, known.table_name), SystemClock())
