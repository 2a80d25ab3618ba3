"""Many clients at once against a server on this machine."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Outcome:
    """What came of a load: so many a second, the 95th percentile of one in seconds, errors."""

    rate: float
    p95: float
    errors: int


@dataclass
class _Client:
    """One client with a connection that it keeps for as long as the server does."""

    port: int
    connection: Connection | None = None
    times: list[float] = field(default_factory=list)
    errors: int = 0

    async def ask(self, request: bytes, expected: bytes) -> bool:
        """Whether the answer has the expected status; its body is read and dropped."""
        reader, writer = self.connection or await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if length:
            await reader.readexactly(length)
        self.connection = (reader, writer)
        if b"connection: close" in lines:
            self.close()
        return head.split(b" ", 2)[1] == expected

    def close(self) -> None:
        """End the connection."""
        if self.connection:
            self.connection[1].close()
        self.connection = None


Step = tuple[bytes, int]
"""A request and the status that it has to get."""


async def _again_and_again(client: _Client, steps: Sequence[Step], until: float) -> None:
    while time.perf_counter() < until:
        started = time.perf_counter()
        good = [await client.ask(request, str(status).encode()) for request, status in steps]
        client.errors += good.count(False)
        if all(good):
            client.times.append(time.perf_counter() - started)
    client.close()


async def _one_after_the_other(client: _Client, waiting: list[Sequence[Step]]) -> None:
    while waiting:
        steps = waiting.pop()
        started = time.perf_counter()
        good = [await client.ask(request, str(status).encode()) for request, status in steps]
        client.errors += good.count(False)
        client.times.append(time.perf_counter() - started)
    client.close()


def _run(port: int, number: int, work: Callable[[_Client, int], object]) -> Outcome:
    async def together() -> tuple[list[_Client], float]:
        clients = [_Client(port) for _ in range(number)]
        started = time.perf_counter()
        await asyncio.gather(*(work(client, place) for place, client in enumerate(clients)))  # type: ignore[call-overload]
        return clients, time.perf_counter() - started

    clients, seconds = asyncio.run(together())
    times = sorted(each for client in clients for each in client.times)
    p95 = times[int(len(times) * 0.95)] if times else 0.0
    return Outcome(len(times) / seconds, p95, sum(client.errors for client in clients))


def load(port: int, requests: list[bytes], expected: int, seconds: float) -> Outcome:
    """One client for each of ``requests``, which sends it again and again; another status is an error."""
    until = time.perf_counter() + seconds
    return _run(
        port,
        len(requests),
        lambda client, place: _again_and_again(client, [(requests[place], expected)], until),
    )


def walk(port: int, ways: list[Sequence[Step]], clients: int) -> Outcome:
    """So many clients at once, until each way has been walked once from its first step to its last."""
    waiting = list(ways)
    return _run(port, clients, lambda client, place: _one_after_the_other(client, waiting))
