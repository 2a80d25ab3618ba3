"""Many clients at once against a server on this machine."""

import asyncio
import itertools
import statistics
import time
from collections import Counter
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
        """Whether the answer has the expected status."""
        return await self.status(request) == expected

    async def status(self, request: bytes) -> bytes:
        """That of the answer, whose body is read and dropped."""
        if self.connection is None:
            self.connection = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.connection
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if length:
            await reader.readexactly(length)
        if b"connection: close" in lines:
            self.close()
        return head.split(b" ", 2)[1]

    def close(self) -> None:
        """End the connection."""
        if self.connection:
            self.connection[1].close()
        self.connection = None


Step = tuple[bytes, int]
"""A request and the status that it has to get."""


async def _again_and_again(client: _Client, requests: Sequence[bytes], expected: bytes, until: float) -> None:
    for request in itertools.cycle(requests):
        started = time.perf_counter()
        if started >= until:
            break
        if await client.ask(request, expected):
            client.times.append(time.perf_counter() - started)
        else:
            client.errors += 1
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


def load(port: int, requests: Sequence[Sequence[bytes]], expected: int, seconds: float) -> Outcome:
    """A client for each of ``requests``, which sends them in turn until the time is over.

    Another status than the expected one is an error.
    """
    status, until = str(expected).encode(), time.perf_counter() + seconds
    return _run(
        port,
        len(requests),
        lambda client, place: _again_and_again(client, requests[place], status, until),
    )


def walk(port: int, ways: list[Sequence[Step]], clients: int) -> Outcome:
    """So many clients at once, until each way has been walked once from its first step to its last."""
    waiting = list(ways)
    return _run(port, clients, lambda client, place: _one_after_the_other(client, waiting))


@dataclass
class Steady:
    """What came of a load that leaves pauses: seconds of each request, and how often which error."""

    times: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    @property
    def median(self) -> float:
        return statistics.median(self.times)

    @property
    def p95(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.95)]


def stroll(
    port: int, ways: list[Sequence[Step]], clients: int, *, pause: float, seconds: float, patience: float = 30
) -> Steady:
    """So many clients, who walk one way after the other until the time is over, with a pause at each step.

    A request that has no answer when ``patience`` is over, or whose connection breaks, is an error.
    """
    found, waiting, until = Steady(), itertools.cycle(ways), time.perf_counter() + seconds

    async def go(client: _Client) -> None:
        for request, expected in itertools.chain.from_iterable(waiting):
            if time.perf_counter() >= until:
                break
            started = time.perf_counter()
            try:
                status = (await asyncio.wait_for(client.status(request), patience)).decode()
            except (TimeoutError, OSError, EOFError):
                status = "no answer"
                client.close()
            found.times.append(time.perf_counter() - started)
            if status != str(expected):
                found.errors[status] += 1
            await asyncio.sleep(pause)
        client.close()

    async def together() -> None:
        await asyncio.gather(*(go(_Client(port)) for _ in range(clients)))

    asyncio.run(together())
    return found
