"""Headers of handshakes and requests."""

from collections.abc import Mapping

SUBPROTOCOL = "wireside.v1"
TOKEN_PREFIX = "wireside.auth."  # noqa: S105 - what stands before a token
BEARER = "bearer "


def lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers under lower-case names."""
    return {name.lower(): value for name, value in (headers or {}).items()}
