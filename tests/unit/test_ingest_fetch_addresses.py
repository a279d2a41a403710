"""Where a link may lead (B15)."""

# ruff: noqa: RUF001  digits of other scripts are meant

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ingest.addresses import NOT_PUBLIC, checked, public
from core.errors import InvalidInput

PRIVATE_4 = st.sampled_from([str(one) for one in NOT_PUBLIC if one.version == 4]).flatmap(
    lambda network: st.ip_addresses(network=network)
)
PUBLIC_4 = st.ip_addresses(v=4).filter(lambda one: public(str(one)))


def embedded(inner: IPv4Address, outer: IPv4Address) -> dict[str, IPv6Address]:
    """The forms in which an IPv4 address travels inside an IPv6 address; ``outer`` is a tunnel's server."""
    number = int(inner)
    return {
        "mapped": IPv6Address(0xFFFF << 32 | number),
        "compatible": IPv6Address(number),
        "nat64": IPv6Address(0x0064FF9B << 96 | number),
        "nat64 of a site": IPv6Address(0x0064FF9B0001 << 80 | number),
        "6to4": IPv6Address(0x2002 << 112 | number << 80 | 1),
        "teredo client": IPv6Address(0x20010000 << 96 | int(outer) << 64 | 0xFFFFFFFF ^ number),
        "teredo server": IPv6Address(0x20010000 << 96 | number << 64 | 0xFFFFFFFF ^ int(outer)),
        "isatap": IPv6Address(0x2A00 << 112 | 0x5EFE << 32 | number),
        "isatap, global": IPv6Address(0x2A00 << 112 | 0x02005EFE << 32 | number),
    }


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "100.64.0.1", "100.100.100.200",
        "0.0.0.1", "255.255.255.255", "224.0.0.1", "192.0.0.192", "198.18.0.1", "168.63.129.16", "::", "::1",
        "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "5f00::1",
        "3fff::1", "64:ff9b:1::a00:1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::", "localhost", "",
    ],
)  # fmt: skip
def test_private_and_special_addresses_are_not_public(address: str):
    assert not public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str):
    assert public(address)


@given(PRIVATE_4, PUBLIC_4)
def test_no_wrapping_makes_a_private_address_public(inner: IPv4Address, outer: IPv4Address):
    assert [form for form, address in embedded(inner, outer).items() if public(str(address))] == []


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1/", "http://127.1/", "http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/",
        "http://0x7f.0.0.1/", "http://127.0.0.1./", "http://[::1]/", "http://[::ffff:7f00:1]/", "http://[fe80::1%25lo]/",
        "http://16843009/", "http://1.1/", "http://１２７.０.０.１/", "http://127。0。0。1/",
    ],
)  # fmt: skip
def test_private_and_oddly_written_addresses_are_refused(link: str):
    with pytest.raises(InvalidInput):
        checked(link)


@pytest.mark.parametrize(
    "link",
    [
        "ftp://maya.example/", "file:///etc/passwd", "javascript:alert(1)", "gopher://maya.example", "//maya.example",
        "maya.example", "", "http://", "http:///x", "http://user@maya.example/", "http://u:p@maya.example/",
        "http://maya.example:22/", "https://maya.example:8443/", "http://maya.example:0/", "http://maya.example:99999/",
        "http://[::1", "http://maya.example/" + "x" * 3000, "data:text/html,x", "http://@maya.example:6379@evil/",
    ],
)  # fmt: skip
def test_other_schemes_user_names_and_ports_are_refused(link: str):
    with pytest.raises(InvalidInput):
        checked(link)


@pytest.mark.parametrize(
    "link",
    ["http://maya.example", "https://maya.example:443/a?b=c#d", "HTTPS://MAYA.example/", "https://bäckerei.example/"],
)
def test_links_to_the_web_are_allowed(link: str):
    assert checked(link).fragment == ""


def test_what_is_exempt_may_be_reached_and_nothing_beside_it():
    exempt = frozenset({("127.0.0.1", 8080)})
    assert checked("http://127.0.0.1:8080/x", exempt).port == 8080
    for link in ("http://127.0.0.1:8081/", "http://127.0.0.1/", "http://127.0.0.2:8080/"):
        with pytest.raises(InvalidInput):
            checked(link, exempt)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda text: f"http://{text}"))
def test_any_text_is_either_a_link_or_refused(text: str):
    try:
        url = checked(text)
    except InvalidInput:
        return
    assert url.scheme in {"http", "https"}
    assert url.user is None
    assert url.port in {80, 443}
