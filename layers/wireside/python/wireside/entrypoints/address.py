"""Where a connection comes from: as the gateway saw it, or as a proxy that is believed says."""

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from wireside.entrypoints.observability import Event

type Network = IPv4Network | IPv6Network

HOST_BITS = 64
"""One customer of a provider has all addresses of an IPv6 network of this size."""


def address_of(event: Event, trusted: Sequence[Network]) -> str:
    """Return what to count a handshake under: an IPv4 address, or an IPv6 network.

    That is the gateway's caller, unless it is a proxy that is trusted: then the last hop of
    ``X-Forwarded-For`` that is none. What stands before that hop may be anybody's invention.
    """
    address = str(event["requestContext"]["identity"]["sourceIp"])
    for hop in _hops(event):
        if not _is_trusted(address, trusted):
            break
        address = hop
    return _counted(address)


def _hops(event: Event) -> Iterator[str]:
    """Yield the hops that proxies told of, nearest first, up to one that is no address."""
    headers = event.get("multiValueHeaders") or {}
    named = [value for name, value in headers.items() if name.lower() == "x-forwarded-for"]
    told = ",".join(line for lines in named for line in lines)
    for each in reversed(told.split(",")):
        try:
            yield str(ip_address(each.strip()))
        except ValueError:
            return


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    return any(ip_address(address) in each for each in trusted)


def _counted(address: str) -> str:
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, HOST_BITS), strict=False))
    return address
