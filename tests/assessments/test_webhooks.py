"""Where a message may go, and how it is signed."""

from __future__ import annotations

import base64
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.webhooks import (
    LONGEST,
    Address,
    AddressError,
    Problem,
    make_secret,
    may_reach,
    read_address,
    secret_text,
    sign,
)

# --- Where a message may go -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://example.org", Address(True, "example.org", 443, "/")),
        ("HTTPS://Example.ORG:8443/a/b?c=d&e=%20f#g", Address(True, "example.org", 8443, "/a/b?c=d&e=%20f")),
        ("https://chat.example.org:80/", Address(True, "chat.example.org", 80, "/")),
        ("https://bücher.example/ü?ö", Address(True, "xn--bcher-kva.example", 443, "/%C3%BC?%C3%B6")),
        ("https://8.8.8.8/x", Address(True, "8.8.8.8", 443, "/x")),
        ("https://[2606:4700::1111]:444/x", Address(True, "2606:4700::1111", 444, "/x")),
    ],
)
def test_an_address_in_its_parts(url: str, address: Address) -> None:
    assert read_address(url, inside=False) == address


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("", Problem.NO_ADDRESS),
        ("example.org/hook", Problem.NO_ADDRESS),
        ("//example.org/hook", Problem.NO_ADDRESS),
        ("https://", Problem.NO_ADDRESS),
        ("https:///hook", Problem.NO_ADDRESS),
        ("https://:443/", Problem.NO_ADDRESS),
        ("https://example.org:0/", Problem.NO_ADDRESS),
        ("https://example.org:65536/", Problem.NO_ADDRESS),
        ("https://example.org:port/", Problem.NO_ADDRESS),
        ("https://[::1", Problem.NO_ADDRESS),
        ("https://[fe80::1%25eth0]/", Problem.NO_ADDRESS),
        ("https://exa%6dple.org/", Problem.NO_ADDRESS),
        ("https://two..dots.example/", Problem.NO_ADDRESS),
        (f"https://{'a' * 64}.example/", Problem.NO_ADDRESS),
        ("https://example.org/a b", Problem.NO_ADDRESS),
        ("https://example.org/\r\nX-Header: 1", Problem.NO_ADDRESS),
        ("https://exam\tple.org/", Problem.NO_ADDRESS),
        ("https://example.org\\@evil.example/", Problem.NO_ADDRESS),
        ("https://example.org/\u202egro.live", Problem.NO_ADDRESS),
        ("https://example.org/\x00", Problem.NO_ADDRESS),
        ("file:///etc/passwd", Problem.NO_ADDRESS),
        ("gopher://example.org/", Problem.NO_ADDRESS),
        ("javascript:alert(1)", Problem.NO_ADDRESS),
        (f"https://example.org/{'x' * LONGEST}", Problem.TOO_LONG),
        ("http://example.org/", Problem.NOT_HTTPS),
        ("https://user:pw@example.org/", Problem.HAS_PASSWORD),
        ("https://@example.org/", Problem.HAS_PASSWORD),
        ("https://127.0.0.1/", Problem.INSIDE),
        ("https://169.254.169.254/latest/meta-data/", Problem.INSIDE),
        ("https://[::1]/", Problem.INSIDE),
        ("https://[::ffff:127.0.0.1]/", Problem.INSIDE),
        ("https://[::ffff:7f00:1]/", Problem.INSIDE),
        ("https://0177.0.0.1/", Problem.INSIDE),
        ("https://0x7f.1/", Problem.INSIDE),
        ("https://127.1/", Problem.INSIDE),
        ("https://2130706433/", Problem.INSIDE),
        ("https://0/", Problem.INSIDE),
        ("https://①②⑦.⓪.⓪.①/", Problem.INSIDE),
        ("https://127。0。0。1/", Problem.INSIDE),  # full stops that the DNS takes for dots
    ],
)
def test_nothing_is_sent_there(url: str, problem: Problem) -> None:
    with pytest.raises(AddressError) as error:
        read_address(url, inside=False)

    assert error.value.problem == problem


@pytest.mark.parametrize("url", ["http://169.254.169.254/", "http://[::ffff:169.254.169.254]/", "http://0/"])
def test_nor_even_where_our_own_network_is_allowed(url: str) -> None:
    for inside in (True, False):
        with pytest.raises(AddressError):
            read_address(url, inside=inside)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8065/hooks/x", "http://2130706433/", "https://[::1]/", "http://chat/hooks/x"]
)
def test_our_own_network_where_it_is_allowed(url: str) -> None:
    assert read_address(url, inside=True).host


@given(st.text())
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org/{text}", f"https://[{text}]"):
        try:
            address = read_address(url, inside=False)
        except AddressError:
            continue
        assert (address.host + address.target).isascii()
        assert not set(address.host + address.target) & set(" \r\n\t\0")


OWN = ["127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "100.64.0.1", "::1", "fd00::1", "fc00::1"]
NEVER = [
    "0.0.0.0",
    "0.1.2.3", "169.254.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1",
    "255.255.255.255", "::", "fe80::1", "fec0::1", "ff02::1", "2001:db8::1", "100::1", "4000::1", "::7f00:1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"]
CARRIERS = [lambda v4: f"::ffff:{v4}", lambda v4: f"64:ff9b::{v4}", lambda v4: _six_to_four(v4)]


def _six_to_four(text: str) -> str:
    number = int(ip_address(text))
    return f"2002:{number >> 16:x}:{number & 0xFFFF:x}::1"


@pytest.mark.parametrize(
    ("texts", "outside", "inside"), [(OWN, False, True), (NEVER, False, False), (PUBLIC, True, True)]
)
def test_which_machines_may_be_reached(texts: list[str], outside: bool, inside: bool) -> None:
    """By themselves, and by the IPv6 addresses that lead to an IPv4 one."""
    carried = [carry(text) for text in texts if ":" not in text for carry in CARRIERS]

    for text in texts + carried:
        assert may_reach(ip_address(text), inside=False) is outside, text
        assert may_reach(ip_address(text), inside=True) is inside, text


# --- The signature ----------------------------------------------------------------------------


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """The example that their libraries are tested with."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")

    signature = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_part_is_signed() -> None:
    signatures = {
        sign(bytes(32), "a", 1, b"{}"),
        sign(bytes(31) + b"\1", "a", 1, b"{}"),
        sign(bytes(32), "b", 1, b"{}"),
        sign(bytes(32), "a", 2, b"{}"),
        sign(bytes(32), "a", 1, b"{ }"),
    }

    assert len(signatures) == 5


def test_a_secret_needs_the_key_and_the_salt() -> None:
    """Worked out by hand: openssl dgst -sha256 -hmac, twice, the second time with -macopt hexkey."""
    secret = make_secret("a key", "a salt")

    assert secret.hex() == "6e4d1a94e3c1fde8a9cdd56507dcc88278b202d5e6db6377f0dd97b3bc8f3f8a"
    assert secret_text(secret) == "whsec_bk0alOPB/eipzdVlB9zIgniyAtXm22N38N2Xs7yPP4o="
    assert len({secret, make_secret("another key", "a salt"), make_secret("a key", "another salt")}) == 3
