"""RS256 and ES256: tokens that an identity provider signed with a key of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wireside.adapters.key_set import KeySet
from wireside.adapters.tokens import Key


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """The keys of a JWKS."""

    keys: KeySet

    def __call__(self, header: Mapping[str, Any]) -> Key:
        """Return the key that the token names, and the algorithm of that key's type.

        Raises: ValueError for a token that names none of them. Unavailable.
        """
        key_id = header.get("kid")
        known = self.keys.key(key_id) if isinstance(key_id, str) else None
        if known is None:
            message = "signed with no key of ours"
            raise ValueError(message)
        return Key(known.key, known.algorithm_name)
