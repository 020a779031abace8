"""Invitations: whoever holds one may become a member, until it runs out."""

import hashlib
import hmac
from dataclasses import dataclass

from wireside.domain.events import ConversationId, UserId

PREFIX = "wsi_"
LIFE_SECONDS = 7 * 24 * 60 * 60


@dataclass(frozen=True, slots=True)
class Invite:
    """A way into a conversation. ``id`` is its token's hash; the token itself is kept nowhere.

    ``until`` is in seconds since the epoch, exclusive. ``by`` made it.
    """

    id: str
    conversation_id: ConversationId
    until: int
    by: UserId


def invite_id(token: str) -> str:
    """Return under which id an invitation is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_of(seed: str, key: str) -> str:
    """Return the token that a request makes: the same one for the same seed and key.

    ``seed`` has 128 unguessable bits, so nobody outside can tell it. A repeat of the request
    brings the key along, so the store can keep the seed and does not hold the token.
    """
    digest = hmac.new(seed.encode(), key.encode(), hashlib.sha256).hexdigest()
    return f"{PREFIX}{digest}"


def kept_key(key: str) -> str:
    """Return under which name an ``Idempotency-Key`` is kept: with the key, a seed is a token."""
    return hashlib.sha256(key.encode()).hexdigest()
