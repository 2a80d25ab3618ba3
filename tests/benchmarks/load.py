"""Many clients at once against a server on this machine, each sending one request again and again."""

import asyncio
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What came of a load: answers a second, the 95th percentile of a request in seconds, errors."""

    rate: float
    p95: float
    errors: int


async def _client(port: int, request: bytes, expected: bytes, until: float, times: list[float]) -> int:
    errors = 0
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
        if length:
            await reader.readexactly(length)
        if head.split(b" ", 2)[1] == expected:
            times.append(time.perf_counter() - started)
        else:
            errors += 1
        if b"connection: close" in lines:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return errors


async def _all(port: int, requests: list[bytes], expected: bytes, seconds: float) -> Outcome:
    times: list[float] = []
    until = time.perf_counter() + seconds
    errors = await asyncio.gather(*(_client(port, request, expected, until, times) for request in requests))
    times.sort()
    return Outcome(len(times) / seconds, times[int(len(times) * 0.95)] if times else 0.0, sum(errors))


def load(port: int, requests: list[bytes], expected: int, seconds: float) -> Outcome:
    """One client for each of ``requests``, for so many seconds; any other status is an error."""
    return asyncio.run(_all(port, requests, str(expected).encode(), seconds))
