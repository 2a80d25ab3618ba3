"""A program of somebody else's that takes webhooks: a real server, which answers well or badly as told."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

HOST = "127.0.0.1"
CERTIFICATE = Path(__file__).with_name("receiver.pem")
"""For hooks.example, with its key; trusted by nobody but who names it in SSL_CERT_FILE."""


class Received(NamedTuple):
    """One request, as it came."""

    line: str
    headers: dict[str, str]  # by their names in small letters
    body: bytes


Answer = Callable[[socket.socket, threading.Event], None]
"""What is done with a connection whose request has been read; the event is set when the test is over."""


def says(text: str) -> Answer:
    """An answer, word for word."""
    return lambda connection, over: connection.sendall(text.encode())


def answers(status: int, headers: str = "") -> Answer:
    """An answer with a status, and a long way to its end."""
    return says(f"HTTP/1.1 {status} Of a test\r\n{headers}Content-Length: 2\r\n\r\nok")


def hangs(connection: socket.socket, over: threading.Event) -> None:
    """Takes everything and says nothing."""
    over.wait()


def hangs_up(connection: socket.socket, over: threading.Event) -> None:
    """Takes everything and leaves."""


def drips(connection: socket.socket, over: threading.Event) -> None:
    """Answers a letter at a time, and never comes to the status."""
    for sign in b"HTTP/1.1 100 Continue\r\n" + b"X" * 10_000:
        connection.sendall(bytes([sign]))
        if over.wait(0.02):
            return


def floods(connection: socket.socket, over: threading.Event) -> None:
    """Takes the message, and then talks for as long as anybody listens."""
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while not over.is_set():
        connection.sendall(bytes(1 << 20))


class Receiver:
    """What it got, and what it answers."""

    def __init__(self, port: int, scheme: str) -> None:
        self.port = port
        self.url = f"{scheme}://{HOST}:{port}/hook"
        self.got: list[Received] = []
        self.answer: Answer = answers(200)

    def serve(self, connection: socket.socket, over: threading.Event) -> None:
        """Read one request and answer it."""
        with connection.makefile("rb") as stream:
            line = stream.readline().decode().strip()
            if not line:
                return
            headers = {}
            while text := stream.readline().decode().strip():
                name, _colon, value = text.partition(": ")
                headers[name.lower()] = value
            body = stream.read(int(headers.get("content-length", 0)))
        self.got.append(Received(line, headers, body))
        self.answer(connection, over)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever sends hangs up when it has heard enough."""


@contextlib.contextmanager
def running_receiver(*, secure: bool = False) -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            receiver.serve(self.request, over)

    with _Server((HOST, 0), Handler) as server:
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            # who connects and says nothing must not keep the others waiting
            server.socket = context.wrap_socket(
                server.socket, server_side=True, do_handshake_on_connect=False
            )
        receiver = Receiver(server.server_address[1], "https" if secure else "http")
        thread = threading.Thread(target=server.serve_forever, args=[0.02])
        thread.start()
        try:
            yield receiver
        finally:
            over.set()
            server.shutdown()
            thread.join()
