"""A process of the web server that lets nobody wait for who has been answered."""

from __future__ import annotations

import selectors
import socket
import time
from concurrent.futures import Future
from typing import Any

from gunicorn import util
from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE = 2.0  # seconds
AT_ONCE = 65_536  # bytes
MOST = 200
"""So many connections may be on their way out; each is an open file."""


class WebProcess(ThreadWorker):
    """gunicorn's process with threads, but for how it ends connections (RFC 9112, 9.6).

    After the answer it says that nothing more comes, and waits for the other end to say so, too: what is
    closed while words arrive loses the end of the answer. gunicorn waits with the one thread that takes new
    connections, and whoever reads slowly holds up everybody. This one waits for all at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaving: dict[socket.socket, float] = {}  # each with its last moment, the first to go first

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep the connection, or take leave of it. Called in the thread that takes new ones."""
        is_over = not fs.cancelled() and fs.exception() is None and fs.result() is False
        if not is_over:
            super().finish_request(conn, fs)
            return
        self.nr_conns -= 1
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, selectors.EVENT_READ, self.hear_out)
        except (OSError, ValueError):  # the other end has gone
            util.close(conn.sock)
            return
        self.leaving[conn.sock] = time.monotonic() + PATIENCE
        if len(self.leaving) > MOST:
            self.part_from(next(iter(self.leaving)))

    def hear_out(self, sock: socket.socket) -> None:
        """Drop what is still said, until that ends."""
        try:
            said = sock.recv(AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if not said:
            self.part_from(sock)

    def part_from(self, sock: socket.socket) -> None:
        """Close a connection."""
        del self.leaving[sock]
        self.poller.unregister(sock)
        util.close(sock)

    def murder_pending(self) -> None:
        """Close what has taken too long; gunicorn asks for this once a second at least."""
        super().murder_pending()
        now = time.monotonic()
        for sock in [sock for sock, until in self.leaving.items() if until <= now]:
            self.part_from(sock)
