"""Slow connections by the hundred, and one person beside them who answers as usual."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.benchmarks.load import Step, stroll
from tests.journeys.stage import HOST, until

from .houses import House, house
from .proxy import proxy

LARGE = "/static/fonts/Inter-Italic.ttf"
"""The largest thing that anybody may read."""

READ = f"GET {LARGE} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()


def kinds(post: str) -> dict[str, tuple[bytes, bytes]]:
    """What each kind of slow connection says at first, and once a second from then on.

    ``post`` is a request with a body and all that the survey wants to see before it reads that.
    """
    head, _, body = post.partition("\r\n\r\n")
    length = f"Content-Length: {len(body)}"
    assert length in head

    def with_body(header: str) -> bytes:
        return f"{head.replace(length, header)}\r\n\r\n".encode()

    return {
        "nothing": (b"", b""),
        "headers": (f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode(), b"X-Slow: 1\r\n"),
        "body": (with_body("Content-Length: 100000"), b"x"),
        "chunks": (with_body("Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        "reading": (READ, b""),
    }


class Slow:
    """Connections that say something at first and something each second; one that is ended is made anew."""

    def __init__(self, port: int, said: list[tuple[bytes, bytes]]) -> None:
        self.port, self.said = port, said
        self.open = self.made = 0
        self.over = asyncio.Event()

    async def all(self) -> None:
        await asyncio.gather(*(self.again_and_again(*each) for each in self.said))

    async def again_and_again(self, first: bytes, then: bytes) -> None:
        while not self.over.is_set():
            with contextlib.suppress(OSError):
                await self.one(first, then)
            await self.second()

    async def one(self, first: bytes, then: bytes) -> None:
        mine = socket.socket()
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least that there is
        mine.setblocking(False)
        await asyncio.get_running_loop().sock_connect(mine, (HOST, self.port))
        reader, writer = await asyncio.open_connection(sock=mine, limit=1)
        self.open, self.made = self.open + 1, self.made + 1
        try:
            writer.write(first)
            while not (self.over.is_set() or reader.at_eof() or writer.is_closing()):
                await self.second()
                writer.write(then)
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(reader.read(1), 0.01)
        finally:
            self.open -= 1
            writer.transport.abort()

    async def second(self) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.over.wait(), 1)


@contextmanager
def slow(port: int, said: list[tuple[bytes, bytes]]) -> Iterator[Slow]:
    """They are there for as long as this lasts, in a thread of their own."""
    loop = asyncio.new_event_loop()
    they = Slow(port, said)
    thread = threading.Thread(target=loop.run_until_complete, args=[they.all()])
    thread.start()
    try:
        until(lambda: they.open == len(said), "all slow connections are there")
        yield they
    finally:
        loop.call_soon_threadsafe(they.over.set)
        thread.join()
        loop.close()


def beside(number: int, seconds: float, *, patience: float, processes: int = 2) -> dict[bool, dict[str, Any]]:
    """How long one person's requests take beside so many slow connections: with the proxy, and without."""
    with house({"TRUSTED_PROXIES": "1", "WEB_CONCURRENCY": str(processes)}) as home:
        *others, last = home.scene("ways", "6")["people"]
        steps = [[(request.encode(), status) for request, status in way] for way in others]
        (post, *_) = [request for request, _status in last if request.startswith("POST /respond/1/")]
        said = list(itertools.islice(itertools.cycle(kinds(post).values()), number))
        home.start("web")
        until(home.answers, "the web server answers")
        return {
            proxied: _beside(home, proxied, steps, said, seconds=seconds, patience=patience)
            for proxied in (True, False)
        }


def _beside(
    home: House, proxied: bool, steps: list[Sequence[Step]], said: list[tuple[bytes, bytes]], **how: float
) -> dict[str, Any]:
    with proxy(home) if proxied else contextlib.nullcontext(home.port) as port:
        before = stroll(port, steps, 1, pause=0.1, **how)
        with slow(port, said) as they:
            found = stroll(port, steps, 1, pause=0.1, **how)
        made = they.made
    return {
        "slow": len(said),
        "made anew": made - len(said),
        "requests": len(found.times),
        "median": round(found.median, 3),
        "p95": round(found.p95, 3),
        "p95 without them": round(before.p95, 3),
        "errors": dict(before.errors + found.errors),
    }
