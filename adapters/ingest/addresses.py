"""Which addresses of the internet a stranger's link may lead to: public ones, however they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from yarl import URL

from core.errors import InvalidInput

PORTS = frozenset({80, 443})
LONGEST_URL = 2_000  # characters
NUMBER_AT_END = re.compile(r"(?:^|\.)(?:\d+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
DOTTED = re.compile(r"(?:(?:0|[1-9]\d{0,2})\.){3}(?:0|[1-9]\d{0,2})")


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(ip_network, text.split()))


# The special-purpose registries of IANA (RFC 6890 and later), and what clouds answer on.
NOT_PUBLIC = _networks(
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24"
    " 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24"
    " 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4 168.63.129.16/32"
    " 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20"
)
PUBLIC_6 = IPv6Network("2000::/3")
NAT64 = IPv6Network("64:ff9b::/96")
MAPPED = IPv6Network("::ffff:0:0/96")
TUNNEL_6TO4 = IPv6Network("2002::/16")
TEREDO = IPv6Network("2001::/32")
ISATAP = {0x00005EFE, 0x02005EFE}


def public(address: str) -> bool:
    """Whether an IP address is one of the public internet, and so is every IPv4 address embedded in it.

    ``ipaddress`` alone does not tell: its ``is_global`` is true for forms that reach private hosts.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in network for network in NOT_PUBLIC)
    embedded = list(_embedded(found))
    if not all(public(str(inner)) for inner in embedded):
        return False
    wrapped = any(found in network for network in (NAT64, MAPPED, TUNNEL_6TO4, TEREDO))
    return wrapped or (found in PUBLIC_6 and not any(found in network for network in NOT_PUBLIC))


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    number = int(address)
    if address in NAT64 or address in MAPPED:
        yield IPv4Address(number & 0xFFFFFFFF)
    if address in TUNNEL_6TO4:
        yield IPv4Address(number >> 80 & 0xFFFFFFFF)
    if address in TEREDO:  # its server, and the client with all bits turned
        yield IPv4Address(number >> 64 & 0xFFFFFFFF)
        yield IPv4Address(~number & 0xFFFFFFFF)
    if number >> 32 & 0xFFFFFFFF in ISATAP:
        yield IPv4Address(number & 0xFFFFFFFF)


def checked(text: str, exempt: frozenset[tuple[str, int]] = frozenset()) -> URL:
    """A link as a URL, once its form is one that may be followed.

    Args:
        text: The link.
        exempt: Hosts with ports that may be reached whatever they are.

    Raises:
        InvalidInput: Another scheme, a user name, an odd port, or an address of a private network.
    """
    try:
        url = URL(text).with_fragment(None)
        host, port = url.host or "", url.port
    except (ValueError, TypeError) as exc:
        raise InvalidInput("is no web address") from exc
    if url.scheme not in {"http", "https"} or not host or port is None or len(text) > LONGEST_URL:
        raise InvalidInput("is no address that begins with http:// or https://")
    if url.user is not None or url.password is not None:
        raise InvalidInput("has a user name or password in it: give the address without")
    if (host, port) in exempt:
        return url
    if port not in PORTS:
        raise InvalidInput(f"leads to port {port}: only the ports of the web (80 and 443) are read")
    if ":" in host or NUMBER_AT_END.search(host):
        canonical = ":" in host or DOTTED.fullmatch(host.rstrip("."))
        if not canonical or not public(host.rstrip(".")):
            raise InvalidInput("leads to a private or special network address, which is never read")
    return url
