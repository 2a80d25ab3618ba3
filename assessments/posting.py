"""One request to another program's server, which cannot lead it anywhere else or make it wait.

The name is looked up once, and the connection goes to the very address that was checked. No redirect is
followed and no proxy asked; of the answer nothing is read but the status; and all of it takes seconds.
"""

from __future__ import annotations

import queue
import re
import socket
import ssl
import threading
import time
from enum import Enum, auto
from ipaddress import ip_address
from typing import Any

from .webhooks import Address, may_reach

LONGEST_ANSWER = 8192
"""Bytes within which the status has to come."""

_STATUS = re.compile(
    rb"(?:HTTP/1\.[01] 1\d\d[^\n]*\n(?:[^\r\n][^\n]*\n)*\r?\n)*"  # what is said in between, such as 103
    rb"HTTP/1\.[01] ([2-9]\d\d)[ \r\n]"
)


class Failure(Enum):
    """Why there is no status."""

    UNKNOWN_NAME = auto()
    INSIDE = auto()
    UNREACHABLE = auto()
    CERTIFICATE = auto()
    NO_TLS = auto()
    TOO_SLOW = auto()
    CLOSED = auto()
    NOT_HTTP = auto()


class NotPosted(Exception):
    """A request that was not answered; whether it arrived, nobody knows."""

    def __init__(self, failure: Failure, detail: str = "") -> None:
        super().__init__(failure.name)
        self.failure, self.detail = failure, detail


def post(address: Address, body: bytes, headers: dict[str, str], *, inside: bool, seconds: float) -> int:
    """Send a body; the status of the answer. Raises NotPosted, after so many seconds at the latest."""
    deadline = time.monotonic() + seconds
    try:
        with _connect(address, inside, deadline) as connection:
            connection.settimeout(_left(deadline))
            connection.sendall(_request(address, body, headers))
            return _read_status(connection, deadline)
    except TimeoutError as error:
        raise NotPosted(Failure.TOO_SLOW) from error
    except ssl.SSLCertVerificationError as error:
        raise NotPosted(Failure.CERTIFICATE, error.verify_message) from error
    except ssl.SSLError as error:
        raise NotPosted(Failure.NO_TLS) from error
    except OSError as error:
        raise NotPosted(Failure.CLOSED) from error


def _left(deadline: float) -> float:
    """Seconds that are left. Raises TimeoutError when none are."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _connect(address: Address, inside: bool, deadline: float) -> socket.socket:
    """A connection to the first of the name's addresses that takes one. All of them have to be allowed."""
    found = _look_up(address, deadline)
    if not all(may_reach(ip_address(place[0]), inside=inside) for _family, place in found):
        raise NotPosted(Failure.INSIDE)
    for number, (family, place) in enumerate(found, 1):
        is_last = number == len(found)
        try:
            plain = _open(family, place, _left(deadline) if is_last else _left(deadline) / 2)
        except TimeoutError:
            if is_last:
                raise
        except OSError as error:
            if is_last:
                raise NotPosted(Failure.UNREACHABLE) from error
        else:
            return _secured(plain, address.host, deadline) if address.is_secure else plain
    raise NotPosted(Failure.UNKNOWN_NAME)


def _look_up(address: Address, deadline: float) -> list[tuple[int, Any]]:
    """What the name stands for, each with its family, the best first.

    A look-up knows no time limit, so a thread makes it, which is left behind when it takes too long.
    """
    answers: queue.SimpleQueue[list[Any]] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            answers.put([])

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=_left(deadline))
    except queue.Empty:
        raise TimeoutError from None
    return [(family, place) for family, _type, _protocol, _name, place in found]


def _open(family: int, place: Any, seconds: float) -> socket.socket:
    plain = socket.socket(family, socket.SOCK_STREAM)
    try:
        plain.settimeout(seconds)
        plain.connect(place)
    except OSError:
        plain.close()
        raise
    return plain


def _secured(plain: socket.socket, host: str, deadline: float) -> socket.socket:
    """The same connection with TLS, at whose other end is the host that was meant."""
    try:
        plain.settimeout(_left(deadline))
        return ssl.create_default_context().wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def _request(address: Address, body: bytes, headers: dict[str, str]) -> bytes:
    name = f"[{address.host}]" if ":" in address.host else address.host
    own = {
        "Host": name if address.port == (443 if address.is_secure else 80) else f"{name}:{address.port}",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [
        f"POST {address.target} HTTP/1.1",
        *(f"{key}: {value}" for key, value in (own | headers).items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body


def _read_status(connection: socket.socket, deadline: float) -> int:
    seen = b""
    while not (found := _STATUS.match(seen)):
        if len(seen) > LONGEST_ANSWER or (b"\n" in seen and not seen.startswith(b"HTTP/1.")):
            raise NotPosted(Failure.NOT_HTTP)
        connection.settimeout(_left(deadline))
        more = connection.recv(LONGEST_ANSWER)
        if not more:
            raise NotPosted(Failure.NOT_HTTP if seen else Failure.CLOSED)
        seen += more
    return int(found[1])
