"""Headers of handshakes and requests."""

from collections.abc import Collection, Mapping

SUBPROTOCOL = "wireside.v1"
TOKEN_PREFIX = "wireside.auth."  # noqa: S105 - what stands before a token
BEARER = "bearer "


def lower(headers: Mapping[str, str] | None) -> dict[str, str]:
    """Return headers under lower-case names."""
    return {name.lower(): value for name, value in (headers or {}).items()}


def is_allowed(origin: str | None, allowed: Collection[str]) -> bool:
    """Whether a page of this Origin may connect; what is no browser sends none.

    Browsers write it in lower case without a default port, so that it can be compared as it is.
    Source: https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin
    """
    return origin is None or origin in allowed
