"""What other programs are told: where a message may go, and the signature that says that it is ours.

The signature is that of Standard Webhooks, HMAC-SHA256 over the message's id, its time and its body, so
that a receiver can check it with a library that it has, or with a few lines (docs/webhooks.md).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import socket
from enum import Enum, auto
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple
from urllib.parse import quote, urlsplit

LONGEST = 500
"""Characters of an address."""

_KEY = b"accel-survey/webhooks/v1"
_PORTS = {"https": 443, "http": 80}
_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
_SAFE = "/:?@!$&'()*+,;=~%[]"  # what stays as it is in a path or query

INSIDE = [
    ip_network(text)
    for text in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
]
"""This machine and the network that it stands in: reached only where the operator says so."""

_UNICAST = ip_network("2000::/3")  # all of IPv6 that is given to anybody
_NAT64 = ip_network("64:ff9b::/96")


# --- Where a message may go -------------------------------------------------------------------


class Problem(Enum):
    """Why nothing is sent to an address."""

    NO_ADDRESS = auto()
    TOO_LONG = auto()
    NOT_HTTPS = auto()
    HAS_PASSWORD = auto()
    INSIDE = auto()


class AddressError(ValueError):
    """An address to which nothing is sent."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.name)
        self.problem = problem


class Address(NamedTuple):
    """An address in the parts that a request needs."""

    is_secure: bool
    host: str  # as certificates have it: ASCII, an IPv6 address without brackets
    port: int
    target: str  # path and query


def read_address(url: str, *, inside: bool) -> Address:
    """The parts of an address; ``inside`` also allows http and our own network. Raises AddressError.

    A name may still lead anywhere: :func:`may_reach` has to be asked about what it stands for.
    """
    if len(url) > LONGEST:
        raise AddressError(Problem.TOO_LONG)
    try:
        parts = urlsplit(url)
        host, port = _ascii(parts.hostname or ""), parts.port
    except ValueError as error:
        raise AddressError(Problem.NO_ADDRESS) from error
    is_odd = any(not sign.isprintable() or sign in " \\" for sign in url)
    if is_odd or parts.scheme not in _PORTS or not _HOST.fullmatch(host) or port == 0:
        raise AddressError(Problem.NO_ADDRESS)
    if "@" in parts.netloc:
        raise AddressError(Problem.HAS_PASSWORD)
    if parts.scheme == "http" and not inside:
        raise AddressError(Problem.NOT_HTTPS)
    literal = _literal(host)
    if literal and not may_reach(literal, inside=inside):
        raise AddressError(Problem.INSIDE)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(parts.scheme == "https", host, port or _PORTS[parts.scheme], quote(target, safe=_SAFE))


def _ascii(host: str) -> str:
    """A name as the DNS has it. Raises ValueError for what cannot be one."""
    return host if ":" in host else host.encode("idna").decode()


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """The number that is written out in place of a name, in any of the ways that systems still take."""
    try:
        return ip_address(host)
    except ValueError:
        pass
    try:
        return IPv4Address(socket.inet_aton(host))  # 2130706433, 0x7f.1 and 0177.0.0.1 are all 127.0.0.1
    except OSError:
        return None


def may_reach(address: IPv4Address | IPv6Address, *, inside: bool) -> bool:
    """Whether a message may go to this very machine; ``inside`` also allows our own network.

    Link-local addresses, at which clouds hand out their keys, are never allowed, nor is what is no single
    machine's.
    """
    if isinstance(address, IPv6Address):
        address = _carried(address) or address
    if any(address in network for network in INSIDE):
        return inside
    is_given = address.version == 4 or address in _UNICAST
    return is_given and address.is_global and not address.is_multicast


def _carried(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address to which an IPv6 address leads."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


# --- The signature ----------------------------------------------------------------------------


def make_secret(secret_key: str, salt: str) -> bytes:
    """The 32 bytes that sign what an address is told. Neither the database nor the key has them alone."""
    key = hmac.digest(secret_key.encode(), _KEY, hashlib.sha256)
    return hmac.digest(key, salt.encode(), hashlib.sha256)


def secret_text(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return f"whsec_{base64.b64encode(secret).decode()}"


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a message; ``timestamp`` counts seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()}"
