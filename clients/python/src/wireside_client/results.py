"""What an answer points to. All of it is a stranger's: plain text, and addresses of the web."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlsplit

from wireside_client.items import Result


def results_in(body: Mapping[str, Any]) -> tuple[Result, ...]:
    """Return the results of a message's body, in its order; what has no name is left out."""
    items = body.get("items")
    found = [_result_of(each) for each in items] if isinstance(items, list) else []
    return tuple(each for each in found if each is not None)


def _result_of(item: object) -> Result | None:
    told = item if isinstance(item, dict) else {}
    name, url, kind, description, site = (
        _text_of(told.get(key)) for key in ("name", "url", "type", "description", "site")
    )
    if not name:
        return None
    address = _address_of(url)
    host = address.netloc if address else site
    return Result(name, url, url if address else None, host, kind, description)


def _text_of(value: object) -> str:
    return value if isinstance(value, str) else ""


def _address_of(url: str) -> SplitResult | None:
    """Return an address that may be linked to: of the web, and without credentials."""
    try:
        address = urlsplit(url)
    except ValueError:
        return None
    is_web = address.scheme in {"http", "https"} and bool(address.hostname)
    is_plain = url.isascii() and url.isprintable() and " " not in url
    return address if is_web and is_plain and "@" not in address.netloc else None
