"""Links by which conversations are shared: whoever holds one reads along, up to a place in the log.

What links have in common with invitations, that their tokens are kept nowhere, is in ``invites``.
"""

import hashlib
import hmac
from dataclasses import dataclass

from wireside.domain.events import ConversationId, UserId

PREFIX = "wsl_"
MAX_TOKEN = 128
VEIL_CHARACTERS = 16


@dataclass(frozen=True, slots=True)
class SharedLink:
    """A way to read a conversation up to ``through_seq``. ``id`` is its token's hash.

    ``veil`` is a secret of the link, with which people get keys that tell nothing of their ids.
    ``title``: as somebody had set it then; or ``title_seq``, the message that it was made from.
    ``by`` made it.
    """

    id: str
    conversation_id: ConversationId
    through_seq: int
    created_at_ms: int
    veil: str
    by: UserId
    title: str | None = None
    title_seq: int | None = None

    def key_of(self, participant_id: str) -> str:
        """Return what stands for a participant on this link, and on no other."""
        digest = hmac.new(self.veil.encode(), participant_id.encode(), hashlib.sha256)
        return digest.hexdigest()[:VEIL_CHARACTERS]


def link_id(token: str) -> str:
    """Return under which id a link is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def token_of(seed: str, key: str) -> str:
    """Return the token that a request makes: the same one for the same seed and key.

    ``seed`` has 128 unguessable bits. A repeat brings the key along, so that the store, which has
    the seed, does not hold the token.
    """
    digest = hmac.new(seed.encode(), b"link " + key.encode(), hashlib.sha256).hexdigest()
    return f"{PREFIX}{digest}"
