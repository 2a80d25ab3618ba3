"""A process of the web server: all share one queue, and nobody waits for who has been answered."""

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
    """gunicorn's process with threads, but for when it takes connections and how it ends them.

    It takes no more of them than it has threads. Who waits, waits in the system's queue for whichever thread
    of whichever process is free first; what a process took would wait for that one alone. A process that
    stops takes who is in the queue by then, for half of the time that it has: there may be nobody else.

    After the answer it says that nothing more comes, and waits for the other end to say so, too: what is
    closed while words arrive loses the end of the answer (RFC 9112, 9.6). gunicorn waits with the one thread
    that takes new connections, and whoever reads slowly holds up everybody. This one waits for all at once.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.worker_connections = self.cfg.threads
        self.last_call: float | None = None  # when it takes nobody any more, once it stops
        self.leaving: dict[socket.socket, float] = {}  # each with its last moment, the first to go first

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep the connection, or take leave of it. Called in the thread that takes new ones."""
        if not fs.cancelled() and fs.exception() is None and fs.result() is False:
            self.nr_conns -= 1
            self.take_leave(conn)
        else:
            super().finish_request(conn, fs)
        if not self.alive:
            self.take_another()

    def take_another(self) -> None:
        """While it stops: take who waits in the queue, if anybody does and there is time."""
        now = time.monotonic()
        if self.last_call is None:
            self.last_call = now + self.cfg.graceful_timeout / 2
        if now < self.last_call:
            for listener in self.sockets:
                self.accept(listener)

    def take_leave(self, conn: TConn) -> None:
        """Say that nothing more comes, and be done with it for now."""
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
