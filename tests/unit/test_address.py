"""Where a connection comes from, and whose word is taken for it."""

import json
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from wireside.entrypoints.address import address_of

ROOT = Path(__file__).parents[2]
PROXIES = [ip_network("10.0.0.0/8"), ip_network("2001:db8:1::/48")]


def event(source: str, *forwarded: str) -> dict[str, Any]:
    """Return a handshake with these lines of ``X-Forwarded-For``."""
    headers = {"X-Forwarded-For": [*forwarded]} if forwarded else {}
    return {
        "requestContext": {"identity": {"sourceIp": source}},
        "multiValueHeaders": headers,
        "headers": {name: lines[-1] for name, lines in headers.items()},
    }


@pytest.mark.parametrize(
    ("source", "forwarded", "counted"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),
        ("10.1.2.3", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9, 198.51.100.1,10.9.9.9 , 10.1.2.3"], "198.51.100.1"),
        ("10.1.2.3", ["203.0.113.9", "198.51.100.1", "10.1.2.3"], "198.51.100.1"),
        ("10.1.2.3", ["10.4.5.6"], "10.4.5.6"),
        ("10.1.2.3", [], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, unknown"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.1, unknown, 10.4.5.6"], "10.4.5.6"),
        ("2001:db8:1::5", ["2001:db8:2:3:4:5:6:7"], "2001:db8:2:3::/64"),
        ("2001:db8:2:3::1", [], "2001:db8:2:3::/64"),
    ],
)
def test_a_connection_is_counted_where_it_comes_from(
    source: str, forwarded: list[str], counted: str
) -> None:
    assert address_of(event(source, *forwarded), PROXIES) == counted


def test_without_proxies_nobodys_word_is_taken() -> None:
    assert address_of(event("10.1.2.3", "198.51.100.1"), ()) == "10.1.2.3"


def test_a_handshake_of_aws_has_an_address() -> None:
    sample = json.loads((ROOT / "events" / "connect.json").read_text("utf-8"))

    assert address_of(sample, PROXIES) == "192.0.2.7"
