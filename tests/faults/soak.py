"""Steady load for a long time, and what the server's processes take meanwhile."""

from __future__ import annotations

import re
import statistics
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.benchmarks.load import Steady, Step, stroll
from tests.journeys.stage import until

from .houses import House, house
from .proxy import proxy

CLIENTS = 8
PEOPLE = 12
"""So many of each of three teams answer; then they begin anew, since a link is good until the close."""

GROWTH = 1.1
"""More than this, the end against the beginning, is too much."""

FEW = 3
"""So many more open files are connections that come and go."""

NEVER_REPLACED = "--max-requests=0"
"""What gunicorn is told, so that no process is as good as new in the middle of it."""


@dataclass
class Watch:
    """Memory in MB and open files of processes, again and again."""

    processes: list[int]
    every: float
    memory: dict[int, list[float]] = field(default_factory=dict)
    files: dict[int, list[int]] = field(default_factory=dict)
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Until it is over."""
        while not self.over.wait(self.every):
            for process in self.processes:
                place = Path(f"/proc/{process}")
                (kilobytes,) = re.findall(r"^VmRSS:\s+(\d+)", (place / "status").read_text(), re.MULTILINE)
                self.memory.setdefault(process, []).append(int(kilobytes) / 1024)
                self.files.setdefault(process, []).append(len(list((place / "fd").iterdir())))

    def growth(self) -> float:
        """That of the memory of the process that grew most, end against beginning: 1.0 is none."""
        return max(_end(seen) / _beginning(seen) for seen in self.memory.values())

    def more_files(self) -> float:
        """By how many the open files of the process that opened most grew."""
        return max(_end(seen) - _beginning(seen) for seen in self.files.values())


def _beginning(seen: list[Any]) -> float:
    return statistics.median(seen[: max(1, len(seen) // 10)])


def _end(seen: list[Any]) -> float:
    return statistics.median(seen[-max(1, len(seen) // 10) :])


@contextmanager
def watch(processes: list[int], every: float) -> Iterator[Watch]:
    """Look at them for as long as this lasts."""
    found = Watch(processes, every)
    thread = threading.Thread(target=found.look)
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        thread.join()


def processes_of(home: House) -> list[int]:
    """The web server's: the one that starts the others, and those."""
    first = home.running["web"].pid
    return [first, *map(int, Path(f"/proc/{first}/task/{first}/children").read_text().split())]


@contextmanager
def furnished() -> Iterator[tuple[House, list[Sequence[Step]]]]:
    """A house with a worker, and the ways that people go there: seven who answer, then a coach."""
    with house({"TRUSTED_PROXIES": "1", "GUNICORN_CMD_ARGS": NEVER_REPLACED}) as home:
        told = home.scene("ways", str(PEOPLE))
        ways: list[Sequence[Step]] = []
        for place, way in enumerate(told["people"]):
            if place % (CLIENTS - 1) == 0:
                ways.append(encoded(told["coach"]))
            ways.append(encoded(way))
        home.start("worker")
        yield home, ways


def encoded(way: list[tuple[str, int]]) -> list[Step]:
    """As it goes over the network."""
    return [(request.encode(), status) for request, status in way]


def steady(
    home: House, ways: list[Sequence[Step]], seconds: float, *, pause: float, every: float
) -> tuple[Steady, Watch]:
    """Eight clients behind the proxy; they are watched when a tenth of the time is over, and all in use."""
    home.start("web")
    until(home.answers, "the web server answers")
    until(lambda: len(processes_of(home)) == 3, "both processes of the web server are there")
    with proxy(home) as port:
        walked = stroll(port, ways, CLIENTS, pause=pause, seconds=seconds / 10)
        with watch([*processes_of(home), home.running["worker"].pid], every) as watched:
            then = stroll(port, ways, CLIENTS, pause=pause, seconds=seconds * 9 / 10)
    home.kill("web")
    return Steady(walked.times + then.times, walked.errors + then.errors), watched


def soak(seconds: float) -> dict[str, Any]:
    """The figures of so long a time."""
    with furnished() as (home, ways):
        walked, watched = steady(home, ways, seconds, pause=0.5, every=5)
    return {
        "seconds": round(seconds),
        "requests": len(walked.times),
        "errors": dict(walked.errors),
        "median": round(walked.median, 3),
        "p95": round(walked.p95, 3),
        "growth": round(watched.growth(), 3),
        "more files": watched.more_files(),
        "memory": [[round(_beginning(seen)), round(_end(seen))] for seen in watched.memory.values()],
        "files": [[_beginning(seen), _end(seen)] for seen in watched.files.values()],
    }
