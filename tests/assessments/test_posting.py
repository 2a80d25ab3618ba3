"""One request to servers that answer well, badly, slowly, or not at all. All of them are real."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from assessments.posting import LONGEST_ANSWER, Failure, NotPosted, post
from assessments.webhooks import Address, read_address
from tests.receiver import (
    CERTIFICATE,
    Answer,
    Receiver,
    answers,
    drips,
    floods,
    hangs,
    hangs_up,
    running_receiver,
    says,
)

BODY = b'{"type": "test"}'
SOON = 0.3
"""Seconds that a slow server gets here."""

Names = Callable[..., list[str]]


def send(url: str, *, inside: bool = True, seconds: float = 10.0) -> int:
    return post(read_address(url, inside=inside), BODY, {"X-Test": "1"}, inside=inside, seconds=seconds)


def failure(url: str, **options: Any) -> NotPosted:
    with pytest.raises(NotPosted) as error:
        send(url, **options)
    return error.value


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    """``names("hooks.example", ["1.1.1.1"], …)``: what the DNS says, the first time it is asked, the second…

    Returns the list in which each question is noted.
    """

    def stand_for(name: str, *times: list[str]) -> list[str]:
        asked: list[str] = []
        said = iter(times)

        def look_up(host: str, port: int, **options: Any) -> list[Any]:
            asked.append(host)
            assert host == name
            families = {False: socket.AF_INET, True: socket.AF_INET6}
            return [
                (families[":" in ip], socket.SOCK_STREAM, 6, "", (ip, port, 0, 0)[: 4 if ":" in ip else 2])
                for ip in next(said)
            ]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return stand_for


# --- What is said, and what is heard ----------------------------------------------------------


def test_the_request_as_it_arrives(receiver: Receiver) -> None:
    assert send(f"{receiver.url}?a=ü") == 200

    (got,) = receiver.got
    assert got.line == "POST /hook?a=%C3%BC HTTP/1.1"
    assert got.headers == {
        "host": f"127.0.0.1:{receiver.port}",
        "content-length": "16",
        "connection": "close",
        "x-test": "1",
    }
    assert got.body == BODY


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        *((answers(status), status) for status in (200, 204, 400, 410, 429, 500, 503)),
        (answers(301, "Location: http://127.0.0.1/elsewhere\r\n"), 301),
        (answers(307, "Location: /elsewhere\r\n"), 307),
        (says("HTTP/1.0 201\r\n"), 201),
        (
            says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 202 OK\r\n"),
            202,
        ),
        (floods, 200),
    ],
)
def test_the_status_of_the_answer(receiver: Receiver, answer: Answer, status: int) -> None:
    """Whatever follows it is not read, and nowhere is followed."""
    receiver.answer = answer

    assert send(receiver.url, seconds=5) == status
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (hangs_up, Failure.CLOSED),
        (says("HTTP/1.1 2"), Failure.NOT_HTTP),
        (says("HTTP/1.1 banana\r\n"), Failure.NOT_HTTP),
        (says("SSH-2.0-OpenSSH_9.9\r\n"), Failure.NOT_HTTP),
        (says("HTTP/1.1 103 Early\r\nX: " + "x" * 2 * LONGEST_ANSWER), Failure.NOT_HTTP),
        (says("HTTP/1.1 100 Continue\r\n\r\n"), Failure.NOT_HTTP),
    ],
)
def test_what_is_no_answer(receiver: Receiver, answer: Answer, expected: Failure) -> None:
    receiver.answer = answer

    assert failure(receiver.url).failure == expected


@pytest.mark.parametrize("answer", [hangs, drips])
def test_who_is_slow_is_left(receiver: Receiver, answer: Answer) -> None:
    """Also who says a letter now and then."""
    receiver.answer = answer
    begun = time.monotonic()

    assert failure(receiver.url, seconds=SOON).failure == Failure.TOO_SLOW
    assert SOON <= time.monotonic() - begun < 30 * SOON


def test_a_server_that_takes_no_connection_from_its_queue_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert (
            failure(f"http://127.0.0.1:{silent.getsockname()[1]}/", seconds=SOON).failure == Failure.TOO_SLOW
        )


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]

    assert failure(f"http://127.0.0.1:{port}/").failure == Failure.UNREACHABLE


def test_no_proxy_of_the_environment_is_asked(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")

    assert send(receiver.url) == 200


# --- Names ------------------------------------------------------------------------------------


def test_a_name_is_looked_up_once_and_that_machine_is_spoken_to(receiver: Receiver, names: Names) -> None:
    """What the name stands for a moment later (DNS rebinding) plays no part."""
    asked = names("hooks.example", ["127.0.0.1"], ["192.0.2.1"])

    assert send(f"http://hooks.example:{receiver.port}/") == 200
    assert asked == ["hooks.example"]
    assert receiver.got[0].headers["host"] == f"hooks.example:{receiver.port}"


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%lo"],
        ["1.1.1.1", "127.0.0.1"],
    ],
)
def test_a_name_that_leads_inside_is_not_followed(receiver: Receiver, names: Names, found: list[str]) -> None:
    """Nor one that leads inside only at times."""
    names("hooks.example", found, ["1.1.1.1"])

    assert failure(f"https://hooks.example:{receiver.port}/", inside=False).failure == Failure.INSIDE
    assert receiver.got == []


def test_where_our_own_network_is_allowed_a_name_leads_to_no_keys_of_a_cloud(names: Names) -> None:
    names("hooks.example", ["169.254.169.254"])

    assert failure("http://hooks.example/").failure == Failure.INSIDE


def test_the_next_address_is_taken_where_the_first_takes_nothing(receiver: Receiver, names: Names) -> None:
    """As with a name that stands for an IPv6 address on a machine that reaches none."""
    names("hooks.example", ["::1", "127.0.0.1"])

    assert send(f"http://hooks.example:{receiver.port}/") == 200


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*args: Any, **options: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    assert failure("https://hooks.example/", inside=False).failure == Failure.UNKNOWN_NAME


def test_a_name_server_that_is_silent_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: over.wait() and [])

    assert failure("https://hooks.example/", inside=False, seconds=SOON).failure == Failure.TOO_SLOW
    over.set()


# --- TLS --------------------------------------------------------------------------------------


def test_a_server_is_known_by_its_certificate(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    names("hooks.example", ["127.0.0.1"])

    with running_receiver(secure=True) as receiver:
        assert send(f"https://hooks.example:{receiver.port}/") == 200
    assert receiver.got[0].body == BODY


def test_another_servers_certificate_is_refused(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    names("other.example", ["127.0.0.1"])

    with running_receiver(secure=True) as receiver:
        error = failure(f"https://other.example:{receiver.port}/")
    assert (error.failure, receiver.got) == (Failure.CERTIFICATE, [])
    assert "other.example" in error.detail


def test_a_certificate_that_nobody_vouches_for_is_refused(names: Names) -> None:
    names("hooks.example", ["127.0.0.1"])

    with running_receiver(secure=True) as receiver:
        assert failure(f"https://hooks.example:{receiver.port}/").failure == Failure.CERTIFICATE
    assert receiver.got == []


def test_a_server_without_tls_is_told_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        threading.Thread(target=greet, args=[plain]).start()
        address = Address(True, "127.0.0.1", plain.getsockname()[1], "/")
        with pytest.raises(NotPosted) as error:
            post(address, BODY, {}, inside=True, seconds=10)

    assert error.value.failure == Failure.NO_TLS


def greet(server: socket.socket) -> None:
    """Speak first, as a mail server does."""
    connection, _address = server.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(b"220 mail.example.org ESMTP\r\n")
        connection.recv(1024)


def test_a_slow_handshake_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(True, "127.0.0.1", silent.getsockname()[1], "/")
        with pytest.raises(NotPosted) as error:
            post(address, BODY, {}, inside=True, seconds=SOON)

    assert error.value.failure == Failure.TOO_SLOW
