"""What every benchmark needs: a database, a server, clocks, and a line that says what was seen."""

import datetime as dt
import io
import os
import random
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from assessments.models import (
    Organization,
    Response,
    Round,
)
from assessments.queries import (
    load_instrument,
)
from assessments.services import rounds
from tests import factories
from tests.journeys.stage import free_port

ROOT = Path(__file__).parents[2]
DATA = Path(settings.DATA_DIR)
EARLIER_ROUNDS = 4
QUARTER = 91 * factories.DAY


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(first: Callable[[], object], second: Callable[[], object], times: int) -> tuple[float, float]:
    """Median seconds of each, after one run of each that does not count."""
    first(), second()
    pairs = [(seconds(first), seconds(second)) for _ in range(times)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def report(name: str, ratio: float, goal: str, met: bool, detail: str) -> bool:
    print(f"{'ok  ' if met else 'MISS'} {name}: {ratio:.2f} (goal {goal})\n     {detail}", flush=True)
    return met


def prepare() -> None:
    """An SQLite database with the shipped questionnaire."""
    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    for path in sorted((ROOT / "fixtures" / "questionnaires").glob("*.yaml")):
        call_command("import_questionnaire", path, stdout=io.StringIO())


def filled_round(name: str, sizes: dict[str, int], earlier: int = EARLIER_ROUNDS) -> Round:
    """A round that closes now, after so many before it, in which teams of these sizes answered at random."""
    organization = factories.make_organization(name)
    for team, size in sizes.items():
        factories.make_team(organization, team, size)
    for back in range(earlier, -1, -1):
        made = _fill(organization, f"Round -{back}", timezone.now() - back * QUARTER)
    return made


def _fill(organization: Organization, name: str, now: dt.datetime) -> Round:
    chance = random.Random(name)
    opened = factories.open_round(organization, name, now=now - factories.DAY)
    instrument = load_instrument(opened.questionnaire)
    responses = list(Response.objects.filter(assessment__round=opened))
    asked = [*instrument.statements, *instrument.key_metrics]
    for response in responses:  # written at once: what is measured here is reading
        # all is answered: reports of five and of thousands then have the same capabilities to show
        response.answers, response.complete = {each.key: chance.randint(1, 6) for each in asked}, True
    Response.objects.bulk_update(responses, ["answers", "complete"], batch_size=500)
    rounds.close_round(round=opened, by=None, now=now)
    return opened


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str:
    """Where Chromium is. Raises StopIteration when it is not installed."""
    return next(found for name in BROWSERS if (found := shutil.which(name)))


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Until the server answers; RuntimeError when it has ended or takes two minutes."""
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("The server to be measured did not start; its own words are above.")


@contextmanager
def server(settings: str) -> Iterator[int]:
    """gunicorn with two processes that are not replaced, else as ``gunicorn.conf.py`` has it; its port."""
    port = free_port()
    given = [
        f"--bind=127.0.0.1:{port}",
        *"--workers=2 --threads=4 --max-requests=0 --log-level=error".split(),
    ]
    command = ["-m", "gunicorn", "accelerate_survey.wsgi", *given]
    with running(*command, settings=settings) as process:
        _wait_for(port, process)
        yield port


@contextmanager
def running(*command: str, settings: str = "accelerate_survey.settings") -> Iterator[subprocess.Popen[bytes]]:
    """A program of the virtual environment, for as long as this lasts."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings}
    process = subprocess.Popen([sys.executable, *command], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def memory_of_children() -> list[float]:
    """Megabytes of each process that was started from here, their children's included; largest first."""
    done = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, check=True, text=True)
    rows = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    ours, before = {os.getpid()}, 0
    while len(ours) > before:
        before = len(ours)
        ours |= {pid for pid, parent, _memory in rows if parent in ours}
    found = [memory / 1024 for pid, _parent, memory in rows if pid in ours - {os.getpid()}]
    return sorted(found, reverse=True)
